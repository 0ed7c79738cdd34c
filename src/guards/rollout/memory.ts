import type { RolloutEvidence, RolloutMemory } from '../../domain/rollout.ts'
import type { Workload, WorkloadStatus } from '../../domain/workload.ts'

/** Whether the guard has seen nothing of this rollout but what is left of it: it may have ended long ago. */
export function isUnwitnessed({ phase, isNew }: RolloutMemory): boolean {
  return phase === 'unknown' && !isNew
}

/** A Deployment's rollout has ended; the reason stays until the next one is under way. */
export const COMPLETE = 'NewReplicaSetAvailable'

/**
 * Whether a Deployment's controller says that the rollout of this template has ended. When it goes back and no moment
 * has pods of two ReplicaSets, as with Recreate, it moves neither reason nor time: they stay those of the template that
 * was left.
 */
export function tellsOwnEnd({ progress }: WorkloadStatus, { endBeforeAt }: RolloutMemory): boolean {
  if (progress?.reason !== COMPLETE) return false
  return progress.updatedAt === null || progress.updatedAt !== endBeforeAt
}

const MOST_GOOD_TEMPLATES = 10

interface Moment {
  readonly workload: Workload
  readonly status: WorkloadStatus
  readonly now: number
}

/** What the guard knows from before and from the counters now; a template that it sees for the first time starts over. */
export function recall(earlier: RolloutEvidence | undefined, { workload, status, now }: Moment): RolloutMemory {
  const { desired, updated, ready } = status
  const { partition } = workload.strategy
  const isRead = status.observedGeneration >= workload.generation
  const before = earlier?.templateId === workload.templateId ? until(earlier.memory, now) : undefined
  const toldBefore = earlier?.memory.toldEndAt ?? null
  const toldEndAt = (status.progress?.reason === COMPLETE ? status.progress.updatedAt : null) ?? toldBefore
  const isFromNothing = earlier?.memory.best.desired === 0 && before?.phase !== 'ended'
  if (before?.isObserved === false) {
    // Up to now the counters were those of another template.
    return {
      ...before,
      movedAt: isRead ? now : before.movedAt,
      best: { desired, updated, ready },
      partition,
      isObserved: isRead,
      toldEndAt,
      endBeforeAt: !isFromNothing && (isRead || !before.isNew) ? before.endBeforeAt : toldEndAt
    }
  }
  if (before === undefined) {
    const isNew = earlier !== undefined && earlier.templateId !== ''
    return {
      isNew,
      firstSeenAt: now,
      movedAt: now,
      best: { desired, updated, ready },
      partition,
      resumedAt: isNew && isFromNothing ? now : null,
      isObserved: isRead,
      phase: 'unknown',
      toldEndAt,
      endBeforeAt: isNew && (isFromNothing || !isRead) ? toldEndAt : toldBefore,
      goodTemplates: earlier?.memory.goodTemplates ?? []
    }
  }
  // As in Kubernetes' Deployments, only more than ever before is progress: a pod that crashes and comes back is not.
  const isSameScale = before.best.desired === desired
  // A pause and its end move the time of an end that was before the guard came.
  const wasEnded = before.phase === 'ended' && before.best.desired > 0
  const isTimeOfPause = wasEnded && earlier?.completedAt === null && toldEndAt !== toldBefore
  const hasMoved = !isSameScale || updated > before.best.updated || ready > before.best.ready
  return {
    ...before,
    movedAt: hasMoved ? now : before.movedAt,
    best: {
      desired,
      updated: isSameScale ? Math.max(updated, before.best.updated) : updated,
      ready: isSameScale ? Math.max(ready, before.best.ready) : ready
    },
    partition,
    isObserved: true,
    toldEndAt,
    // A Deployment's controller tells an end as soon as nothing is wanted, whatever becomes of the pods that come later.
    endBeforeAt: isFromNothing || isTimeOfPause ? toldEndAt : before.endBeforeAt
  }
}

// What was seen later than now is from before the clock was set back. No deadline would end before that time came again.
function until(memory: RolloutMemory, now: number): RolloutMemory {
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
  /** Whether it goes on, after it was at rest until now. */
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
