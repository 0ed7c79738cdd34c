import { levelOf } from '../domain/finding.ts'
import { type ServiceReport, versionOf } from '../domain/report.ts'

/**
 * One line of JSON for one check, with its keys in the order that users' scripts know; unknown values are `null`, and
 * there is no newline at the end.
 *
 * `at` is the check's time, ms since the epoch. A service without an endpoint has no such line.
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
