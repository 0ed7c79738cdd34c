/** As Helm's label `status` has it (helm.sh/helm pkg/release/status.go). */
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
   * When Helm began to uninstall it, ms since the epoch, by the label `modifiedAt`: Helm writes it, with the status, into the record
   * that is there.
   * Absent: it is not being uninstalled, or its record does not say.
   */
  readonly uninstallBeganAt?: number
}

/** A release of Helm's, by its records. */
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
 * The revision that a person would go back to: the one that is deployed below the current one, else the highest that was
 * superseded. A rollback does not go back to the one that it leaves. A first installation that failed or hangs can only be
 * done again. `null`: no such revision is kept.
 */
export function rollbackRevision({ current, earlier }: HelmRelease): number | null {
  // Whoever began to uninstall it does not want an older revision.
  if (current.status === 'uninstalling') return null
  const find = (status: HelmStatus) => earlier.find(revision => revision.status === status)
  const [deployed, superseded] = [find('deployed'), find('superseded')]
  // The one that a rollback leaves is right below it, and stays deployed until the rollback has ended.
  const isLeft = current.status === 'pending-rollback' && deployed?.number === current.number - 1
  const before = isLeft ? (superseded ?? deployed) : (deployed ?? superseded)
  if (before !== undefined) return before.number
  const isFirst = earlier.length === 0 && current.number === 1
  return isFirst && current.status !== 'deployed' ? 1 : null
}
