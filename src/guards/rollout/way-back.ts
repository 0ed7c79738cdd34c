import { type HelmRelease, isGoingBack, rollbackRevision } from '../../domain/helm-release.ts'
import type { PodsUnseen } from '../../domain/ports.ts'
import type { WayBack } from '../../domain/rollout.ts'
import type { Container, Pod, Revision, Workload } from '../../domain/workload.ts'
import { allContainers } from '../deployed-image.ts'
import { findPrevious, type Previous, wasSeenGood } from './previous-revision.ts'
import { tagOf } from './running-images.ts'
import { isCurrent, type Scene } from './scene.ts'

export interface Trouble {
  readonly scene: Scene
  /** All that count, whatever their revision. */
  readonly pods: readonly Pod[]
  /** Why revisions or pods are not seen; `null`: they are. */
  readonly unseen: PodsUnseen | null
  readonly isUnderWay: boolean
  /** The service's own container. */
  readonly container: string
  /** The workload's release, by Helm's records; `null`: they are not read. */
  readonly helm: HelmRelease | null
}

/** What a person may run to go back, on which proof, and what it does not do. */
export function findWayBack(trouble: Trouble): WayBack {
  const { scene, pods, unseen, container, helm } = trouble
  const previous: Previous = unseen === null ? findPrevious(scene, pods) : { revision: null, proof: unseen }
  const { revision, proof } = previous
  const helmRevision = helmRevisionOf(scene, helm, previous)
  const toDelete = podsToDelete(trouble, revision)
  const goal = { revision: revision?.number ?? null, helmRevision }
  const command = canBePrinted(scene, toDelete) ? printCommand(scene, goal, toDelete) : ''
  const tagIn = (containers: readonly Container[]): string =>
    tagOf(containers.find(({ name }) => name === container)?.image ?? '')
  const imageTag = tagIn(revision?.template?.containers ?? [])
  return {
    revision: isOfHelm(scene, helm) ? helmRevision : goal.revision,
    imageTag: imageTag === tagIn(allContainers(scene.workload)) ? '' : imageTag,
    proof: revision === null && helmRevision !== null ? 'history' : proof,
    managedBy: scene.workload.managedBy,
    pods: toDelete,
    command,
    note: noteOf(previous, { scene, goal, command })
  }
}

function noteOf(
  previous: Previous,
  { scene, goal, command }: { readonly scene: Scene; readonly goal: Goal; readonly command: string }
): string {
  if (command === '') return describeProof(previous, scene)
  // Helm tells what the pods do not.
  const isHelmAlone = goal.revision === null && goal.helmRevision !== null
  return [...(isHelmAlone ? [] : [describeProof(previous, scene)]), ...limitsOf(scene, goal)].join('; ')
}

/** What there is to go back to: the workload's own revision, and Helm's of the release. `null`: none is known. */
interface Goal {
  readonly revision: number | null
  readonly helmRevision: number | null
}

// Where the workload's own history has nothing, Helm's may have something. But its labels do not tell what was left by
// going back.
const HELM_KNOWS_MORE: readonly WayBack['proof'][] = ['not_watched', 'never_read', 'not_read', 'no_history_kept']

/**
 * `null`: Helm's records name none, or nobody knows which of them belongs to the workload's revision that was found.
 */
function helmRevisionOf(scene: Scene, helm: HelmRelease | null, { revision, proof }: Previous): number | null {
  if (helm === null || !isOfHelm(scene, helm)) return null
  if (revision === null) return HELM_KNOWS_MORE.includes(proof) ? rollbackRevision(helm) : null
  // Helm's previous record can only belong to the workload's previous revision, which may be the other bad one. A
  // rollback that is under way, or that failed, is at work on another.
  return isNewestOther(revision, scene) && !isGoingBack(helm) ? rollbackRevision(helm) : null
}

/** Whether its numbers are Helm's, and not the workload's own. */
function isOfHelm({ workload }: Scene, helm: HelmRelease | null): boolean {
  return workload.managedBy.manager === 'helm' && helm !== null
}

function isNewestOther({ number }: Revision, { revisions, current }: Scene): boolean {
  const others = (revisions ?? []).filter(({ name }) => !isCurrent(name, current))
  return others.every(other => other.number <= number)
}

