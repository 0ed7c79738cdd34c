// The shipped rules and the shipped route on a real Prometheus and a real Alertmanager, with the real guard on a fleet
// that fails in every way, 90 times as fast: 20 s stand for the 30 minutes of the cooldown.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { until } from '../../drill/until.ts'
import {
  type AlertingPair,
  alertmanagerServer,
  INSTALLED,
  NEWEST_PAIR,
  prometheusServer,
  type Restartable
} from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { serveGuard, temporaryFolder } from '../support/guard-process.ts'
import { startService } from '../support/services.ts'
import { ALERTMANAGER_RESTART_S, COOLDOWN_S, type Message, violations } from './cooldown-rules.ts'
import { startFaultyFleet } from './faulty-fleet.ts'
import { type AlertTimes, scaledAlertmanager, scaledRules } from './scale.ts'

const ALERTS = join(import.meta.dirname, '../../alerts')
const RUN_S = 70

const TIMES: AlertTimes = {
  pending: '1s',
  keepFiring: '6s',
  stuckAfter: '10s',
  groupWait: '500ms',
  groupInterval: '22s',
  repeatInterval: `${COOLDOWN_S}s`
}

interface Variant {
  readonly times?: Partial<AlertTimes>
  readonly groupBy?: readonly string[]
}

const SHIPPED: Readonly<Record<string, Variant>> = { shipped: {} }

// What looks like an improvement and breaks the cooldown.
const MUTANTS: Readonly<Record<string, Variant>> = {
  'repeat = interval': { times: { repeatInterval: '22s' } },
  'interval C/6': { times: { groupInterval: '3333ms' } },
  'alertname in group_by': { groupBy: ['alertname', 'service', 'namespace'] },
  'repeat 2s': { times: { repeatInterval: '2s' } },
  'group_by namespace only': { groupBy: ['namespace'] }
}

/** Runs the whole world once, with one Alertmanager for each variant; gives the messages of each. */
async function run(t: TestContext, pair: AlertingPair, variants: Readonly<Record<string, Variant>>) {
  const names = Object.keys(variants)
  const messages = new Map<string, Message[]>(names.map(name => [name, []]))
  let startedAt = Number.POSITIVE_INFINITY
  const webhook = await startService(t, async (request, response) => {
    const at = (performance.now() - startedAt) / 1000
    const name = names[Number((request.url ?? '').slice(1))] ?? ''
    const { alerts } = JSON.parse((await request.toArray()).join('')) as {
      alerts: readonly { labels: Readonly<Record<string, string>> }[]
    }
    const labels = (label: string) => [...new Set(alerts.map(alert => alert.labels[label] ?? ''))]
    messages.get(name)?.push({ at, services: labels('service'), alerts: labels('alertname') })
    response.end()
  })

  const fleet = await startFaultyFleet(t)
  const folder = temporaryFolder(t)
  const workloads = join(folder, 'workloads.json')
  writeFileSync(workloads, fleet.manifests)
  const guard = await serveGuard(t, {
    WORKLOAD_SOURCE: 'file',
    WORKLOADS_FILE: workloads,
    ENDPOINT_ALLOW: '127.0.0.0/8',
    CHECK_INTERVAL: '400ms'
  })

  const alertmanagers = await Promise.all(
    names.map(async (name, index) => {
      const { times, groupBy } = variants[name] ?? {}
      const home = join(folder, String(index))
      mkdirSync(home)
      const config = JSON.parse(
        scaledAlertmanager(
          readFileSync(`${ALERTS}/alertmanager.yaml`, 'utf8'),
          { ...TIMES, ...times },
          `${webhook}/${index}`
        )
      )
      if (groupBy !== undefined) config.route.routes[0].group_by = groupBy
      writeFileSync(`${home}/alertmanager.json`, JSON.stringify(config))
      const alertmanager = await alertmanagerServer(t, pair.alertmanager, home)
      await alertmanager.start()
      return alertmanager
    })
  )
  writeFileSync(`${folder}/rules.json`, scaledRules(readFileSync(`${ALERTS}/rules.yaml`, 'utf8'), TIMES))
  writeFileSync(`${folder}/prometheus.json`, prometheusConfig(folder, guard.url, alertmanagers))
  const prometheus = await prometheusServer(t, pair.prometheus, folder)
  await prometheus.start()
  await until(async () => assert.equal(await scrapes(prometheus), 4))

  fleet.startClock()
  startedAt = performance.now()
  const second = (at: number) => wait(at * 1000 - (performance.now() - startedAt))
  await second(30)
  await prometheus.stop()
  await prometheus.start()
  await second(ALERTMANAGER_RESTART_S)
  await Promise.all(alertmanagers.map(alertmanager => alertmanager.stop()))
  await Promise.all(alertmanagers.map(alertmanager => alertmanager.start()))
  await second(RUN_S)
  return Object.fromEntries(
    [...messages].map(([name, all]) => [name, all.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at)])
  )
}

function prometheusConfig(folder: string, guard: string, alertmanagers: readonly Restartable[]): string {
  const targets = alertmanagers.map(({ url }) => new URL(url).host)
  return JSON.stringify({
    global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' },
    rule_files: [`${folder}/rules.json`],
    alerting: { alertmanagers: [{ static_configs: [{ targets }] }] },
    scrape_configs: [{ job_name: 'guard', honor_labels: true, static_configs: [{ targets: [new URL(guard).host] }] }]
  })
}

/** How often the guard has been scraped, up to four. */
async function scrapes({ url }: Restartable): Promise<number> {
  const expression = 'clamp_max(count_over_time(keybuzz_version_guard_build_info[1m]), 4)'
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`)
  const { data } = (await response.json()) as { data: { result: readonly { value: readonly [number, string] }[] } }
  return Number(data.result[0]?.value[1])
}

suite('the cooldown, end to end', () => {
  test('holds as shipped, and its five mutants do not, on the installed pair', needs(INSTALLED.missing), async t => {
    const messages = await run(t, INSTALLED, { ...SHIPPED, ...MUTANTS })
    const { shipped = [], ...mutants } = Object.fromEntries(
      Object.entries(messages).map(([name, told]) => [name, violations(told)])
    )
    for (const [name, found] of Object.entries(mutants)) t.diagnostic(`${name}: ${found[0] ?? 'no violation'}`)
    assert.deepEqual(shipped, [])
    assert.deepEqual(
      Object.keys(mutants).filter(name => mutants[name]?.length === 0),
      []
    )
  })

  test('holds as shipped on the newest pair', needs(NEWEST_PAIR.missing), async t => {
    const { shipped = [] } = await run(t, NEWEST_PAIR, SHIPPED)
    assert.deepEqual(violations(shipped), [])
  })
})
