import type { RolloutMemory } from '../../domain/rollout.ts'
import { stuckUnmoved } from './deadlines.ts'
import { isUnwitnessed } from './memory.ts'
import { comesFromRest, isBehind, type Scene } from './scene.ts'
import { ENDED, ended, heldBack, rolling, type Verdict } from './verdict.ts'

/**
 * The same question when pods are not seen: StatefulSets, DaemonSets, and Deployments without a condition, from their
 * counters and from how the guard saw these move.
 *
 * Counters cannot tell a new node's pod from a rollout's last one, nor a pod that ends on a lost node from one that was
 * left behind. So a rollout that has ended stays ended until the template changes; and one that may have ended before
 * the guard started counts as none, though nothing proves its end.
 */
export function judgeByCounters(scene: Scene): Verdict {
  const { workload, status, memory } = scene
  const { type } = workload.strategy
  const { desired, replicas, updated, ready } = status
  // No counter moves while a ready pod has to stay ready for a time.
  const goesOn = rolling({ stuckAt: stuckUnmoved(scene) + workload.strategy.minReadyMs })

  const isUnread = isBehind(scene) && !memory.isObserved
  if (type === 'OnDelete') {
    // Somebody has deleted all old pods: none is held any more, whatever happens to the new ones.
    const isDone = memory.phase === 'ended' || (!isUnread && updated >= desired && ready >= desired)
    return isDone ? ENDED : heldBack('on_delete')
  }
  if (isUnread) return goesOn
  if (desired === 0 && replicas === 0 && updated === 0) return atNothing(memory)
  if (memory.phase === 'ended' || hasEnded(scene)) return ENDED
  if (isPartitioned(scene)) return heldBack('partition')
  return isUnwitnessed(memory) && mayHaveEnded(scene) ? ended(false) : goesOn
}

/**
 * Nothing is wanted and nothing runs: an end, but one that proves nothing for a rollout that was seen to begin or to
 * resume.
 */
export function atNothing(memory: RolloutMemory): Verdict {
  return ended(memory.phase === 'ended' || isUnwitnessed(memory))
}

function hasEnded(scene: Scene): boolean {
  const { workload, status } = scene
  const { desired, replicas, updated, ready, available } = status
  if (workload.kind === 'Deployment') return updated === replicas && updated > 0 && ready >= updated
  if (workload.kind === 'DaemonSet') return updated >= desired && available >= desired
  // If fewer pods are wanted than are updated, old ones may still be there.
  if (updated < replicas) return false
  const tellsEnd = haveEqualRevisions(status) && workload.generation > 1 && !comesFromRest(scene)
  return tellsEnd || (updated >= desired && ready >= desired)
}

function isPartitioned({ workload, status, wasAtRest, isStillHeld }: Scene): boolean {
  const { partition } = workload.strategy
  const { desired, replicas, updated, ready } = status
  if (partition === 0 || haveEqualRevisions(status)) return false
  if (isStillHeld ? replicas - updated > partition : updated < desired - partition) return false
  // A pod that crashes once the partition holds is no rollout, and neither is one that crashes while it lets none go.
  return wasAtRest || partition >= desired || ready >= replicas
}

function mayHaveEnded({ workload, status }: Scene): boolean {
  const { desired, replicas, updated, ready } = status
  if (workload.kind === 'Deployment') return updated === replicas && updated > 0
  if (workload.kind === 'DaemonSet') return updated >= desired
  // Both are equal from the start: then it takes as many pods as are wanted, one of them ready, to mean the end.
  return haveEqualRevisions(status) && (workload.generation > 1 || (replicas >= desired && ready > 0))
}

function haveEqualRevisions({ currentRevision, updateRevision }: Scene['status']): boolean {
  return currentRevision === updateRevision
}
