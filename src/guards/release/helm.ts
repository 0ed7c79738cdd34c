import type { Judgement } from '../../domain/finding.ts'
import { type HelmRelease, type HelmRevision, rollbackRevision } from '../../domain/helm-release.ts'
import type { HelmEvidence, ReleaseStatus } from '../../domain/release.ts'

type HelmJudgement = Judgement<ReleaseStatus, HelmEvidence>

/**
 * Whether Helm is done with a release: only its highest revision counts, because an interrupted one may stay pending in
 * the history forever. `pendingMs`: how long one may be pending or being uninstalled, as it is while Helm waits.
 */
export function judgeHelmRelease(release: HelmRelease, pendingMs: number, now: number): HelmJudgement {
  const { name, namespace, current } = release
  const { status } = current
  const stuckAt = waitsSince(current) + pendingMs
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

/** Since when Helm has been at work on it; Infinity: it is not, or its record does not say. */
function waitsSince({ status, createdAt, uninstallBeganAt }: HelmRevision): number {
  if (status === 'uninstalling') return uninstallBeganAt ?? Number.POSITIVE_INFINITY
  return (status.startsWith('pending-') ? createdAt : null) ?? Number.POSITIVE_INFINITY
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
      status === 'uninstalling'
        ? `then helm uninstall ${name} -n ${namespace} to finish it`
        : rollbackTo === null
          ? 'no revision to go back to is kept'
          : `then helm rollback ${name} ${rollbackTo} -n ${namespace}`
    const message = `${what} ${words} (revision ${number}): helm history ${name} -n ${namespace}, ${back}`
    return { status: 'DRIFTED', severity: 'warning', message }
  }
  const message = `${what} is ${status} (revision ${number})`
  if (status === 'deployed') return { status: 'AGREES', severity: 'ok', message }
  return { status: 'UNKNOWN', severity: 'info', message }
}
