import pLimit from 'p-limit'
import type { FileFacts } from '../files/file-facts.ts'
import type { GateConfig } from '../gate-config.ts'
import type { GateClient } from './http-client.ts'
import type { LiveFacts } from './live-facts.ts'
import { lookAtAlertmanager } from './look-at-alertmanager.ts'
import { lookAtPrometheus } from './look-at-prometheus.ts'
import { lookAtService } from './look-at-service.ts'

/** Whom the gate asks; `null`: not configured. */
export interface GateClients {
  readonly service: Pick<GateClient, 'get' | 'url'>
  readonly prometheus: Pick<GateClient, 'get' | 'url'> | null
  readonly alertmanager: Pick<GateClient, 'get' | 'url'> | null
}

export interface LookOptions {
  readonly clients: GateClients
  /** Ends the look; what was not seen by then is unseen. */
  readonly signal: AbortSignal
  /** Called with each answer, in words that may be shown. */
  readonly onProgress?: (words: string) => void
}

/** Requests that one server is sent at the same time. */
const AT_ONCE = 4

/** Looks at the service, Prometheus and Alertmanager, side by side. Never rejects. */
export async function lookLive(config: GateConfig, files: FileFacts, options: LookOptions): Promise<LiveFacts> {
  const { clients, signal, onProgress = () => {} } = options
  const service = paced(clients.service, onProgress)
  const prometheus = clients.prometheus && paced(clients.prometheus, onProgress)
  const alertmanager = clients.alertmanager && paced(clients.alertmanager, onProgress)
  const [seenService, seenPrometheus, seenAlerts] = await Promise.all([
    lookAtService(config, service, signal),
    prometheus && config.prometheus
      ? lookAtPrometheus({
          config: { metrics: config.metrics, alert: config.alert, selector: config.prometheus.selector },
          files,
          client: prometheus,
          signal
        })
      : null,
    // Where no alert is followed, whether it answers matters all the same. No alert has an empty name.
    alertmanager && lookAtAlertmanager(config.alert?.name ?? '', alertmanager, signal)
  ])
  return { service: seenService, prometheus: seenPrometheus, alertmanager: seenAlerts }
}

function paced(client: Pick<GateClient, 'get' | 'url'>, onProgress: (words: string) => void) {
  const limit = pLimit(AT_ONCE)
  return {
    url: client.url,
    get: (...question: Parameters<GateClient['get']>) =>
      limit(async () => {
        const result = await client.get(...question)
        const came = result.answered ? String(result.status) : result.message
        onProgress(`GET ${result.url}: ${came}, ${Math.round(result.ms)} ms`)
        return result
      })
  }
}
