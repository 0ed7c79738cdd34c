import { isUnwitnessed } from './memory.ts'
import { stuckUnmoved } from './progress.ts'
import { isBehind, type Scene } from './scene.ts'
import { ENDED, heldBack, rolling, type Verdict } from './verdict.ts'

/**
 * The same question where pods are not seen: StatefulSets, DaemonSets, and Deployments without a condition, from their
 * counters and from how these moved before the guard's eyes.
 *
 * Counters do not tell a new node's pod from a rollout's last one, nor a pod that ends on a lost node from one that was
 * left behind. What had ended before stays so until the template changes.
 */
export function judgeByCounters(scene: Scene): Verdict {
  const { workload, status, memory } = scene
  const { type, partition } = workload.strategy
  const { desired, replicas, updated, ready, available, currentRevision, updateRevision } = status
  const goesOn = rolling({ stuckAt: stuckUnmoved(scene) })

  if (type === 'OnDelete') return heldBack('on_delete', updated >= desired && ready >= desired)
  if (isBehind(scene) && !memory.isObserved) return goesOn
  if (desired === 0 && replicas === 0) return ENDED
  if (memory.phase === 'ended') return ENDED
  // What is there when the guard comes, and may have ended, has.
  const mayBeOver = isUnwitnessed(memory)
  if (workload.kind === 'Deployment') {
    return updated === replicas && updated > 0 && (ready >= updated || mayBeOver) ? ENDED : goesOn
  }
  if (workload.kind === 'DaemonSet') return updated >= desired && (available >= desired || mayBeOver) ? ENDED : goesOn
  const areEqual = currentRevision === updateRevision
  if (partition > 0 && !areEqual && updated >= desired - partition && ready >= replicas) {
    return heldBack('partition', false)
  }
  if (areEqual && workload.generation > 1 && (updated >= replicas || mayBeOver)) return ENDED
  if (areEqual && mayBeOver && replicas >= desired && ready > 0) return ENDED
  return updated >= desired && ready >= desired ? ENDED : goesOn
}
