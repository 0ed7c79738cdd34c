// The shipped rules and the shipped route on a real Prometheus and a real Alertmanager, with the real guard on a fleet
// that fails in every way, 90 times as fast: its cooldown of 30 minutes takes 20 s.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import {
  type AlertingPair,
  alertmanagerServer,
  INSTALLED,
  NEWEST_PAIR,
  prometheusServer,
  type Restartable
} from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard } from '../support/guard-process.ts'
import { alertmanagerInTest, inTest, scaleRules } from '../support/scaled.ts'
import { startService } from '../support/services.ts'
import { until } from '../support/until.ts'
import { ALERTMANAGER_RESTART_S, type Message, type Promised, violations, violationsSoFar } from './cooldown-rules.ts'
import { startFaultyFleet } from './faulty-fleet.ts'

const ALERTS = join(import.meta.dirname, '../../alerts')
const RUN_S = 70

interface Variant {
  /** Of alerts/; alertmanager.yaml by default. */
  readonly file?: string
  /** What is otherwise in the route, the time scaled. */
  readonly route?: Readonly<Record<string, unknown>>
  readonly promised?: Promised
  /** Of a mutant, which is ended as soon as it is caught: by which violation it has to be. */
  readonly caughtBy?: RegExp
}

const SHIPPED: Readonly<Record<string, Variant>> = {
  'as shipped': {},
  'criticals at once': { file: 'alertmanager-criticals-at-once.yaml', promised: 'one of each severity' }
}

// What looks like an improvement and breaks the cooldown.
const MUTANTS: Readonly<Record<string, Variant>> = {
  'repeat = interval': { route: { repeat_interval: '22s' }, caughtBy: /: not told from/ },
  'interval C/6': { route: { group_interval: '3333ms' }, caughtBy: /: told at/ },
  'alertname in group_by': { route: { group_by: ['alertname', 'service', 'namespace'] }, caughtBy: /: told at/ },
  'repeat 2s': { route: { repeat_interval: '2s' }, caughtBy: /: told at/ },
  'group_by namespace only': { route: { group_by: ['namespace'] }, caughtBy: /: one message about/ }
}

/** One Alertmanager with its variant, and what it has told. */
interface Run extends Variant {
  readonly name: string
  readonly messages: Message[]
  readonly alertmanager: Restartable
  /** Resolves with the first violation of a mutant. */
  readonly caught: PromiseWithResolvers<string>
}

/** Runs the whole world once, with one Alertmanager for each variant; gives the violations of each. */
async function run(t: TestContext, pair: AlertingPair, variants: Readonly<Record<string, Variant>>) {
  let startedAt = Number.POSITIVE_INFINITY
  const runs: Run[] = []
  const webhook = await startService(t, async (request, response) => {
    const at = (performance.now() - startedAt) / 1000
    const message = readMessage((await request.toArray()).join(''), at)
    response.end()
    const told = runs[Number((request.url ?? '').slice(1))]
    if (told === undefined || at < 0) return
    told.messages.push(message)
    const [violation] = violationsSoFar(told.messages, told.promised)
    if (violation !== undefined && told.caughtBy !== undefined) told.caught.resolve(violation)
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

  for (const [index, [name, variant]] of Object.entries(variants).entries()) {
    const { file = 'alertmanager.yaml', route = {} } = variant
    const home = join(folder, String(index))
    mkdirSync(home)
    const config = alertmanagerInTest(readFileSync(`${ALERTS}/${file}`, 'utf8'), `${webhook}/${index}`)
    Object.assign(config.route.routes[1], route)
    writeFileSync(`${home}/alertmanager.json`, JSON.stringify(config))
    const alertmanager = await alertmanagerServer(t, pair.alertmanager, home)
    runs.push({ ...variant, name, messages: [], alertmanager, caught: Promise.withResolvers() })
  }
  const alertmanagers = runs.map(({ alertmanager }) => alertmanager)
  await Promise.all(alertmanagers.map(alertmanager => alertmanager.start()))
  writeFileSync(`${folder}/rules.yaml`, scaleRules(readFileSync(`${ALERTS}/rules.yaml`, 'utf8'), inTest))
  writeFileSync(`${folder}/prometheus.json`, prometheusConfig(folder, guard.url, alertmanagers))
  const prometheus = await prometheusServer(t, pair.prometheus, folder)
  await prometheus.start()
  await until(async () => assert.equal(await scrapes(prometheus), 4))

  fleet.startClock()
  startedAt = performance.now()
  const second = (at: number) => wait(at * 1000 - (performance.now() - startedAt))
  const restartPrometheus = async () => {
    await second(30)
    await prometheus.stop()
    await prometheus.start()
  }
  const live = async ({ alertmanager, caught, messages, promised }: Run): Promise<readonly string[]> => {
    const catchUntil = (at: number) => Promise.race([caught.promise, second(at)])
    const early = await catchUntil(ALERTMANAGER_RESTART_S)
    await alertmanager.stop()
    if (early !== undefined) return [early]
    await alertmanager.start()
    const late = await catchUntil(RUN_S)
    await alertmanager.stop()
    return late === undefined ? violations(messages, promised) : [late]
  }
  const [found] = await Promise.all([Promise.all(runs.map(live)), restartPrometheus()])
  return runs.map(({ name, caughtBy }, index) => ({ name, caughtBy, found: found[index] ?? [] }))
}

function readMessage(body: string, at: number): Message {
  const { alerts } = JSON.parse(body) as {
    alerts: readonly { labels: Readonly<Record<string, string>>; startsAt: string }[]
  }
  const now = Date.now()
  return {
    at,
    services: [...new Set(alerts.map(({ labels }) => labels.service ?? ''))],
    alerts: alerts.map(({ labels: { severity = '' }, startsAt }) => {
      return { severity, began: at - (now - Date.parse(startsAt)) / 1000 }
    })
  }
}

function prometheusConfig(folder: string, guard: string, alertmanagers: readonly Restartable[]): string {
  const targets = alertmanagers.map(({ url }) => new URL(url).host)
  return JSON.stringify({
    global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' },
    rule_files: [`${folder}/rules.yaml`],
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
    const runs = await run(t, INSTALLED, { ...SHIPPED, ...MUTANTS })
    for (const { name, found, caughtBy } of runs) {
      if (caughtBy === undefined) assert.deepEqual(found, [], name)
      else t.diagnostic(`${name}: ${found[0]}`)
    }
    for (const { name, found, caughtBy = /^/ } of runs.slice(2))
      assert.match(found[0] ?? 'no violation', caughtBy, name)
  })

  test('holds as shipped on the newest pair', needs(NEWEST_PAIR.missing), async t => {
    for (const { name, found } of await run(t, NEWEST_PAIR, SHIPPED)) assert.deepEqual(found, [], name)
  })
})
