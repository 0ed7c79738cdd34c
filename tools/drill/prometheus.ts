import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { INSTALLED, prometheusServer, type Restartable } from '../../test/support/alertmanager.ts'
import { askPrometheus, type Sample } from '../../test/support/prometheus.ts'
import type { Stage } from '../../test/support/stage.ts'
import { until } from '../../test/support/until.ts'

export interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly state: 'pending' | 'firing'
}

export interface DrillPrometheus extends Restartable {
  /** Alerts that are pending or firing at the moment. Rejects while Prometheus does not answer. */
  alerts(): Promise<readonly Alert[]>
  /** Whether its last scrape of the guard was answered. Rejects while Prometheus does not answer. */
  seesGuard(): Promise<boolean>
}

interface PrometheusSetup {
  /** YAML. */
  readonly rules: string
  readonly guardOrigin: string
  /** The services that measure their requests, as the `static_configs` of a `scrape_config`. */
  readonly services: readonly object[]
  readonly alertmanagerOrigin: string
  /** Ends the start. */
  readonly signal: AbortSignal
}

// Often enough for a scaled `for` of a second.
const INTERVAL = '500ms'
const READY_WITHIN_MS = 30_000

/**
 * Starts a Prometheus on a free port of 127.0.0.1. It gets the rules when it has seen the guard: for its first five
 * seconds, minutes of a drill, it looks for its targets and would take the guard for down. Rejects with its last words.
 */
export async function startPrometheus(stage: Stage, setup: PrometheusSetup): Promise<DrillPrometheus> {
  const { rules, guardOrigin, services, alertmanagerOrigin, signal } = setup
  const config = {
    global: { scrape_interval: INTERVAL, scrape_timeout: INTERVAL, evaluation_interval: INTERVAL },
    rule_files: ['rules.yaml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanagerOrigin).host] }] }] },
    scrape_configs: [
      { job_name: 'guard', honor_labels: true, static_configs: [{ targets: [new URL(guardOrigin).host] }] },
      { job_name: 'services', static_configs: services }
    ]
  }
  const folder = join(stage.folder, 'prometheus')
  mkdirSync(folder)
  writeFileSync(join(folder, 'prometheus.json'), JSON.stringify(config))
  const rulesFile = join(folder, 'rules.yaml')
  writeFileSync(rulesFile, '')
  const server = await prometheusServer(stage, INSTALLED.prometheus, folder)
  await server.start({ signal })
  const seesGuard = async () => {
    const { result } = await askPrometheus<{ result: readonly Sample[] }>(
      server.url,
      `query?query=${encodeURIComponent('up{job="guard"}')}`
    )
    return result[0]?.value[1] === '1'
  }
  const awaitScrape = async () => {
    if (await seesGuard().catch(() => false)) return
    throw new Error(`Prometheus did not scrape. It said last:\n${server.lastWords()}`)
  }
  await until(awaitScrape, { withinMs: READY_WITHIN_MS, signal })
  writeFileSync(rulesFile, rules)
  const reload = await fetch(`${server.url}/-/reload`, { method: 'POST' })
  if (!reload.ok) throw new Error(`Prometheus refuses the rules:\n${server.lastWords()}`)
  return {
    ...server,
    seesGuard,
    alerts: async () => (await askPrometheus<{ alerts: readonly Alert[] }>(server.url, 'alerts')).alerts
  }
}
