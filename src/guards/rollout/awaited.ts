import type { AwaitedPod } from '../../domain/rollout.ts'
import { shown } from '../../domain/text.ts'
import type { Pod } from '../../domain/workload.ts'
import { ordinalOf, reasonOf } from './pods.ts'
import { tagOf } from './running-images.ts'
import { isBehind, type Scene } from './scene.ts'

const MOST_PODS = 5

/** What a rollout still waits for, in counts: of the pods if they are seen, else the controller's. */
export function describeAwaited(scene: Scene): string {
  const { updated, ready, available, ...counts } = countsOf(scene)
  const { partition } = scene.workload.strategy
  const wanted = Math.max(0, scene.status.desired - partition)
  if (updated < wanted) return `${updated} of ${wanted} pods updated`
  // Pods below a partition stay.
  const old = counts.old - partition
  if (old > 0) return `${old} old ${old === 1 ? 'pod still runs' : 'pods still run'}`
  if (ready < updated) return `${ready} of ${updated} updated pods ready`
  return available < updated ? `${available} of ${updated} updated pods available` : ''
}

function countsOf(scene: Scene): Record<'updated' | 'ready' | 'available' | 'old', number> {
  const { workload, status, pods } = scene
  const { ready, available, updated, replicas } = status
  // A Deployment's counts can be trusted, for the template that its controller has read.
  const isCounted = workload.kind === 'Deployment' && !isBehind(scene) && scene.current !== 'none'
  if (pods === null || isCounted) return { updated, ready, available, old: replicas - updated }
  const readyPods = pods.updated.filter(({ isReady }) => isReady).length
  return { updated: pods.updated.length, ready: readyPods, available: readyPods, old: pods.old.length }
}

/**
 * The pods that keep a rollout from going on, at most five: new ones that are not ready, else old ones, and those being
 * deleted. Old ones that are not ready come before others, for an ordered StatefulSet replaces no other before them. A
 * pod with a reason comes first: it is in the way, and not only next.
 */
export function findAwaitedPods({ pods, workload }: Scene, container: string): readonly AwaitedPod[] {
  if (pods === null) return []
  const unready = pods.updated.filter(({ isReady }) => !isReady)
  const isHeld = (pod: Pod): boolean => pod.isReady && ordinalOf(pod) < workload.strategy.partition
  const old = pods.old.filter(pod => !isHeld(pod)).sort((a, b) => Number(a.isReady) - Number(b.isReady))
  // Of Deployments, only Recreate waits for pods that are being deleted, before it makes the first new one.
  const isWaiting =
    workload.kind !== 'Deployment' || (workload.strategy.type === 'Recreate' && pods.updated.length === 0)
  const ending = isWaiting ? pods.leaving : []
  const awaited = [...(unready.length > 0 ? unready : old), ...ending.filter(pod => !pods.old.includes(pod))]
  const byReason = awaited.toSorted((a, b) => Number(reasonOf(a) === '') - Number(reasonOf(b) === ''))
  return byReason.slice(0, MOST_PODS).map((pod: Pod) => ({
    name: shown(pod.name),
    node: shown(pod.node),
    imageTag: tagOf(pod.containers.find(({ name }) => name === container)?.image ?? ''),
    reason: shown(reasonOf(pod))
  }))
}
