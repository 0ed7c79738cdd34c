import { HELM_STATUSES, type HelmRevision } from '../domain/helm-release.ts'
import { copyOf } from '../text/copy-of.ts'
import { textAt, timeAt } from '../text/json.ts'

/** One of Helm's records: a revision, and the release that it belongs to. */
export interface HelmRecord extends HelmRevision {
  readonly namespace: string
  readonly name: string
}

// Helm's own rule for release names; they go into commands for a shell.
const RELEASE_NAME = /^[a-z0-9]([-a-z0-9.]{0,51}[a-z0-9])?$/
const REVISION = /^[1-9]\d{0,8}$/
const EPOCH_SECONDS = /^\d{1,11}$/

/**
 * Reduces the metadata of Helm's Secret `sh.helm.release.v1.NAME.vN` to what its labels say (helm.sh/helm
 * pkg/storage/driver/secrets.go). `null`: its labels are not those of such a record.
 */
export function toHelmRecord(object: unknown): HelmRecord | null {
  const labelAt = (name: string) => textAt(object, 'metadata', 'labels', name)
  const [name, revision, status] = [labelAt('name'), labelAt('version'), labelAt('status')]
  const isOfHelm = textAt(object, 'metadata', 'name') === `sh.helm.release.v1.${name}.v${revision}`
  if (!isOfHelm || !RELEASE_NAME.test(name) || !REVISION.test(revision)) return null
  const modifiedAt = labelAt('modifiedAt')
  const isUninstalling = status === 'uninstalling' && EPOCH_SECONDS.test(modifiedAt)
  return copyOf({
    namespace: textAt(object, 'metadata', 'namespace'),
    name,
    number: Number(revision),
    status: HELM_STATUSES.find(known => known === status) ?? 'unknown',
    createdAt: timeAt(object, 'metadata', 'creationTimestamp'),
    ...(isUninstalling && { uninstallBeganAt: Number(modifiedAt) * 1000 })
  })
}
