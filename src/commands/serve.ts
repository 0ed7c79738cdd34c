import type { Server } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { assemble, type Parts, type Runtime } from '../assemble.ts'
import { createCheckOnScrape } from '../check/on-scrape.ts'
import { repeat, throttle } from '../check/schedule.ts'
import type { Config } from '../config/config.ts'
import type { GateReport } from '../domain/gate.ts'
import type { KnownService } from '../domain/service-change.ts'
import { targetKey } from '../domain/target.ts'
import { explain } from '../explain/explain.ts'
import { unreadRevisions } from '../explain/revisions.ts'
import { createApp } from '../http/app.ts'
import { LISTEN_BACKLOG } from '../http/listener/limits.ts'
import type { Readiness } from '../http/ports.ts'
import { createDailyFiles, type DailyFilesEvents } from '../logging/daily-files.ts'
import { logChanges } from '../logging/log-changes.ts'
import { LONGEST_TIMER_MS } from '../text/durations.ts'
import { allOrIoError, orIoError } from './io-error.ts'
import { createReportLog } from './report-log.ts'

export interface ServeOptions {
  readonly runtime: Runtime
  readonly log: Logger
  /** Prints a line among the log's. */
  readonly print: (line: string) => void
}

export interface Service {
  /** Is unready at once, answers what was asked, then releases everything. */
  stop(): Promise<void>
}

// Changes in workloads and targets show in /metrics within a second; many at once are judged together.
const REJUDGE_GAP_MS = 500
// In scrape mode the interval is Prometheus'; facts count as old only after three of its longest usual intervals.
const USUAL_SCRAPE_SECONDS = 60
const STOP_ANSWERING_MS = 2_000

/**
 * Serves until it is stopped: listens, says where, follows the workloads, checks. Rejects if it cannot listen or write
 * logs.
 */
export async function serve(config: Config, { runtime, log, print }: ServeOptions): Promise<Service> {
  const stopping = new AbortController()
  const { signal } = stopping
  const files = config.logDir === null ? undefined : createDailyFiles(config.logDir, lostLines(log))
  const reportLog = createReportLog({ config, log, print, files })
  // Files may change before there is anything to judge again.
  let rejudging: ReturnType<typeof throttle> | undefined
  // A deadline comes without an event.
  let waking: NodeJS.Timeout | undefined
  function wakeAt(validUntil: number): void {
    clearTimeout(waking)
    if (validUntil === Number.POSITIVE_INFINITY || signal.aborted) return
    waking = setTimeout(() => rejudging?.call(), Math.min(Math.max(0, validUntil - Date.now()), LONGEST_TIMER_MS))
  }
  const parts = await assemble(config, {
    runtime,
    signal,
    onTargetsChange: () => rejudging?.call(),
    onRefused: (file, mistakes) => {
      for (const mistake of mistakes) log.error({ mistake }, `${file} is refused; its last good version stays in use`)
      if (mistakes.length === 0) log.info(`${file} is good again; it is in use`)
    },
    gate: {
      onReport: logVerdicts(log),
      onFailure: err => log.error({ err }, 'The gate could not be run; its last report stays')
    },
    onWebConfig: logChanges({ onNew: warning => log.warn({ warning }, 'WEB_CONFIG_FILE is in use, but needs a look') }),
    ...(log.isLevelEnabled('debug') ? { onProbe: event => log.debug(event, 'Probed') } : {}),
    onReport: (report, change) => {
      reportLog.write(report, change)
      wakeAt(report.validUntil)
    }
  })
  const { source, factSources, checker, exposition, listener, gate } = parts
  rejudging = throttle(() => {
    void checker.rejudge()
    // In scrape mode, services are asked only on a scrape.
    if (config.checkMode === 'interval' && checker.cyclesDone() > 0) void checker.askNew()
  }, REJUDGE_GAP_MS)

  // Somebody is looking at the service now; once its images are read, the page shows them.
  function readImages({ facts }: KnownService): void {
    const unread = unreadRevisions(facts)
    if (facts.workload.seen && unread.length > 0) void source.readTemplates(facts.workload.value, unread)
  }

  const app = createApp({
    report: () => ({ ...checker.report(), source: checker.health() }),
    explain: service => {
      const known = checker.find(targetKey(service))
      if (known === undefined) return undefined
      readImages(known)
      return explain(known, {
        now: Date.now(),
        source: { ...checker.health(), kind: config.workloads.source },
        links: config.links,
        isServing: true
      })
    },
    shard: config.shard,
    metrics: exposition,
    ...(config.checkMode === 'scrape' ? { beforeScrape: createCheckOnScrape(checker, () => performance.now()) } : {}),
    ...(listener === undefined ? {} : { listener }),
    ...(gate === undefined ? {} : { gate: gate.standing }),
    readiness: () => readiness(parts, config, signal),
    checkNow: () => void checker.cycle().catch(unlessStopping),
    links: config.links,
    buildInfo: runtime.buildInfo,
    // Failed requests are worth a line; where it listens, we say once ourselves.
    log: log.child({}, { level: log.isLevelEnabled('warn') ? 'warn' : log.level }),
    clock: Date.now,
    refreshSeconds: config.checkMode === 'scrape' ? USUAL_SCRAPE_SECONDS : Math.max(1, config.checkIntervalMs / 1000)
  })
  const { host, port, logDir } = config
  await allOrIoError([
    orIoError(`LOG_DIR: cannot write to ${logDir}`, Promise.resolve(files?.open())),
    orIoError(
      `HOST and PORT: cannot listen on ${host || 'any address'}, port ${port}`,
      app.listen({ host, port, backlog: LISTEN_BACKLOG })
    )
  ])

  // A failure of the checking itself is left unhandled: nobody could go on from it.
  function unlessStopping(error: unknown): void {
    if (!signal.aborted) throw error
  }

  async function check(): Promise<void> {
    // What cannot be read in the time of a probe does not keep the endpoints waiting.
    await Promise.race([
      source.follow(() => rejudging?.call()),
      wait(config.checkTimeoutMs, undefined, { signal, ref: false })
    ])
    reportLog.expectSource(Date.now())
    for (const one of Object.values(factSources)) void one?.follow(() => rejudging?.call())
    if (config.checkMode === 'scrape') return checker.cycle()
    const { checkIntervalMs: intervalMs } = config
    await repeat(() => checker.cycle(), { intervalMs, monotonic: () => performance.now(), signal })
  }

  const address = addressOf(app.server, listener?.().tls ? 'https' : 'http')
  const { version, gitSha: revision } = runtime.buildInfo
  log.info({ address, version, revision }, 'Listening')
  void check().catch(unlessStopping)

  if (gate !== undefined && config.gate !== null) {
    const { intervalMs } = config.gate
    void repeat(gate.run, { intervalMs, monotonic: () => performance.now(), signal })
  }

  return {
    stop: async () => {
      stopping.abort()
      rejudging?.stop()
      clearTimeout(waking)
      await Promise.race([app.close(), wait(STOP_ANSWERING_MS, undefined, { ref: false })])
      app.server.closeAllConnections()
      await Promise.all([checker.settled(), gate?.settled()])
      await parts.close()
      await files?.flush()
    }
  }
}

