import { levelOf } from '../domain/finding.ts'
import { type Report, type ReportChange, type ServiceReport, versionOf } from '../domain/report.ts'
import { targetKey } from '../domain/target.ts'
import { renderCheckLine } from './check-line.ts'
import type { DailyFiles } from './daily-files.ts'
import type { LineRate } from './line-rate.ts'
import { isLogged, type LogLevel } from './logger.ts'

/** Which checks are printed: changes of a target's status (its first check counts), or all. Files get every check. */
export const LOG_CHECKS = ['changes', 'all'] as const

export type LogChecks = (typeof LOG_CHECKS)[number]

export interface CheckLogOptions {
  readonly checks: LogChecks
  readonly level: LogLevel
  readonly print: (line: string) => void
  readonly files: Pick<DailyFiles, 'write'> | undefined
  /** Limits what is printed; the files are the record, and get all lines. */
  readonly rate: LineRate
}

/** Writes a line for each check, and for each status that changed because its workload did. */
export function createCheckLog({ checks, level, print, files, rate }: CheckLogOptions) {
  return (report: Report, { before, checked }: ReportChange): void => {
    const known = before?.services ?? []
    const earlierOf = findEarlier(known)
    report.services.forEach((service, index) => {
      if (service === known[index] && checked.size === 0) return
      const version = versionOf(service)
      if (version === null) return
      const earlier = earlierOf(service, index)
      // Pods that answered before may no longer be seen: that is a change, too.
      if (!wasAsked(service) && (earlier === undefined || !wasAsked(earlier))) return
      const key = targetKey(service)
      const isChange = hasChanged(service, earlier)
      if (!isChange && !checked.has(key)) return
      const at = checked.has(key) && service.reported !== null ? service.reported.checkedAt : report.generatedAt
      const isPrinted = (isChange || checks === 'all') && isLogged(levelOf(version.severity), level)
      if (!isPrinted && files === undefined) return
      const line = renderCheckLine(service, at)
      files?.write(at, line)
      if (isPrinted && rate.admit(key)) print(line)
    })
  }
}

/** Finds a service among these. Its place has rarely changed; only then are keys made for thousands of services. */
function findEarlier(services: readonly ServiceReport[]) {
  let byKey: ReadonlyMap<string, ServiceReport> | undefined
  return (service: ServiceReport, index: number): ServiceReport | undefined => {
    const there = services[index]
    if (there?.service === service.service && there.namespace === service.namespace) return there
    byKey ??= new Map(services.map(one => [targetKey(one), one]))
    return byKey.get(targetKey(service))
  }
}

function hasChanged(service: ServiceReport, earlier: ServiceReport | undefined): boolean {
  return earlier === undefined || !wasAsked(earlier) || versionOf(earlier)?.status !== versionOf(service)?.status
}

// Even if no pod gave a report that could be shown, the pods were asked.
function wasAsked(service: ServiceReport): boolean {
  return service.reported !== null || (versionOf(service)?.asOf ?? null) !== null
}
