import type { ServiceReport } from '../domain/report.ts'

/**
 * One line of JSON for one check, keys in the order that users' scripts know; unknown is `null`, no newline at the end.
 *
 * `at` is the check's time, ms since the epoch.
 */
export function renderCheckLine(service: ServiceReport, at: number): string {
  return JSON.stringify({
    timestamp: new Date(at).toISOString(),
    level: service.level,
    message: service.finding.message,
    service: service.service,
    namespace: service.namespace,
    image: service.deployed.image,
    ui_version: service.reported?.version ?? null,
    git_sha: service.reported?.gitSha ?? null,
    status: service.finding.status
  })
}
