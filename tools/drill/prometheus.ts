import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../test/support/address.ts'
import { type Child, startChild } from '../../test/support/child.ts'
import { until } from '../../test/support/until.ts'

export interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly state: 'pending' | 'firing'
}

export interface DrillPrometheus extends Child {
  /** Alerts that are pending or firing at the moment. Rejects while Prometheus does not answer. */
  alerts(): Promise<readonly Alert[]>
  /** Whether its last scrape of the guard was answered. Rejects while Prometheus does not answer. */
  seesGuard(): Promise<boolean>
}

interface PrometheusSetup {
  readonly program: string
  /** An empty folder of its own. */
  readonly folder: string
  /** YAML. */
  readonly rules: string
  readonly guardOrigin: string
  readonly alertmanagerOrigin: string
  /** Ends the start. */
  readonly signal: AbortSignal
}

// Often enough for a scaled `for` of a second.
const INTERVAL = '500ms'
const READY_WITHIN_MS = 30_000

/**
 * Starts a Prometheus on a free port of 127.0.0.1. It gets the rules when it has seen the guard: for its first five
 * seconds, minutes of a drill, it looks for its targets, and would take the guard for down. Rejects with its words.
 */
export async function startPrometheus(setup: PrometheusSetup): Promise<DrillPrometheus> {
  const { program, folder, rules, guardOrigin, alertmanagerOrigin, signal } = setup
  const config = {
    global: { scrape_interval: INTERVAL, scrape_timeout: INTERVAL, evaluation_interval: INTERVAL },
    rule_files: ['rules.yaml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanagerOrigin).host] }] }] },
    scrape_configs: [
      { job_name: 'guard', honor_labels: true, static_configs: [{ targets: [new URL(guardOrigin).host] }] }
    ]
  }
  // JSON is YAML.
  writeFileSync(join(folder, 'prometheus.yaml'), JSON.stringify(config))
  const rulesFile = join(folder, 'rules.yaml')
  writeFileSync(rulesFile, '')
  const address = `127.0.0.1:${await freePort()}`
  const child = startChild({
    program,
    args: [
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--web.enable-lifecycle',
      // A minute, scaled.
      '--rules.alert.resend-delay=1s'
    ]
  })
  const ask = async <Data>(path: string): Promise<Data> => {
    const response = await fetch(`http://${address}/api/v1/${path}`)
    const { data } = (await response.json()) as { data: Data }
    return data
  }
  const seesGuard = async () => {
    const { result } = await ask<{ result: readonly { value: readonly [number, string] }[] }>('query?query=up')
    return result[0]?.value[1] === '1'
  }
  try {
    const awaitScrape = async () => {
      if (await seesGuard().catch(() => false)) return
      throw new Error(`Prometheus did not scrape. It said last:\n${child.lastWords()}`)
    }
    await until(awaitScrape, { withinMs: READY_WITHIN_MS, signal })
    writeFileSync(rulesFile, rules)
    const reload = await fetch(`http://${address}/-/reload`, { method: 'POST' })
    if (!reload.ok) throw new Error(`Prometheus refuses the rules:\n${child.lastWords()}`)
  } catch (error) {
    await child.kill()
    throw error
  }
  return { ...child, seesGuard, alerts: async () => (await ask<{ alerts: readonly Alert[] }>('alerts')).alerts }
}
