import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { SourceProblem } from '../domain/ports.ts'
import type { LeftOut, Report, ReportChange } from '../domain/report.ts'
import { createCheckLog } from '../logging/check-log.ts'
import type { DailyFiles } from '../logging/daily-files.ts'
import { createLineRate } from '../logging/line-rate.ts'
import { logChanges } from '../logging/log-changes.ts'

export interface ReportLogParts {
  readonly config: Pick<Config, 'logChecks' | 'logLevel' | 'workloads'>
  readonly log: Logger
  /** Prints a line among the log's. */
  readonly print: (line: string) => void
  readonly files: DailyFiles | undefined
}

export interface ReportLog {
  /** Writes what is new in a report: checks, warnings, what cannot be seen. */
  write(report: Report, change: ReportChange): void
  /**
   * What was not read yet in the first report is a problem in reports after this time, ms since the epoch. A report that
   * was begun before may still hold what was so then.
   */
  expectSource(since: number): void
}

// For one target, whose status may change with each check and each change of its workload; and for all warnings.
const CHECK_LINES = { most: 20, windowMs: 60_000 }
const WARNING_LINES = { most: 500, windowMs: 60_000 }
// For problems whose words differ in numbers at most, such as the time in each complaint of a credential plugin, or that
// come and go. As many as a source has at once.
const PROBLEM_LINES = { most: 20, windowMs: 600_000 }

/** What `serve` says of each report, in its log and in the daily files. Changes are logged, repeats are not. */
export function createReportLog({ config, log, print, files }: ReportLogParts): ReportLog {
  const monotonic = () => performance.now()
  const rate = createLineRate({
    ...CHECK_LINES,
    monotonic,
    onUnwritten: (target, lines) =>
      log.warn({ target, lines }, 'This target changes so often that some of its lines are left out')
  })
  const writeChecks = createCheckLog({ checks: config.logChecks, level: config.logLevel, print, files, rate })
  const warningRate = createLineRate({
    ...WARNING_LINES,
    monotonic,
    onUnwritten: (_key, lines) =>
      log.warn({ lines }, 'Too many warnings: some are left out here, the page shows them all')
  })
  const logWarnings = logChanges({
    onNew: warning => {
      if (warningRate.admit('')) log.warn({ warning }, 'The configuration needs fixing')
    }
  })
  const limited = (tell: (problem: string) => void) => {
    // What is left out is told later if it is still so.
    const { admit } = createLineRate({ ...PROBLEM_LINES, monotonic, onUnwritten: () => {} })
    return (problem: string) => admit(withoutNumbers(problem)) && tell(problem)
  }
  const logProblems = logChanges({
    onNew: limited(problem => log.error({ problem }, 'Workloads cannot be seen')),
    onNone: () => log.info('All workloads are seen again')
  })
  const logWithheld = logChanges({
    onNew: limited(problem => log.warn({ problem }, 'Some facts besides the workloads cannot be seen')),
    onNone: () => log.info('The facts besides the workloads are seen again')
  })
  // What the source says before it has started is not a problem until it has had its time.
  let notReadYet: readonly string[] = []
  let expectedSince = Number.POSITIVE_INFINITY

  // Each is logged once, even if another namespace has the most later: two namespaces could take turns.
  function logLeftOut(leftOut: LeftOut | null, before: LeftOut | null): void {
    if (leftOut === null) return
    const { namespace, inNamespace, of } = leftOut
    if (leftOut.services.size > 0 && (before?.services.size ?? 0) === 0) {
      log.error(
        { targets: leftOut.services.size, of, namespace, inNamespace },
        'SERIES_LIMIT leaves targets out of /metrics; this namespace has the most targets'
      )
    } else if (before === null) {
      log.warn(
        { targets: of, namespace, inNamespace },
        'SERIES_LIMIT leaves optional gauges of all targets out of /metrics; this namespace has the most targets'
      )
    }
  }

  return {
    write: (report, change) => {
      writeChecks(report, change)
      logWarnings(report.warnings)
      logLeftOut(report.leftOut, change.before?.leftOut ?? null)
      const { problems } = report.source
      if (change.before === undefined) notReadYet = messagesOf(problems)
      else if (report.generatedAt > expectedSince) notReadYet = []
      const standing = problems.filter(({ message }) => !notReadYet.includes(message))
      const ofWorkloads = messagesOf(standing.filter(({ withholds }) => withholds === 'workloads'))
      const ofOthers = messagesOf(standing.filter(({ withholds }) => withholds !== 'workloads'))
      // For a file, the refusal has said so already.
      if (config.workloads.source !== 'file') logProblems(ofWorkloads)
      // What hides the workloads may hide all other facts too, and is logged only once. While it does, other facts
      // without a problem of their own do not count as seen again.
      if (ofOthers.length > 0 || ofWorkloads.length === 0) logWithheld(ofOthers)
    },
    expectSource: since => {
      expectedSince = since
    }
  }
}

function withoutNumbers(problem: string): string {
  return problem.replace(/\S*\d\S*/g, '0')
}

function messagesOf(problems: readonly SourceProblem[]): readonly string[] {
  return problems.map(({ message }) => message)
}
