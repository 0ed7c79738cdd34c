import type { Judgement } from '../../domain/finding.ts'
import type { Facts } from '../../domain/guard.ts'
import type { KnownWorkload } from '../../domain/ports.ts'
import type { MigrationEvidence, ObjectEvidence, ReleaseStatus } from '../../domain/release.ts'
import { type Migration, type RequiredObject, readRequirements } from '../../domain/required-objects.ts'

type ObjectJudgement = Judgement<ReleaseStatus, ObjectEvidence | MigrationEvidence>

type Outcome = Pick<ObjectJudgement, 'status' | 'severity' | 'message'>

/** For each object that the workload's annotations name: whether it is there; for a migration, whether it succeeded. */
export function judgeObjects({
  workload,
  pods,
  revisions,
  objects
}: Pick<Facts, 'workload' | 'pods' | 'revisions' | 'objects'>): readonly ObjectJudgement[] {
  if (!workload.seen) return []
  const { migration } = readRequirements(workload.value.annotations)
  return (objects ?? []).flatMap((object): ObjectJudgement | [] => {
    const { kind, name, asOf } = object
    const shared = { part: `${kind}/${name}`, asOf, validUntil: Number.POSITIVE_INFINITY }
    if (kind !== 'Job') {
      const isPresent = object.found.seen ? object.found.value !== null : null
      return { ...shared, ...presence(object), evidence: { kind: 'object', objectKind: kind, name, isPresent } }
    }
    if (migration === null) return []
    const begin = rolloutBegin({ workload: workload.value, pods, revisions })
    const { hasSucceeded, ...outcome } = judgeMigration(object, migration, begin)
    return { ...shared, ...outcome, evidence: { kind: 'migration', job: name, hasSucceeded } }
  })
}

function presence({ kind, name, found }: RequiredObject): Outcome {
  const what = `${kind} ${name}`
  if (!found.seen) return unknown(`${what}: ${found.message}`)
  if (found.value === null)
    return { status: 'DRIFTED', severity: 'warning', message: `${what} is required but missing` }
  return { status: 'AGREES', severity: 'ok', message: `${what} is there` }
}

type MigrationOutcome = Outcome & { readonly hasSucceeded: boolean | null }

// A Helm hook runs before the rollout begins, and may take its time.
const BEFORE_ROLLOUT_MS = 3_600_000

function judgeMigration(
  { name, found }: RequiredObject,
  { isRequired }: Migration,
  begin: RolloutBegin
): MigrationOutcome {
  const what = `Migration job ${name}`
  const no = (words: string): MigrationOutcome => {
    return { status: 'DRIFTED', severity: 'warning', message: `${what} ${words}`, hasSucceeded: false }
  }
  const unsure = (words: string): MigrationOutcome => ({ ...unknown(`${what} ${words}`), hasSucceeded: null })
  // As it should be, as far as anybody knows.
  const usual = (words: string): MigrationOutcome => ({ ...unsure(words), severity: 'info' })
  if (!found.seen) return unsure(`is not known: ${found.message}`)
  const job = found.value?.job ?? null
  if (job === null) {
    return isRequired ? no('is required but missing') : usual('does not exist: it may have succeeded and been deleted')
  }
  if (job.outcome === 'failed') return no('failed')
  if (job.outcome === 'running') return usual('has not ended yet')
  const { completedAt } = job
  if (completedAt === null) return unsure('succeeded, but does not say when')
  const isSince = (time: number) => completedAt >= time - BEFORE_ROLLOUT_MS
  if (begin.atLatest !== null && isSince(begin.atLatest)) {
    return { status: 'AGREES', severity: 'ok', message: `${what} succeeded`, hasSucceeded: true }
  }
  if (begin.atEarliest === null)
    return usual('succeeded once; when the last rollout began is not known (on Kubernetes: WATCH_PODS=true)')
  return isSince(begin.atEarliest)
    ? usual('succeeded once; whether that was before the last rollout began is not known')
    : no('has not run since the last rollout began')
}

function unknown(message: string): Outcome {
  return { status: 'UNKNOWN', severity: 'unknown', message }
}

/** The times between which the last rollout began, ms since the epoch; `null`: not known. */
interface RolloutBegin {
  readonly atEarliest: number | null
  readonly atLatest: number | null
}

/**
 * A rollout begins no earlier than its revision was created, and may begin later: going back rolls out an older
 * revision. It has begun by the time its oldest pod was created and, for a Deployment, by the time it ended: nodes come
 * and go, and one day all pods are younger than both.
 */
function rolloutBegin({ workload, pods, revisions }: KnownWorkload): RolloutBegin {
  const status = workload.status.seen ? workload.status.value : null
  const byNumber = revisions.seen ? revisions.value.toSorted((a, b) => b.number - a.number) : []
  const current = status?.updateRevision || byNumber[0]?.name
  const revision = byNumber.find(({ name }) => name === current)
  const made = pods.seen
    ? pods.value.filter(({ revision }) => revision === current).map(({ createdAt }) => createdAt)
    : []
  // The controller writes this reason when a rollout is complete (progress.go). When it goes back, it leaves the reason
  // as it is at first, and forever if pods of two revisions never exist at once: then the reason still tells the end of
  // the revision that was left.
  const isComplete = status?.progress?.reason === 'NewReplicaSetAvailable' && status.updated === status.replicas
  const wasGoneBackTo = revision !== undefined && byNumber.some(({ createdAt }) => createdAt > revision.createdAt)
  const ended = isComplete && !wasGoneBackTo ? (status.progress?.updatedAt ?? null) : null
  const latest = [...made, ...(ended === null ? [] : [ended])]
  return {
    atEarliest: revision?.createdAt ?? null,
    atLatest: latest.length === 0 ? null : Math.min(...latest)
  }
}
