import { levelOf } from '../domain/finding.ts'
import { type ServiceReport, versionOf } from '../domain/report.ts'

/**
 * One line of JSON for one check, keys in the order that users' scripts know; unknown is `null`, no newline at the end.
 *
 * `at` is the check's time, ms since the epoch. Of a service without an endpoint there is nothing to tell.
 */
export function renderCheckLine(service: ServiceReport, at: number): string {
  const version = versionOf(service)
  return JSON.stringify({
    timestamp: new Date(at).toISOString(),
    level: version === null ? null : levelOf(version.severity),
    message: version?.message ?? null,
    service: service.service,
    namespace: service.namespace,
    image: service.deployed.image,
    ui_version: service.reported?.version ?? null,
    git_sha: service.reported?.gitSha ?? null,
    status: version?.status ?? null
  })
}
