import type { RolloutEvidence, RolloutMemory } from '../../domain/rollout.ts'
import type { Workload, WorkloadStatus } from '../../domain/workload.ts'

/** Whether the guard has seen only the result of this rollout: it may have ended long ago. */
export function isUnwitnessed({ phase, isNew }: RolloutMemory): boolean {
  return phase === 'unknown' && !isNew
}

/** A Deployment's rollout has ended; the reason stays until the next one is under way. */
export const COMPLETE = 'NewReplicaSetAvailable'

const MOST_GOOD_TEMPLATES = 10

interface Moment {
  readonly workload: Workload
  readonly status: WorkloadStatus
  readonly now: number
}

/** What the guard knows from before and from the counters now; a template that it sees for the first time starts over. */
export function recall(earlier: RolloutEvidence | undefined, { workload, status, now }: Moment): RolloutMemory {
  const { progress, desired, updated, ready } = status
  const told = progress?.reason === COMPLETE ? progress.updatedAt : null
  const present: Present = {
    counters: { desired, updated, ready },
    partition: workload.strategy.partition,
    isRead: status.observedGeneration >= workload.generation,
    toldEndAt: told ?? earlier?.memory.toldEndAt ?? null,
    now
  }
  if (earlier?.templateId !== workload.templateId) return startOver(earlier, present)
  const memory = noLaterThan(now, earlier.memory)
  return memory.isObserved ? goOn(memory, present, earlier.completedAt) : takeUnread(memory, present)
}

/** What the workload shows now. */
interface Present extends Pick<RolloutMemory, 'partition' | 'toldEndAt'> {
  readonly counters: RolloutMemory['best']
  /** Whether its controller has read the template: until then the counters are those of another. */
  readonly isRead: boolean
  readonly now: number
}

function startOver(
  earlier: RolloutEvidence | undefined,
  { counters, partition, isRead, toldEndAt, now }: Present
): RolloutMemory {
  const isNew = earlier !== undefined && earlier.templateId !== ''
  const isFromNothing = isNew && earlier.memory.best.desired === 0
  const isOfOther = isFromNothing || (isNew && !isRead)
  return {
    isNew,
    firstSeenAt: now,
    movedAt: now,
    best: counters,
    partition,
    resumedAt: isFromNothing ? now : null,
    isObserved: isRead,
    phase: 'unknown',
    toldEndAt,
    endBeforeAt: isOfOther ? toldEndAt : (earlier?.memory.toldEndAt ?? null),
    goodTemplates: earlier?.memory.goodTemplates ?? []
  }
}

/**
 * For a template that the controller had not read when it was last seen: what was counted until now belongs to another.
 */
function takeUnread(memory: RolloutMemory, { counters, partition, isRead, toldEndAt, now }: Present): RolloutMemory {
  const isOfOther = isFromNothing(memory) || (memory.isNew && !isRead)
  return {
    ...memory,
    movedAt: isRead ? now : memory.movedAt,
    best: counters,
    partition,
    isObserved: isRead,
    toldEndAt,
    endBeforeAt: isOfOther ? toldEndAt : memory.endBeforeAt
  }
}

function goOn(
  memory: RolloutMemory,
  { counters, partition, toldEndAt, now }: Present,
  completedAt: number | null
): RolloutMemory {
  const { best, phase } = memory
  const { desired, updated, ready } = counters
  // As in Kubernetes' Deployments, only more than ever before is progress: a pod that crashes and comes back is not.
  const isSameScale = best.desired === desired
  const hasMoved = !isSameScale || updated > best.updated || ready > best.ready
  const highest = { desired, updated: Math.max(updated, best.updated), ready: Math.max(ready, best.ready) }
  // Pausing and resuming change the reported time of an end that came before the guard started.
  const wasEnded = phase === 'ended' && best.desired > 0
  const isTimeOfPause = wasEnded && completedAt === null && toldEndAt !== memory.toldEndAt
  return {
    ...memory,
    movedAt: hasMoved ? now : memory.movedAt,
    best: isSameScale ? highest : counters,
    partition,
    toldEndAt,
    endBeforeAt: isFromNothing(memory) || isTimeOfPause ? toldEndAt : memory.endBeforeAt
  }
}

/**
 * A Deployment's controller reports an end as soon as nothing is wanted, whatever becomes of the pods that come later.
 */
function isFromNothing({ best, phase }: RolloutMemory): boolean {
  return best.desired === 0 && phase !== 'ended'
}

// A time later than now was noted before the clock was set back. Left as it is, it would keep every deadline from
// ending before that time came again.
function noLaterThan(now: number, memory: RolloutMemory): RolloutMemory {
  const { firstSeenAt, movedAt, resumedAt } = memory
  return {
    ...memory,
    firstSeenAt: Math.min(firstSeenAt, now),
    movedAt: Math.min(movedAt, now),
    resumedAt: resumedAt === null ? null : Math.min(resumedAt, now)
  }
}

export interface Outcome {
  readonly phase: RolloutMemory['phase']
  /** Whether what runs now has proved that it can. */
  readonly isGood: boolean
  /** Whether it resumes, after it was at rest until now. */
  readonly isResumed: boolean
}

/** What is remembered for the next time. */
export function remember(
  { memory, workload: { templateId }, now }: Remembering,
  { phase, isGood, isResumed }: Outcome
): RolloutMemory {
  const others = memory.goodTemplates.filter(good => good !== templateId)
  return {
    ...memory,
    phase,
    movedAt: isResumed ? now : memory.movedAt,
    resumedAt: isResumed ? now : memory.resumedAt,
    goodTemplates: isGood ? [templateId, ...others].slice(0, MOST_GOOD_TEMPLATES) : memory.goodTemplates
  }
}

interface Remembering {
  readonly memory: RolloutMemory
  readonly workload: Workload
  readonly now: number
}