/** An ordered StatefulSet never replaces a pod that is not ready, whatever its template becomes (kubernetes#67250). */
function podsToDelete({ scene, pods, isUnderWay }: Trouble, goal: Revision | null): readonly string[] {
  if (!scene.workload.strategy.isOrdered || !isUnderWay) return []
  const name = goal?.name ?? (typeof scene.current === 'object' ? scene.current.name : null)
  const broken = pods.filter(({ isReady, revision }) => !isReady && name !== null && revision !== name)
  return broken.slice(0, MOST_PODS).map(pod => pod.name)
}

const MOST_PODS = 10

// A command is for a shell. Kubernetes takes no other names, but a file of manifests or an annotation may hold anything.
const PLAIN_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

function canBePrinted({ workload }: Scene, pods: readonly string[]): boolean {
  const { namespace, name, managedBy } = workload
  const names = [namespace, name, managedBy.release, managedBy.releaseNamespace, ...pods]
  return names.every(text => text === '' || PLAIN_NAME.test(text))
}

function printCommand({ workload }: Scene, goal: Goal, pods: readonly string[]): string {
  const deletePods = pods.length === 0 ? [] : [`kubectl delete pod ${pods.join(' ')} -n ${workload.namespace}`]
  return [...commandsTo(goal, workload), ...deletePods].join(' && ')
}

/** Empty: there is nothing to go back to. */
function commandsTo(
  { revision, helmRevision }: Goal,
  { kind, namespace, name, managedBy, strategy }: Workload
): readonly string[] {
  if (revision === null && helmRevision === null) return []
  const { manager, release, releaseNamespace } = managedBy
  if (manager === 'helm') {
    return [`helm rollback ${release} ${helmRevision ?? 'REVISION'} -n ${releaseNamespace || namespace}`]
  }
  const object = `${kind.toLowerCase()}/${name} -n ${namespace}`
  const undo = `kubectl rollout undo ${object} --to-revision=${revision}`
  return strategy.isPaused ? [`kubectl rollout resume ${object}`, undo] : [undo]
}

const NO_WAY_BACK: Readonly<Record<(Previous & { revision: null })['proof'], string>> = {
  first_revision: 'nothing to go back to: this is the first revision',
  no_history_kept: 'nothing to go back to: no earlier revision is kept (revisionHistoryLimit)',
  left_by_going_back: 'nothing to go back to: all other revisions were left by going back',
  same_image: 'nothing to go back to: all other revisions run the same images',
  not_read: 'what to go back to is unknown: the revisions have not been read',
  not_watched: 'what to go back to is unknown: pods and revisions are not read (on Kubernetes: WATCH_PODS=true)',
  never_read: 'what to go back to is unknown: pods or revisions could not be read'
}

function describeProof(previous: Previous, { memory }: Scene): string {
  if (previous.revision === null) return NO_WAY_BACK[previous.proof]
  const { revision, readyPods } = previous
  const name = `revision ${revision.number}`
  if (previous.proof === 'serves')
    return `${name} serves: ${readyPods} of its pods ${readyPods === 1 ? 'is' : 'are'} ready`
  return wasSeenGood(revision, memory)
    ? `${name} was seen to run before`
    : `${name} is the previous one by number, not known to be good`
}

function limitsOf({ workload }: Scene, { revision, helmRevision }: Goal): string[] {
  const { manager, release, releaseNamespace } = workload.managedBy
  if (revision === null && helmRevision === null) return ['the pod is never replaced while it is not ready']
  if (manager === 'helm') {
    const history = `helm history ${release} -n ${releaseNamespace || workload.namespace}`
    if (helmRevision === null) return [`find Helm's own REVISION with: ${history}`]
    return [`Helm's revision ${helmRevision} is the previous one by number; to see what each one was: ${history}`]
  }
  const reverts = { argocd: 'Argo CD', flux: 'Flux', compose: null, swarm: null, '': null }[manager]
  return [
    'it restores only the pod template, not the number of pods or ConfigMaps',
    ...(reverts === null
      ? []
      : [`${reverts} applies this workload and undoes this with its next sync: revert the change in Git`])
  ]
}
