import { type ServiceReport, versionOf } from '../domain/report.ts'
import { renderCheckLine } from '../logging/check-line.ts'
import { type JunitCase, renderJunit } from '../text/junit-xml.ts'
import type { Outcome } from './check-once.ts'
import type { Missing } from './selection.ts'
import { renderTable, type Screen } from './table.ts'

export const CHECK_FORMATS = ['json', 'table', 'junit'] as const

export type CheckFormat = (typeof CHECK_FORMATS)[number]

export interface CheckReportOptions {
  readonly format: CheckFormat
  readonly stdout: Screen
}

/** The services that are shown, as `format` says; a table counts those that are not shown as well. */
export function renderReport(
  services: readonly ServiceReport[],
  outcome: Pick<Outcome, 'services' | 'missing'>,
  { format, stdout }: CheckReportOptions
): string {
  if (format === 'table') return renderTable(services, stdout, outcome.services)
  if (format === 'json') return services.map(service => `${lineOf(service)}\n`).join('')
  const cases = [...outcome.missing.map(missingCase), ...services.flatMap(toCase)]
  return renderJunit([{ name: 'keybuzz-version-guard check', cases }])
}

/** A build server shows the message of a skipped case, but not of a passed one: so a warning is skipped as well. */
function toCase(service: ServiceReport): JunitCase[] {
  const version = versionOf(service)
  if (version === null) return []
  const { namespace, deployed, reported } = service
  const verdict = { type: version.status, message: version.message }
  const isFailure = version.status === 'ERROR' || version.status === 'MISMATCH'
  return [
    {
      name: service.service,
      classname: namespace,
      seconds: (reported?.durationMs ?? 0) / 1000,
      ...(isFailure ? { failure: verdict } : version.status === 'OK' ? {} : { skipped: verdict }),
      output: `deployed ${deployed.image ?? '-'}, reported ${reported?.version ?? '-'}, git SHA ${reported?.gitSha ?? '-'}`
    }
  ]
}

function missingCase({ namespace, service, message }: Missing): JunitCase {
  return { name: service, classname: namespace ?? '', seconds: 0, skipped: { type: 'UNKNOWN', message } }
}

/** A service's line of JSON, without the newline. */
export function lineOf(service: ServiceReport): string {
  return renderCheckLine(service, checkedAt(service))
}

/** When a service was asked; for one that never was, since when it has had its status, ms since the epoch. */
export function checkedAt(service: ServiceReport): number {
  return service.reported?.checkedAt ?? versionOf(service)?.since ?? 0
}
