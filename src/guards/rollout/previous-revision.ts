import type { RolloutMemory, WayBackProof } from '../../domain/rollout.ts'
import type { Container, Pod, Revision } from '../../domain/workload.ts'
import { allContainers } from '../deployed-image.ts'
import { isCurrent, type Scene } from './scene.ts'

/** The revision that a person would go back to, or why there is none. */
export type Previous =
  | { readonly revision: Revision; readonly proof: 'serves' | 'history'; readonly readyPods: number }
  | { readonly revision: null; readonly proof: Exclude<WayBackProof, 'serves' | 'history'> }

/**
 * Finds the last good revision. That is not the second highest, which `kubectl rollout undo` takes: after two bad
 * releases that is the other bad one, and after going back it is the one that was left.
 *
 * `pods`: all that count, whatever their revision.
 */
export function findPrevious(scene: Scene, pods: readonly Pod[]): Previous {
  const { revisions, current, workload } = scene
  if (revisions === null || current === 'unknown') return none('not_read')
  const currentRevision = revisions.find(({ name }) => isCurrent(name, current))
  const others = revisions.filter(revision => revision !== currentRevision)
  if (others.length === 0) return none((currentRevision?.number ?? 1) > 1 ? 'no_history_kept' : 'first_revision')
  // Any of them may be the one.
  if (others.some(({ template }) => template === null)) return none('not_read')

  const readyPodsOf = ({ name }: Revision): number =>
    pods.filter(({ revision, isReady }) => isReady && revision === name).length
  const byNumber = others.toSorted((a, b) => b.number - a.number)
  const serving = byNumber.toSorted((a, b) => readyPodsOf(b) - readyPodsOf(a))[0]
  if (serving !== undefined && readyPodsOf(serving) > 0) {
    return { revision: serving, proof: 'serves', readyPods: readyPodsOf(serving) }
  }
  // A restart or a change of configuration makes a revision of the same image. Only its pods prove that it is better.
  const candidates = byNumber.filter(
    ({ template }) => !haveSameImages(template?.containers ?? [], allContainers(workload))
  )
  if (candidates.length === 0) return none('same_image')
  const kept = candidates.find(revision => currentRevision === undefined || !wasLeft(revision, currentRevision))
  return kept === undefined ? none('left_by_going_back') : { revision: kept, proof: 'history', readyPods: 0 }
}

/** Whether the guard itself saw it run well. */
export function wasSeenGood({ template }: Revision, { goodTemplates }: RolloutMemory): boolean {
  return template !== null && goodTemplates.includes(template.templateId)
}

function none(proof: (Previous & { revision: null })['proof']): Previous {
  return { revision: null, proof }
}

/** Created later, yet with a lower number: somebody went back from it to the current one, whose number was raised. */
function wasLeft(revision: Revision, current: Revision): boolean {
  return revision.createdAt > current.createdAt && revision.number < current.number
}

function haveSameImages(some: readonly Container[], others: readonly Container[]): boolean {
  const print = (containers: readonly Container[]): string =>
    containers
      .map(({ name, image }) => `${name}=${image}`)
      .sort()
      .join()
  return print(some) === print(others)
}
