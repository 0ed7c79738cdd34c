import type { Facts } from '../../domain/guard.ts'
import type { RolloutEvidence, RolloutMemory } from '../../domain/rollout.ts'
import type { Target } from '../../domain/target.ts'
import type { Pod, Progress, Revision, Workload, WorkloadStatus } from '../../domain/workload.ts'
import { COMPLETE, recall } from './memory.ts'
import { isLostOnNode, isReplacedOnNode } from './pods.ts'

/** What the rollout guard judges from. */
export const ROLLOUT_READS = ['workload', 'pods', 'revisions', 'helm'] as const satisfies readonly (keyof Facts)[]

export type RolloutFacts = Pick<Facts, (typeof ROLLOUT_READS)[number]>

/** What is judged, and when. */
interface Subject {
  readonly target: Target
  readonly workload: Workload
  readonly status: WorkloadStatus
  /** `ROLLOUT_DEADLINE`. */
  readonly defaultDeadlineMs: number
  readonly now: number
}

/** Everything that a rule may look at. */
export interface Scene extends Subject {
  /** `null`: not seen. */
  readonly revisions: readonly Revision[] | null
  readonly current: Current
  /** `null`: they are not seen, or nobody knows which revision is the current one; then the counters decide. */
  readonly pods: PodsByRevision | null
  /** What was found of this workload before. */
  readonly earlier: RolloutEvidence | undefined
  readonly memory: RolloutMemory
  /**
   * Whether, when this template was last judged, its rollout had ended, or nothing was wanted, or it was held and is
   * not paused now.
   */
  readonly wasAtRest: boolean
  /** Whether its partition held it when it was last judged, and lets no more pods go now. */
  readonly isStillHeld: boolean
}

/** The revision with the workload's template: its name, none yet, or not known. */
type Current = { readonly name: string } | 'none' | 'unknown'

/** Whether a revision, by its name, is the one with the workload's template. */
export function isCurrent(revision: string, current: Current): boolean {
  return typeof current === 'object' && revision === current.name
}

export interface PodsByRevision {
  /** Of the current revision, without those being deleted. */
  readonly updated: readonly Pod[]
  /** Of any other revision; of a DaemonSet also those being deleted that still keep their node's new pod waiting. */
  readonly old: readonly Pod[]
  /** Those being deleted. */
  readonly leaving: readonly Pod[]
}

/** `before`: what was found of this workload before. */
export function setScene(
  subject: Subject,
  { pods, revisions: known }: RolloutFacts,
  before: RolloutEvidence | undefined
): Scene {
  const { workload, status, now } = subject
  const revisions = known.seen ? known.value : null
  const current = findCurrent(workload, status, revisions)
  const earlier = withoutEndOfOther(before, status, current)
  return {
    ...subject,
    revisions,
    current,
    pods: pods.seen && current !== 'unknown' ? sortPods(pods.value, { workload, current, now }) : null,
    earlier,
    memory: recall(earlier, subject),
    wasAtRest: wasAtRest(earlier, workload, status),
    isStillHeld: isStillHeld(earlier, workload)
  }
}

function wasAtRest(earlier: RolloutEvidence | undefined, workload: Workload, status: WorkloadStatus): boolean {
  if (earlier?.templateId !== workload.templateId) return false
  const { phase, best } = earlier.memory
  return phase === 'ended' || best.desired === 0 || (earlier.held !== null && !isPaused({ workload, status }))
}

function isStillHeld(earlier: RolloutEvidence | undefined, { templateId, strategy }: Workload): boolean {
  if (earlier?.templateId !== templateId) return false
  return earlier.held === 'partition' && strategy.partition >= earlier.memory.partition
}

/** Whether its first pods come after a rest, such as zero replicas, at which a StatefulSet's revisions become equal. */
export function comesFromRest({ memory, wasAtRest }: Pick<Scene, 'memory' | 'wasAtRest'>): boolean {
  return memory.phase !== 'ended' && (wasAtRest || memory.resumedAt !== null)
}

/** Until the controller has read that a Deployment was resumed, it keeps it paused. */
export function isPaused({ workload, status }: Pick<Scene, 'workload' | 'status'>): boolean {
  return workload.strategy.isPaused || status.progress?.reason === 'DeploymentPaused'
}

/**
 * Whether a Deployment's controller says that the rollout of this template has ended. When it goes back and pods of two
 * ReplicaSets never exist at once, as with Recreate, it changes neither reason, time nor message: they stay those of
 * the template that was left.
 */
export function tellsOwnEnd({ status: { progress }, memory, current }: Scene): boolean {
  if (progress?.reason !== COMPLETE || isOfOther(progress, current)) return false
  return progress.updatedAt === null || progress.updatedAt !== memory.endBeforeAt
}

function isOfOther({ replicaSet }: Progress, current: Current): boolean {
  return typeof current === 'object' && replicaSet !== undefined && replicaSet !== current.name
}

/** Before revisions were read, the end of the template that was left looked like this one's own. */
function withoutEndOfOther(
  before: RolloutEvidence | undefined,
  { progress }: WorkloadStatus,
  current: Current
): RolloutEvidence | undefined {
  if (before === undefined || progress === null || !isOfOther(progress, current)) return before
  if (before.completedAt === null || before.completedAt !== progress.updatedAt) return before
  return { ...before, completedAt: null, memory: { ...before.memory, phase: 'unknown' } }
}

/** Whether the controller has not acted yet on a change of the workload, which may be one of its scale. */
export function isBehind({ workload, status }: Pick<Scene, 'workload' | 'status'>): boolean {
  return status.observedGeneration < workload.generation
}

/** The revision whose template equals the workload's; where templates were not read, the one its controller points to. */
function findCurrent(workload: Workload, status: WorkloadStatus, revisions: readonly Revision[] | null): Current {
  const hasRead = !isBehind({ workload, status })
  if (hasRead && status.updateRevision !== '') return { name: status.updateRevision }
  if (revisions === null) return 'unknown'
  const byNumber = revisions.toSorted((a, b) => b.number - a.number)
  const equal = byNumber.find(({ template }) => template?.templateId === workload.templateId)
  if (equal !== undefined) return equal
  // A Deployment's controller raises the revision that it has read above all others, before it counts its pods.
  const [newest] = byNumber
  if (workload.kind === 'Deployment' && hasRead && status.updated > 0 && newest?.template === null) return newest
  return revisions.some(({ template }) => template === null) ? 'unknown' : 'none'
}

function sortPods(
  pods: readonly Pod[],
  { workload, current, now }: Pick<Scene, 'workload' | 'current' | 'now'>
): PodsByRevision {
  const isUpdated = ({ revision }: Pod): boolean => isCurrent(revision, current)
  const counting = pods.filter(({ terminatesAt }) => terminatesAt === null)
  const leaving = pods.filter(({ terminatesAt }) => terminatesAt !== null)
  const updated = counting.filter(isUpdated)
  const holdsUp = (pod: Pod): boolean =>
    workload.kind === 'DaemonSet' && !isUpdated(pod) && !isReplacedOnNode(pod, updated) && !isLostOnNode(pod, now)
  return { updated, old: [...counting.filter(pod => !isUpdated(pod)), ...leaving.filter(holdsUp)], leaving }
}
