import type { Writable } from 'node:stream'
import { assemble, type Runtime, type Surroundings } from '../assemble.ts'
import type { Config } from '../config/config.ts'
import type { VersionStatus } from '../domain/finding.ts'
import { describeLeftOut, type ServiceReport, versionOf, worstFirst } from '../domain/report.ts'
import { describePart } from '../domain/shard.ts'
import { findOutlet, type Outlet } from '../files/outlet.ts'
import { renderCheckLine } from '../logging/check-line.ts'
import { createDailyFiles } from '../logging/daily-files.ts'
import { allOrIoError, orIoError, print } from './io-error.ts'
import type { Progress } from './progress.ts'
import { renderTable } from './table.ts'

export const CHECK_FORMATS = ['json', 'table'] as const

export type CheckFormat = (typeof CHECK_FORMATS)[number]

export interface CheckOptions {
  readonly runtime: Runtime
  readonly format: CheckFormat
  /** Where to write the gauges too, for node_exporter's textfile collector; `null`: nowhere. */
  readonly textfile: string | null
  readonly stdout: Writable
  /** Diagnostics, a line each. */
  readonly complain: (line: string) => void
  readonly progress: Progress
}

/** Runs one cycle, prints it, and gives the exit code. Rejects with an `IoError` where it may not write what it is to. */
export async function check(config: Config, options: CheckOptions): Promise<number> {
  const { textfile, progress } = options
  const start = performance.now()
  // Before anybody is asked: what cannot be written is told at the start, all of it at once.
  const [logs, gauges] = await allOrIoError([openLogs(config.logDir), findGauges(textfile)])
  if (textfile !== null && gauges?.isFile === true && !textfile.endsWith('.prom')) {
    options.complain(`--textfile: ${textfile} is read by no textfile collector: it takes names that end in .prom`)
  }
  // Images have a clock of their own, and a registry may take minutes: `--images` checks them.
  const withoutImages: Config = { ...config, images: { ...config.images, mode: 'off' } }
  const { source, factSources, checker, exposition, ...parts } = await assemble(withoutImages, {
    runtime: options.runtime,
    signal: new AbortController().signal,
    ...UNHEARD
  })
  progress.show('reading workloads')
  // A source that does not answer leaves half of the time to the endpoints.
  await source.read(AbortSignal.timeout(Math.ceil(config.checkDeadlineMs / 2)))
  const budgetMs = Math.max(0, config.checkDeadlineMs - (performance.now() - start))
  const others = Object.values(factSources).filter(one => one !== null)
  // From this, they learn which services there are.
  if (others.length > 0) await checker.rejudge()
  await Promise.all([
    checker.cycle({
      budgetMs,
      unanswered: 'timeout',
      onProgress: (asked, total) => progress.show(`${asked} of ${total} services asked`)
    }),
    ...others.map(one => one.read(AbortSignal.timeout(Math.ceil(budgetMs))))
  ])
  if (others.length > 0) await checker.rejudge()
  const report = checker.report()
  const services = worstFirst(report.services).filter(service => versionOf(service) !== null)
  await parts.close()
  progress.end()

  const part = describePart(config.shard)
  if (part !== null) options.complain(`this is ${part}: services of the other shards are not checked here`)
  for (const { message } of report.source.problems) options.complain(message)
  for (const line of report.warnings) options.complain(line)
  if (textfile !== null && report.leftOut !== null) options.complain(describeLeftOut(report.leftOut))
  if (services.length === 0) options.complain(NOTHING_TO_CHECK)
  // One that fails keeps no other from being written.
  const printed = print(render(services, options), options.stdout)
  await allOrIoError([
    logs.write(services),
    printed,
    // Behind what is printed, for it may go to standard output as well.
    printed.catch(() => {}).then(async () => gauges?.write(exposition.textfile()))
  ])
  return exitCode(services.flatMap(service => versionOf(service)?.status ?? []))
}

/** For one pass: what comes of it is read from the report at its end. */
export const UNHEARD = {
  onReport: () => {},
  onRefused: () => {},
  onWebConfig: () => {},
  onTargetsChange: () => {}
} satisfies Partial<Surroundings>

const NOTHING_TO_CHECK =
  'nothing to check: name targets in TARGETS_FILE, or annotate workloads with version-guard.keybuzz.io/endpoint'

/** As monitoring plugins have them; the highest of ERROR > MISMATCH and WARNING > UNKNOWN > OK decides. */
function exitCode(statuses: readonly VersionStatus[]): number {
  const has = (...wanted: readonly VersionStatus[]) => statuses.some(status => wanted.includes(status))
  if (has('ERROR')) return 2
  if (has('MISMATCH', 'WARNING')) return 1
  return has('UNKNOWN') || statuses.length === 0 ? 3 : 0
}

function render(services: readonly ServiceReport[], { format, stdout }: CheckOptions): string {
  if (format === 'table') return renderTable(services, stdout)
  return services.map(service => `${lineOf(service)}\n`).join('')
}

function lineOf(service: ServiceReport): string {
  return renderCheckLine(service, checkedAt(service))
}

function checkedAt(service: ServiceReport): number {
  return service.reported?.checkedAt ?? versionOf(service)?.since ?? 0
}

async function findGauges(path: string | null): Promise<Outlet | undefined> {
  if (path === null) return undefined
  const what = `--textfile: cannot write ${path}`
  const { isFile, write } = await orIoError(what, findOutlet(path))
  return { isFile, write: text => orIoError(what, write(text)) }
}

async function openLogs(folder: string | null): Promise<{ write(services: readonly ServiceReport[]): Promise<void> }> {
  if (folder === null) return { write: async () => {} }
  const what = `LOG_DIR: cannot write to ${folder}`
  let failure: unknown
  const files = createDailyFiles(folder, {
    onError: error => {
      failure = error
    },
    onRecovery: () => {}
  })
  await orIoError(what, files.open())
  return {
    write: async services => {
      for (const service of services) files.write(checkedAt(service), lineOf(service))
      await files.flush()
      if (failure !== undefined) await orIoError(what, Promise.reject(failure))
    }
  }
}
