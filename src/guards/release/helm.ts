import type { Judgement } from '../../domain/finding.ts'
import { type HelmRelease, rollbackRevision } from '../../domain/helm-release.ts'
import type { HelmEvidence, ReleaseStatus } from '../../domain/release.ts'

type HelmJudgement = Judgement<ReleaseStatus, HelmEvidence>

/**
 * Whether Helm is done with a release: only its highest revision counts, because an interrupted one may stay pending in the
 * history forever. `pendingMs`: how long one may be pending, as it is while Helm waits.
 */
export function judgeHelmRelease(release: HelmRelease, pendingMs: number, now: number): HelmJudgement {
  const { name, namespace, current } = release
  const { status, createdAt } = current
  const isPending = status.startsWith('pending-')
  const stuckAt = isPending && createdAt !== null ? createdAt + pendingMs : Number.POSITIVE_INFINITY
  const isStuck = status === 'failed' || now >= stuckAt
  const rollbackTo = rollbackRevision(release)
  return {
    part: `release/${name}`,
    ...outcomeOf(release, isStuck, rollbackTo),
    asOf: null,
    validUntil: isStuck ? Number.POSITIVE_INFINITY : stuckAt,
    evidence: { kind: 'helm', release: name, namespace, revision: current.number, status, isStuck, rollbackTo }
  }
}

function outcomeOf(
  { name, namespace, current: { number, status } }: HelmRelease,
  isStuck: boolean,
  rollbackTo: number | null
): Pick<HelmJudgement, 'status' | 'severity' | 'message'> {
  const what = `Helm release ${name}`
  if (isStuck) {
    const words = status === 'failed' ? 'failed' : `is stuck in ${status}`
    const back =
      rollbackTo === null
        ? 'no revision to go back to is kept'
        : `then helm rollback ${name} ${rollbackTo} -n ${namespace}`
    const message = `${what} ${words} (revision ${number}): helm history ${name} -n ${namespace}, ${back}`
    return { status: 'DRIFTED', severity: 'warning', message }
  }
  const message = `${what} is ${status} (revision ${number})`
  if (status === 'deployed') return { status: 'AGREES', severity: 'ok', message }
  return { status: 'UNKNOWN', severity: 'info', message }
}
