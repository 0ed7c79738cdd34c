import { deadlineOf } from './deadlines.ts'
import { isUnwitnessed } from './memory.ts'
import { latestProgressOf, ofOneRollout } from './pods.ts'
import { isCurrent, type Scene, tellsOwnEnd } from './scene.ts'

/** When a rollout began and ended, ms since the epoch; `null`: not known, or not yet. */
export interface RolloutTimes {
  readonly startedAt: number | null
  readonly completedAt: number | null
}

/**
 * Both belong to the template, not to a transition: what was once known of it stays, through scaling, a pause, or pods
 * that are created again.
 */
export function timesOf(scene: Scene, isComplete: boolean): RolloutTimes {
  const { earlier, workload } = scene
  const known = earlier?.templateId === workload.templateId ? earlier : undefined
  const completedAt = isComplete ? knownEnd(known?.completedAt ?? null, scene) : null
  const isMissed = isComplete && completedAt === null && areMadeAnew(scene)
  const begins = [known?.startedAt ?? null, isMissed ? null : beginOf(scene)].filter(time => time !== null)
  if (begins.length === 0) return { startedAt: null, completedAt }
  // The oldest pod may be younger than the end: the first ones have gone, and others have taken their place.
  return { startedAt: Math.min(...begins, completedAt ?? Number.POSITIVE_INFINITY), completedAt }
}

// A time later than now was noted before the clock was set back, or comes from a cluster whose clock is ahead of ours,
// which tells it again.
function knownEnd(known: number | null, scene: Scene): number | null {
  if (known !== null && known <= scene.now) return known
  return endOf(scene) ?? (known === null ? null : scene.now)
}

function beginOf({ pods, current, memory }: Scene): number | null {
  if (pods === null) return memory.isNew ? memory.firstSeenAt : null
  const leaving = pods.leaving.filter(({ revision }) => isCurrent(revision, current))
  const made = [...pods.updated, ...leaving].map(({ createdAt }) => createdAt)
  return made.length === 0 ? null : Math.min(...made)
}

function endOf(scene: Scene): number | null {
  const { workload, status, pods, memory, now } = scene
  // Without a pod, nobody can tell how the service does after its rollout.
  if (status.desired === 0) return null
  if (tellsOwnEnd(scene)) return status.progress?.updatedAt ?? null
  // If it was seen under way, it ended just now; else it had ended before the guard started.
  if (pods === null) return memory.phase === 'rolling' ? now : null
  if (areMadeAnew(scene)) return null
  const deadlineMs = deadlineOf(scene)
  // If nobody saw the end, a pod may have crashed and got ready again since.
  const wasMissed = isUnwitnessed(memory) || memory.phase === 'ended'
  const ready = ofOneRollout(pods.updated, { minReadyMs: workload.strategy.minReadyMs, deadlineMs }).flatMap(pod => {
    if (!pod.isReady || pod.readyChangedAt === null) return []
    return [wasMissed ? Math.min(pod.readyChangedAt, latestProgressOf(pod, deadlineMs)) : pod.readyChangedAt]
  })
  return ready.length === 0 ? null : Math.max(...ready)
}

/**
 * Whether the pods are no longer those of the rollout, which ended before the guard started: all of them were created
 * long after their revision, as when their nodes were replaced. A revision that somebody went back to proves nothing,
 * for it is older than its rollout.
 */
function areMadeAnew(scene: Scene): boolean {
  const { pods, revisions, current, memory } = scene
  const revision = revisions?.find(({ name }) => isCurrent(name, current))
  if (pods === null || revision === undefined || memory.isNew || memory.phase === 'rolling') return false
  if (revisions?.some(({ createdAt }) => createdAt > revision.createdAt)) return false
  return pods.updated.every(({ createdAt }) => createdAt - revision.createdAt > deadlineOf(scene))
}
