import type { Judgement } from '../../domain/finding.ts'
import type { Facts } from '../../domain/guard.ts'
import type { MigrationEvidence, ObjectEvidence, ReleaseStatus } from '../../domain/release.ts'
import { type Migration, type RequiredObject, readRequirements } from '../../domain/required-objects.ts'
import { rolloutBegin } from './rollout-begin.ts'

type ObjectJudgement = Judgement<ReleaseStatus, ObjectEvidence | MigrationEvidence>

type Outcome = Pick<ObjectJudgement, 'status' | 'severity' | 'message'>

/** Of each object that the workload's annotations name: whether it is there, and of a migration, whether it succeeded. */
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
  if (begin.at === null)
    return usual('succeeded once; when the last rollout began is not known (on Kubernetes: WATCH_PODS=true)')
  return no('has not run since the last rollout began')
}

type RolloutBegin = ReturnType<typeof rolloutBegin>

function unknown(message: string): Outcome {
  return { status: 'UNKNOWN', severity: 'unknown', message }
}
