import { progressOf } from './pods.ts'
import type { Scene } from './scene.ts'

/** A controller that keeps its deadline says so at once; one that is silent for longer does not run. */
const SILENCE_MS = 60_000

/** How long a rollout may go without progress: as the target says, else its workload, else ROLLOUT_DEADLINE. */
export function deadlineOf({ target, workload, defaultDeadlineMs }: Scene): number {
  return target.rolloutDeadlineMs ?? workload.strategy.progressDeadlineMs ?? defaultDeadlineMs
}

/** From when on a rollout is stuck whose counters alone are seen: they have not moved before the guard's eyes. */
export function stuckUnmoved(scene: Scene): number {
  return scene.memory.movedAt + deadlineOf(scene) + scene.workload.strategy.minReadyMs
}

/** The youngest sign of progress, of the current template's pods and of those that make room for them. */
export function lastProgress(scene: Scene): number {
  const { memory, revisions, current } = scene
  const signs = signsOfPods(scene)
  // Number 1 was never gone back to, so that it is as old as its rollout.
  const first = revisions?.find(
    ({ number, name }) => number === 1 && typeof current === 'object' && name === current.name
  )
  const unmoved = signs.length > 0 ? Number.NEGATIVE_INFINITY : (first?.createdAt ?? memory.movedAt)
  return Math.max(unmoved, ...signs, ...signsOfLeaving(scene), ...begun(scene))
}

function signsOfPods({ pods, workload }: Scene): number[] {
  return (pods?.updated ?? []).map(pod => progressOf(pod, workload.strategy.minReadyMs))
}

// A pod is given its grace period to go.
function signsOfLeaving({ pods }: Scene): number[] {
  return (pods?.leaving ?? []).map(({ terminatesAt }) => terminatesAt ?? 0)
}

function begun({ memory }: Scene): number[] {
  return memory.isNew ? [memory.firstSeenAt] : []
}

/** While a Deployment is paused its controller keeps no deadline: ours counts, from the pause or from progress after it. */
export function pausedTooLongAt(scene: Scene): number {
  const { status, target, defaultDeadlineMs } = scene
  const pausedAt = status.progress?.updatedAt ?? null
  const movedAt = pausedAt === null ? lastProgress(scene) : Math.max(pausedAt, ...signsOfPods(scene), ...begun(scene))
  return movedAt + (target.rolloutDeadlineMs ?? defaultDeadlineMs)
}

/** From when on a Deployment is stuck whose controller has found its deadline exceeded; the target's own wins over it. */
export function timedOutAt(scene: Scene): number {
  const { status, target, workload } = scene
  const foundAt = status.progress?.updatedAt ?? Number.NEGATIVE_INFINITY
  if (target.rolloutDeadlineMs === undefined) return foundAt
  const movedAt = foundAt - (workload.strategy.progressDeadlineMs ?? 0)
  return Math.max(movedAt, ...signsOfPods(scene)) + target.rolloutDeadlineMs
}

/** From when on a Deployment is stuck of which its controller says that it goes on. */
export function lateAt(scene: Scene): number {
  const { status, target } = scene
  const updatedAt = status.progress?.updatedAt ?? null
  // A rollback does not move the reason at its start, and with that of the end before it no deadline is kept.
  const isOldReason = status.progress?.reason === 'NewReplicaSetAvailable'
  if (isOldReason || updatedAt === null) return lastProgress(scene) + deadlineOf(scene)
  if (target.rolloutDeadlineMs === undefined) return updatedAt + deadlineOf(scene) + SILENCE_MS
  return Math.max(updatedAt, ...signsOfPods(scene)) + target.rolloutDeadlineMs
}
