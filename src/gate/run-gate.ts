import type { GateReport } from '../domain/gate.ts'
import { shown } from '../domain/text.ts'
import type { ProxyRules } from '../proxy-environment.ts'
import type { DrillFacts } from './drill/drill-facts.ts'
import { lookAtFiles } from './files/look-at-files.ts'
import type { GateConfig, HttpAccess } from './gate-config.ts'
import { gateItems } from './gate-items.ts'
import { liveSources } from './items/sources.ts'
import { type GateHeader, judgeItems } from './judge-items.ts'
import { createGateClient } from './live/http-client.ts'
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
  const { drills, header = NOBODY, signal, onProgress = () => {} } = run
  const now = Date.now()
  const files = await lookAtFiles(config, { lookUp: url => faultOfPage(url, config, run) })
  const live = await withClients(config, run, clients => lookLive(config, files, { clients, signal, onProgress }))
  const facts = { now, files, live, drills }
  return judgeItems({ specs: gateItems(config), sources: liveSources(config), facts, config, header })
}

/** Does something with clients for the servers of a gate, which are closed then. */
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

// A page that only redirects to another of its own host is there. A login tells nothing of the page behind it, on its own
// host too: GitLab answers so where there is no page.
async function faultOfPage(url: string, { timeoutMs }: GateConfig, run: GateRun): Promise<string | null> {
  const parsed = URL.parse(url)
  if (parsed === null) return 'no address'
  const { version, proxies, signal, onProgress = () => {} } = run
  const { origin, pathname, search } = parsed
  const noHeaders = async () => ({})
  const access = { url: origin, headers: noHeaders, caFile: null, clientCertFile: null, clientKeyFile: null }
  const client = createGateClient(access, { timeoutMs, version, proxies })
  try {
    const answer = await client.get(`${pathname}${search}`, { accept: '*/*', mostBytes: MOST_BYTES, signal })
    onProgress(`GET ${answer.url}`)
    if (!answer.answered) return answer.message
    const { status, location } = answer
    if (status < 300) return null
    if (location === null) return `HTTP ${status}`
    const target = URL.parse(location)
    if (target?.origin !== origin) return `redirects to ${shown(location)}`
    return LOGIN.test(target.pathname) ? `redirects to ${shown(location)}: a login page?` : null
  } finally {
    await client.close()
  }
}

const LOGIN = /\/(?:log-?in|sign[-_]?in|sso|oauth2?|saml|auth)(?:[/._-]|$)/i
// Nothing of a page is read but whether it is there.
const MOST_BYTES = 1024
