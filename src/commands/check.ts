import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { assemble, type Runtime } from '../assemble.ts'
import type { Config } from '../config/config.ts'
import type { Status } from '../domain/finding.ts'
import type { Report } from '../domain/report.ts'
import { renderCheckLine } from '../logging/check-line.ts'
import { openDailyFiles } from '../logging/daily-files.ts'
import { orCannot } from './cannot.ts'
import { renderTable } from './table.ts'

export const CHECK_FORMATS = ['json', 'table'] as const

export type CheckFormat = (typeof CHECK_FORMATS)[number]

export interface CheckOptions {
  readonly runtime: Runtime
  readonly format: CheckFormat
  /** Where to write the gauges too, for node_exporter's textfile collector. */
  readonly textfile: string | undefined
  readonly stdout: Writable
  /** Diagnostics, a line each. */
  readonly complain: (line: string) => void
  /** Shows a person how far the check is. */
  readonly progress: (text: string) => void
}

/** Runs one cycle, prints it, and gives the exit code. Rejects with a `Cannot` where it could not write. */
export async function check(config: Config, options: CheckOptions): Promise<number> {
  const { complain, progress } = options
  const start = performance.now()
  const logs = await openLogs(config.logDir)
  const { source, checker, exposition, ...parts } = await assemble(config, {
    runtime: options.runtime,
    signal: new AbortController().signal,
    onReport: () => {},
    onRefused: () => {}
  })
  progress('reading workloads')
  // A source that does not answer leaves half of the time to the endpoints.
  await source.read(AbortSignal.timeout(config.checkDeadlineMs / 2))
  await checker.cycle({
    budgetMs: config.checkDeadlineMs - (performance.now() - start),
    unanswered: 'timeout',
    onProgress: (asked, total) => progress(`${asked} of ${total} services asked`)
  })
  const report = checker.report()
  await parts.close()

  for (const line of [...report.source.problems, ...report.warnings]) complain(line)
  if (report.services.length === 0) complain(NOTHING_TO_CHECK)
  await orCannot('cannot write to standard output', print(render(report, options), options.stdout))
  if (options.textfile !== undefined) {
    const what = `--textfile: cannot write ${options.textfile}`
    await orCannot(what, replaceFile(options.textfile, await exposition.textfile()))
  }
  await logs.write(report)
  return exitCode(report.services.map(({ finding }) => finding.status))
}

const NOTHING_TO_CHECK =
  'nothing to check: name targets in TARGETS_FILE, or annotate workloads with version-guard.keybuzz.io/endpoint'

/** As monitoring plugins have them; the highest of ERROR > MISMATCH and WARNING > UNKNOWN > OK decides. */
function exitCode(statuses: readonly Status[]): number {
  const has = (...wanted: readonly Status[]) => statuses.some(status => wanted.includes(status))
  if (has('ERROR')) return 2
  if (has('MISMATCH', 'WARNING')) return 1
  return has('UNKNOWN') || statuses.length === 0 ? 3 : 0
}

function render({ services }: Report, { format, stdout }: CheckOptions): string {
  if (format === 'table') return renderTable(services, stdout)
  return services.map(service => `${lineOf(service)}\n`).join('')
}

function lineOf(service: Report['services'][number]): string {
  return renderCheckLine(service, checkedAt(service))
}

function checkedAt({ reported, since }: Report['services'][number]): number {
  return reported?.checkedAt ?? since
}

// A reader who has seen enough, such as `head`, closes the pipe: that is no failure of ours.
async function print(text: string, stdout: Writable): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? resolve() : reject(error)))
    stdout.write(text, error => error ?? resolve())
  })
}

// By rename, so that no reader sees half of it.
async function replaceFile(path: string, text: string): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`
  try {
    await writeFile(unfinished, text)
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

async function openLogs(folder: string | null): Promise<{ write(report: Report): Promise<void> }> {
  if (folder === null) return { write: async () => {} }
  const what = `LOG_DIR: cannot write to ${folder}`
  let failure: unknown
  const files = await orCannot(
    what,
    openDailyFiles(folder, {
      onError: error => {
        failure = error
      },
      onRecovery: () => {}
    })
  )
  return {
    write: async ({ services }) => {
      for (const service of services) files.write(checkedAt(service), lineOf(service))
      await files.flush()
      if (failure !== undefined) await orCannot(what, Promise.reject(failure))
    }
  }
}
