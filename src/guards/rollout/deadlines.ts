import { COMPLETE } from './memory.ts'
import { progressOf } from './pods.ts'
import { isCurrent, type Scene } from './scene.ts'

/** A controller reports an exceeded deadline at once; one that is silent for longer than this is not running. */
const SILENCE_MS = 60_000

/** How long a rollout may go without progress: as the target says, else its workload, else ROLLOUT_DEADLINE. */
export function deadlineOf({ target, workload, defaultDeadlineMs }: Scene): number {
  return target.rolloutDeadlineMs ?? workload.strategy.progressDeadlineMs ?? defaultDeadlineMs
}

/** From when on a rollout is stuck if the guard sees no counter move. */
export function stuckUnmoved(scene: Scene): number {
  return unmovedSince(scene) + deadlineOf(scene)
}

/** When the guard last saw counters move, or first saw them. */
export function unmovedSince(scene: Scene): number {
  return Math.max(scene.memory.movedAt, resumedAt(scene))
}

/** The latest sign of progress, from the current template's pods and from those that make room for them. */
export function lastProgress(scene: Scene): number {
  return Math.max(lastSign(scene), resumedAt(scene))
}

// A rollout that resumes after a rest begins now: a pause or a partition has ended, or pods of another template have
// come.
function resumedAt({ wasAtRest, memory, now }: Scene): number {
  return wasAtRest ? now : (memory.resumedAt ?? Number.NEGATIVE_INFINITY)
}

function lastSign(scene: Scene): number {
  const { memory, pods } = scene
  const made = signsOfPods(scene)
  // A pod is given its grace period to go.
  const leaving = (pods?.leaving ?? []).map(({ terminatesAt }) => terminatesAt ?? 0)
  const begun = memory.isNew ? [memory.firstSeenAt] : []
  return Math.max(...(made.length > 0 ? made : signsBeforePods(scene)), ...leaving, ...begun)
}

/** While no pod is updated: since when nothing has moved, as far as revisions and old pods tell. */
function signsBeforePods({ memory, pods, revisions, current, workload }: Scene): number[] {
  // Nobody ever went back to number 1, so it is as old as its rollout.
  const first = (revisions ?? []).filter(({ number, name }) => number === 1 && isCurrent(name, current))
  // A StatefulSet's broken pod is in the way for as long as it is there.
  const broken = workload.strategy.isOrdered ? (pods?.old ?? []).filter(({ isReady }) => !isReady) : []
  const seen = [...first, ...broken].map(({ createdAt }) => createdAt)
  return seen.length > 0 ? seen : [memory.movedAt]
}

function signsOfPods({ pods, workload }: Scene): number[] {
  return (pods?.updated ?? []).map(pod => progressOf(pod, workload.strategy.minReadyMs))
}

/**
 * While a Deployment is paused its controller watches no deadline: ours applies, from the pause or from progress after
 * it.
 */
export function pausedTooLongAt(scene: Scene): number {
  const { status, target, memory, defaultDeadlineMs } = scene
  const pausedAt = status.progress?.updatedAt ?? null
  const begunAt = memory.isNew ? memory.firstSeenAt : Number.NEGATIVE_INFINITY
  const movedAt = pausedAt === null ? lastSign(scene) : Math.max(pausedAt, begunAt, ...signsOfPods(scene))
  return movedAt + (target.rolloutDeadlineMs ?? defaultDeadlineMs)
}

/**
 * From when on a Deployment is stuck, once its controller has found its deadline exceeded; the target's own deadline
 * wins.
 */
export function timedOutAt(scene: Scene): number {
  const { status, target, workload, now } = scene
  const foundAt = status.progress?.updatedAt ?? Number.NEGATIVE_INFINITY
  // The controller has decided, even if its clock is ahead of ours.
  if (target.rolloutDeadlineMs === undefined) return Math.min(foundAt, now)
  const movedAt = foundAt - (workload.strategy.progressDeadlineMs ?? 0)
  return Math.max(movedAt, ...signsOfPods(scene)) + target.rolloutDeadlineMs
}

/** From when on a Deployment is stuck although its controller says that it goes on. */
export function lateAt(scene: Scene): number {
  const { status, target, pods, workload } = scene
  const updatedAt = status.progress?.updatedAt ?? null
  // A rollback starts with the reason of the previous end, and while that stays, the controller watches no deadline.
  const isOldReason = status.progress?.reason === COMPLETE
  if (isOldReason || updatedAt === null) return lastProgress(scene) + deadlineOf(scene)
  if (target.rolloutDeadlineMs === undefined) return updatedAt + deadlineOf(scene) + SILENCE_MS
  // No time changes while a ready pod has to stay ready for a while, and only pods tell since when they do.
  const quietMs = pods === null ? workload.strategy.minReadyMs : 0
  return Math.max(updatedAt + quietMs, ...signsOfPods(scene)) + target.rolloutDeadlineMs
}
