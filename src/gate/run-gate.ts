import type { GateReport } from '../domain/gate.ts'
import type { ProxyRules } from '../proxy-environment.ts'
import type { DrillFacts } from './drill/drill-facts.ts'
import { lookAtFiles } from './files/look-at-files.ts'
import type { GateConfig, HttpAccess } from './gate-config.ts'
import { gateItems } from './gate-items.ts'
import { skip } from './items/results.ts'
import { liveSources } from './items/sources.ts'
import { type GateHeader, judgeItems } from './judge-items.ts'
import { createGateClient } from './live/http-client.ts'
import { lookAtPage } from './live/look-at-page.ts'
import { type GateClients, lookLive } from './live/look-live.ts'

export interface GateRun {
  /** Of this program, for the User-Agent. */
  readonly version: string
  readonly proxies: ProxyRules
  /** Ends every request. */
  readonly signal: AbortSignal
  /** Those that were run, by name. */
  readonly drills: ReadonlyMap<string, DrillFacts>
  /** Absent: nobody says. */
  readonly header?: GateHeader
  /** Called with what is being looked at, in words that may be shown. */
  readonly onProgress?: (words: string) => void
}

const NOBODY: GateHeader = { commit: null, environment: null, validator: null }

/** Looks at everything once, and judges it. */
export async function runGate(config: GateConfig, run: GateRun): Promise<GateReport> {
  const { version, proxies, drills, header = NOBODY, signal, onProgress = () => {} } = run
  const now = Date.now()
  const look = { timeoutMs: config.timeoutMs, version, proxies, signal, onProgress }
  const files = await lookAtFiles(config, { lookUp: url => lookAtPage(url, look) })
  const live = await withClients(config, run, clients => lookLive(config, files, { clients, signal, onProgress }))
  const facts = { now, files, live, drills }
  return judgeItems({ specs: gateItems(config), sources: liveSources(config), facts, config, header })
}

/** The report of a run that was stopped: what its drills saw; all else was not looked at, so it is never GO. */
export function reportStopped(
  config: GateConfig,
  { drills, header = NOBODY }: Pick<GateRun, 'drills' | 'header'>
): GateReport {
  const stopped = () => skip('the gate was stopped before it looked', null)
  const specs = gateItems(config).map(spec =>
    spec.section === 'Drills' ? spec : { ...spec, needs: [], judge: stopped }
  )
  const answer = { answered: false, url: config.service.url, reason: 'not_asked', message: 'stopped', ms: 0 } as const
  const live = {
    service: { url: answer.url, metrics: answer, health: new Map() },
    prometheus: null,
    alertmanager: null
  }
  const files = { rules: null, prometheusConfig: null, alertRunbook: null, runbooks: null, documents: [] }
  const facts = { now: Date.now(), files, live, drills }
  return judgeItems({ specs, sources: [], facts, config, header })
}

/** Does some work with clients for the servers of a gate, then closes them. */
export async function withClients<Value>(
  { service, prometheus, alertmanager, timeoutMs }: GateConfig,
  { version, proxies }: Pick<GateRun, 'version' | 'proxies'>,
  work: (clients: GateClients) => Promise<Value>
): Promise<Value> {
  const create = (access: HttpAccess) => createGateClient(access, { timeoutMs, version, proxies })
  const clients = {
    service: create(service),
    prometheus: prometheus && create(prometheus),
    alertmanager: alertmanager && create(alertmanager)
  }
  try {
    return await work(clients)
  } finally {
    await Promise.all(Object.values(clients).map(client => client?.close()))
  }
}
