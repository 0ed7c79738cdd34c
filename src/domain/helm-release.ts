import type { Workload } from './workload.ts'

/** The values of Helm's label `status` (helm.sh/helm pkg/release/status.go). */
export const HELM_STATUSES = [
  'unknown',
  'deployed',
  'uninstalled',
  'superseded',
  'failed',
  'uninstalling',
  'pending-install',
  'pending-upgrade',
  'pending-rollback'
] as const

export type HelmStatus = (typeof HELM_STATUSES)[number]

/** One revision of a release, by the labels of its record only: the payload is never read. */
export interface HelmRevision {
  readonly number: number
  readonly status: HelmStatus
  /** When the record was made, ms since the epoch; `null`: not said. Helm's own labels for it cannot be trusted. */
  readonly createdAt: number | null
  /**
   * When Helm began to uninstall it, ms since the epoch, by the label `modifiedAt`: Helm writes it into the existing
   * record, together with the status. Absent: it is not being uninstalled, or its record does not say.
   */
  readonly uninstallBeganAt?: number
  /** It was seen as `pending-rollback`, which its label no longer says, and did not end well. Absent: it was not. */
  readonly isFailedRollback?: true
}

/** A Helm release, by its records. */
export interface HelmRelease {
  readonly namespace: string
  readonly name: string
  /** The highest: what Helm takes for the release's state. Older ones may stay pending forever. */
  readonly current: HelmRevision
  /** Those below it that are kept, the highest first: the newest, and the one to go back to. */
  readonly earlier: readonly HelmRevision[]
}

/** `not_helm`: Helm did not make the workload. */
export type HelmUnseen = 'not_helm' | 'not_found' | 'never_read'

/**
 * The revision that a person would go back to: the one below the current one that is deployed, else the highest
 * superseded one. A rollback does not go back to the one that it leaves. A first installation that failed or hangs can
 * only be repeated. `null`: no such revision is kept.
 */
export function rollbackRevision({ current, earlier }: HelmRelease): number | null {
  // Whoever began to uninstall it does not want an older revision.
  if (current.status === 'uninstalling') return null
  const ran = (status: HelmStatus) => earlier.filter(revision => revision.status === status)
  const candidates = [...ran('deployed'), ...ran('superseded')]
  const left = leftByRollback({ current, earlier })
  const before = candidates.find(revision => revision !== left) ?? candidates[0]
  if (before !== undefined) return before.number
  const isFirst = earlier.length === 0 && current.number === 1
  return isFirst && current.status !== 'deployed' ? 1 : null
}

/**
 * Namespace and name of the release that made a workload; `null`: none, or one of another namespace. Anybody could
 * annotate a workload, to learn about the releases of others and to draw their alerts to it.
 */
export function helmReleaseOf({ namespace, managedBy }: Pick<Workload, 'namespace' | 'managedBy'>): string | null {
  const { release, releaseNamespace } = managedBy
  if (release === '' || (releaseNamespace || namespace) !== namespace) return null
  return `${namespace}/${release}`
}

type Revisions = Pick<HelmRelease, 'current' | 'earlier'>

/** Whether a rollback is under way or failed, and none ended well since, as far as Helm's labels tell. */
export function isGoingBack(release: Revisions): boolean {
  return leftByRollback(release) !== undefined
}

/**
 * The revision that a rollback leaves: the one right below the rollback. It stays deployed until the rollback has
 * ended, and also when the rollback gave up waiting. Where the API server refused the rollback, it is superseded, and
 * no revision is deployed.
 */
function leftByRollback({ current, earlier }: Revisions): HelmRevision | undefined {
  const isRollback = (one: HelmRevision) => one.status === 'pending-rollback' || one.isFailedRollback === true
  const all = [current, ...earlier]
  if (all.every(({ status }) => status !== 'deployed')) {
    const hasEnded = current.status !== 'failed' && !current.status.startsWith('pending-')
    return hasEnded ? undefined : earlier.find(one => one.status === 'superseded' && !isRollback(one))
  }
  const last = all.find(one => one.status === 'deployed' || isRollback(one))
  if (last === undefined || last.status === 'deployed') return undefined
  // A rollback that was tried again leaves the same revision.
  return earlier.find(one => one.number < last.number && !isRollback(one))
}