// Repeats are not worth a line.
function logVerdicts(log: Logger) {
  return ({ verdict, reservations, actions }: GateReport, before: GateReport | null) => {
    if (before?.verdict === verdict) return
    const todo = actions.map(({ action }) => action)
    if (verdict === 'GO') log.info({ verdict, reservations }, 'The gate says GO')
    else log.warn({ verdict, reservations, actions: todo }, 'The gate says NO-GO')
  }
}

function lostLines(log: Logger): DailyFilesEvents {
  return {
    onError: (err, lines) => log.error({ err, lines }, 'LOG_DIR cannot be written to; lines are lost'),
    onRecovery: () => log.info('LOG_DIR can be written to again')
  }
}

// Unchanged: [::] is every interface, as 0.0.0.0 is every one of IPv4, and the log should say so.
function addressOf(server: Server, scheme: 'http' | 'https'): string {
  const address = server.address()
  if (address === null || typeof address === 'string') return String(address)
  return `${scheme}://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}

function readiness(
  { source, checker }: Pick<Parts, 'source' | 'checker'>,
  config: Config,
  stopping: AbortSignal
): Readiness {
  const { lastSyncAt, problems } = source.health()
  const whyNot = problems.filter(({ withholds }) => withholds === 'workloads').map(({ message }) => message)
  const checks: Record<string, Readiness['checks'][string]> = {
    [config.workloads.source]:
      lastSyncAt === null ? { status: 'error', message: whyNot.join('; ') || 'not read yet' } : { status: 'ok' },
    first_cycle: checker.cyclesDone() === 0 ? { status: 'error', message: 'not done yet' } : { status: 'ok' },
    ...(stopping.aborted ? { process: { status: 'error', message: 'stopping' } } : {})
  }
  return { ready: Object.values(checks).every(({ status }) => status === 'ok'), checks }
}
