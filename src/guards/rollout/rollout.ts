import type { Judgement, RolloutFinding, Severity } from '../../domain/finding.ts'
import type { Circumstances, Guard } from '../../domain/guard.ts'
import { seen } from '../../domain/observation.ts'
import { ROLLOUT_STATES, type RolloutEvidence, type RolloutState } from '../../domain/rollout.ts'
import type { Target } from '../../domain/target.ts'
import { collectEvidence, endOfReading, NOTHING_SEEN } from './evidence.ts'
import { describe, describeContainers } from './messages.ts'
import { goneBy } from './pods.ts'
import { judgeRollout } from './rules.ts'
import { countImages } from './running-images.ts'
import { ROLLOUT_READS, type RolloutFacts, type Scene, setScene } from './scene.ts'
import type { Verdict } from './verdict.ts'

type RolloutJudgement = Judgement<RolloutState, RolloutEvidence>

/**
 * The rollout guard: whether the pods of a service's workload are being replaced, whether that will ever end, and what
 * runs meanwhile. `defaultDeadlineMs` applies where neither the target nor the workload names a deadline.
 */
export function createRolloutGuard(defaultDeadlineMs: number): Guard<RolloutFinding, keyof RolloutFacts> {
  return {
    name: 'rollout',
    statuses: ROLLOUT_STATES,
    reads: ROLLOUT_READS,
    judge: (target, facts, circumstances) => {
      const settings = { ...circumstances, defaultDeadlineMs }
      return target.workload.kind === 'Container'
        ? judgeContainers(target, facts, settings)
        : [judge(target, facts, settings)]
    }
  }
}

type Settings = Circumstances<RolloutFinding> & { readonly defaultDeadlineMs: number }

function judge(
  target: Target,
  facts: RolloutFacts,
  { now, earlier: findings, defaultDeadlineMs }: Settings
): RolloutJudgement {
  const before = findings.find(({ part }) => part === '')?.evidence
  if (!facts.workload.seen) {
    // What was removed starts over when it comes back; what cannot be seen for a while does not.
    const isGone = facts.workload.reason === 'not_found'
    return unknown(facts.workload.message, isGone ? NOTHING_SEEN : (before ?? NOTHING_SEEN))
  }
  const workload = facts.workload.value
  // It may have been created again so soon that nobody saw it gone.
  const earlier = before?.uid === (workload.uid ?? '') ? before : undefined
  if (!workload.status.seen) return unknown(workload.status.message, NOTHING_SEEN)
  const status = workload.status.value
  const scene = setScene({ target, workload, status, defaultDeadlineMs, now }, facts, earlier)
  const verdict = judgeRollout(scene)
  const evidence = collectEvidence({ scene, facts, verdict })
  const state = stateOf(verdict, evidence, now)
  return {
    part: '',
    status: state,
    severity: severityOf(state, evidence),
    message: describe(state, verdict, { evidence, scene }),
    asOf: null,
    validUntil: Math.min(evidence.stuckAt ?? Number.POSITIVE_INFINITY, nextLeaving(scene), endOfReading(evidence, now)),
    evidence
  }
}

/**
 * Docker knows no rollouts and keeps no revisions, so there is nothing to say about containers that all run one image.
 * Compose and Swarm replace the containers of a service one after the other, which may take as long as a rollout. The
 * age of the newest says nothing, for Swarm creates one that crashes again and again.
 */
function judgeContainers(
  target: Target,
  { workload, pods }: RolloutFacts,
  { now, earlier, defaultDeadlineMs }: Settings
): readonly RolloutJudgement[] {
  if (!workload.seen || !pods.seen) return []
  const running = countImages(pods.value, workload.value.containers, workload.value.name)
  if (running.mixture === null) return []
  const newestAt = Math.max(...pods.value.map(({ createdAt }) => createdAt))
  const startedAt = earlier[0]?.evidence.startedAt ?? newestAt
  const endsAt = startedAt + (target.rolloutDeadlineMs ?? defaultDeadlineMs)
  const state = now < endsAt ? 'ROLLING' : 'MIXED'
  return [
    {
      part: '',
      status: state,
      severity: SEVERITIES[state],
      message: describeContainers(state, running.mixture),
      asOf: null,
      validUntil: state === 'ROLLING' ? endsAt : Number.POSITIVE_INFINITY,
      evidence: { ...NOTHING_SEEN, startedAt, running: seen(running) }
    }
  ]
}

function stateOf(verdict: Verdict, { running }: RolloutEvidence, now: number): RolloutState {
  if (!verdict.hasEnded) return verdict.stuckAt <= now ? 'STUCK' : 'ROLLING'
  return running.seen && running.value.mixture !== null ? 'MIXED' : 'STABLE'
}

function severityOf(state: RolloutState, { held }: RolloutEvidence): Severity {
  return state === 'MIXED' && held !== null ? 'info' : SEVERITIES[state]
}

const SEVERITIES: Readonly<Record<RolloutState, Severity>> = {
  STUCK: 'warning',
  MIXED: 'warning',
  UNKNOWN: 'unknown',
  ROLLING: 'info',
  STABLE: 'ok'
}

/** When a pod that is being deleted counts as gone, ms since the epoch. */
function nextLeaving({ pods, now }: Scene): number {
  const times = (pods?.leaving ?? []).flatMap(pod => goneBy(pod) ?? [])
  return Math.min(Number.POSITIVE_INFINITY, ...times.filter(time => time > now))
}

function unknown(message: string, { templateId, uid, memory }: RolloutEvidence): RolloutJudgement {
  return {
    part: '',
    status: 'UNKNOWN',
    severity: SEVERITIES.UNKNOWN,
    message: `Rollout unknown: ${message}`,
    asOf: null,
    validUntil: Number.POSITIVE_INFINITY,
    evidence: { ...NOTHING_SEEN, templateId, uid, memory }
  }
}
