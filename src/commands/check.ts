import { setTimeout as pause } from 'node:timers/promises'
import { type Config, ConfigError } from '../config/config.ts'
import type { VersionStatus } from '../domain/finding.ts'
import { describeLeftOut, type ServiceReport, versionOf } from '../domain/report.ts'
import { targetKey } from '../domain/target.ts'
import { findOutlet, type Outlet } from '../files/outlet.ts'
import { createDailyFiles } from '../logging/daily-files.ts'
import { formatDuration } from '../text/durations.ts'
import { type CheckOnceOptions, checkOnce, NOTHING_READ, type Outcome, remarksOn } from './check-once.ts'
import { type CheckFormat, checkedAt, lineOf, renderReport } from './check-report.ts'
import { allOrIoError, orIoError, print } from './io-error.ts'
import { namespaceHint } from './selection.ts'
import type { Screen } from './table.ts'
import { untilWell } from './until-well.ts'

export interface CheckOptions extends CheckOnceOptions {
  readonly format: CheckFormat
  /** Whether services that are OK are left out of what is printed; they count all the same. */
  readonly onlyBad: boolean
  /** How long to ask again until all is well; `null`: ask once. */
  readonly waitMs: number | null
  /** Where to write the gauges too, for node_exporter's textfile collector; `-`: standard output; `null`: nowhere. */
  readonly textfile: string | null
  readonly stdout: Screen
  /** Diagnostics, a line each. */
  readonly complain: (line: string) => void
}

/**
 * Checks the selected services, prints them, and gives the exit code. With `waitMs` it checks until all is well or the
 * time is over; the last look counts. Rejects with an `IoError` if it cannot write its output, and with a `ConfigError` if
 * a file has become bad.
 */
export async function check(config: Config, options: CheckOptions): Promise<number> {
  const { textfile, progress, onlyBad, complain } = options
  // Before anybody is asked: everything that cannot be written is reported at the start, all at once.
  const [logs, gauges] = await allOrIoError([openLogs(config.logDir), findGauges(textfile)])
  if (textfile !== null && gauges?.isFile === true && !textfile.endsWith('.prom')) {
    complain(`--textfile: no textfile collector reads ${textfile}: its name must end in .prom`)
  }
  const outcome = await untilWell<Outcome | ConfigError>({
    // Each look is a whole new one: what an earlier one saw must never count as what is there now.
    look: () => checkOnce(config, options).catch(unlessBadFile),
    isWell: seen => !(seen instanceof ConfigError) && isWell(statusesOf(seen)),
    waitMs: options.waitMs,
    intervalMs: config.checkIntervalMs,
    onWait: (seen, leftMs) => progress.show(describeWait(seen, leftMs)),
    monotonic: () => performance.now(),
    pause
  })
  progress.end()
  if (outcome instanceof ConfigError) throw outcome

  const { report, services, missing } = outcome
  for (const line of remarksOn(report, config.shard)) complain(line)
  for (const { message } of missing) complain(message)
  if (textfile !== null && report.leftOut !== null) complain(describeLeftOut(report.leftOut))
  if (services.length === 0 && missing.length === 0) complain(nothingToCheck(outcome, options, config))
  const shown = onlyBad ? services.filter(service => versionOf(service)?.status !== 'OK') : services
  // An output that fails does not keep the others from being written.
  const printed = print(renderReport(shown, outcome, options), options.stdout)
  await allOrIoError([
    logs.write(services),
    printed,
    // After what is printed, for it may go to standard output as well.
    printed.catch(() => {}).then(async () => gauges?.write(await outcome.gauges()))
  ])
  return exitCode(statusesOf(outcome))
}

// The files were good at the start. One that is being written now may soon be good again.
function unlessBadFile(error: unknown): ConfigError {
  if (error instanceof ConfigError) return error
  throw error
}

/** For a person at a terminal: who keeps us waiting, and for how long at most. */
function describeWait(seen: Pick<Outcome, 'services' | 'missing'> | ConfigError, leftMs: number): string {
  const { services, missing } = seen instanceof ConfigError ? { services: [], missing: [] } : seen
  const waitedFor = [
    ...(seen instanceof ConfigError ? seen.mistakes.map(({ message }) => message) : []),
    ...missing.map(({ namespace, service }) => (namespace === null ? service : `${namespace}/${service}`)),
    ...services.flatMap(service => {
      const status = versionOf(service)?.status
      return status === undefined || isWell([status]) ? [] : `${targetKey(service)} (${status})`
    })
  ]
  const [first = 'a service', ...more] = waitedFor
  const others = more.length === 0 ? '' : ` and ${more.length} more`
  return `waiting for ${first}${others}, for at most ${formatDuration(Math.ceil(leftMs / 1000) * 1000)}`
}

/** What is missing is unknown, and so is what could not be looked for. */
function statusesOf({ services, missing, isWhole }: Outcome): readonly VersionStatus[] {
  const unknown = [...missing, ...(isWhole ? [] : [null])].map(() => 'UNKNOWN' as const)
  return [...services.flatMap(service => versionOf(service)?.status ?? []), ...unknown]
}

/** A missing SHA does not appear by itself, so nobody waits for it. */
function isWell(statuses: readonly VersionStatus[]): boolean {
  return statuses.length > 0 && statuses.every(status => status === 'OK' || status === 'WARNING')
}

/** As monitoring plugins use them; the highest of ERROR > MISMATCH and WARNING > UNKNOWN > OK decides. */
function exitCode(statuses: readonly VersionStatus[]): number {
  const has = (...wanted: readonly VersionStatus[]) => statuses.some(status => wanted.includes(status))
  if (has('ERROR')) return 2
  if (has('MISMATCH', 'WARNING')) return 1
  return has('UNKNOWN') || statuses.length === 0 ? 3 : 0
}

function nothingToCheck(
  { report }: Outcome,
  { selection: { namespace } }: CheckOptions,
  { discovery, workloads }: Pick<Config, 'discovery' | 'workloads'>
): string {
  if (report.source.lastSyncAt === null) return NOTHING_READ
  if (namespace !== null && report.services.length > 0) {
    return `nothing to check: no service in namespace ${namespace} has an endpoint; ${namespaceHint(namespace, report.services)}`
  }
  const annotate = `${workloads.source === 'docker' ? 'label containers' : 'annotate workloads'} with version-guard.keybuzz.io/endpoint`
  const cure = discovery === 'false' ? `set DISCOVERY=true and ${annotate}` : annotate
  return `nothing to check: name targets in TARGETS_FILE, or ${cure}`
}

async function findGauges(path: string | null): Promise<Outlet | undefined> {
  if (path === null) return undefined
  const what = `--textfile: cannot write ${path}`
  const { isFile, write } = await orIoError(what, findOutlet(path === '-' ? '/dev/stdout' : path))
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
