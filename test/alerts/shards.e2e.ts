// Replicas and shards of the real guard with a real Prometheus and a real Alertmanager, a minute of the shipped rules
// as two seconds. The route here forgives nothing: it has no cooldown, so an alert that ended and came again would page.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { shardOf } from '../../src/check/shard-of.ts'
import { freePort } from '../support/address.ts'
import { alertmanagerServer, INSTALLED, prometheusServer } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { type RunningGuard, serveGuard } from '../support/guard-process.ts'
import { alertmanagerInTest, scaleRules, timesShorter } from '../support/scaled.ts'
import { manifests, reporting, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const ALERTS = join(import.meta.dirname, '../../alerts')
// With room for what a busy machine might mix up, and less of it where only a test waits.
const shorten = timesShorter(30, { '1m': '2s', '10m': '10s' })
const NO_COOLDOWN = { group_interval: '1s', repeat_interval: '1h' }
const DOWN = 'KeyBuzzVersionGuardDown keybuzz-version-guard'
const mismatchOf = (service: string) => `KeyBuzzVersionMismatch ${service}`

interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly activeAt: string
}

const nameOf = ({ labels }: Pick<Alert, 'labels'>) => `${labels.alertname} ${labels.service}`

/** Services of namespace `dev` on one server, fine until they are broken; gives the manifests that deploy them. */
async function startServices(t: TestContext, names: readonly string[]) {
  const broken = new Set<string>()
  const origin = await startService(t, (request, response) => {
    const version = broken.has((request.url ?? '').split('/')[1] ?? '') ? 'v2' : 'v1'
    reporting({ version, gitSha: 'abc1234' })(request, response)
  })
  const workloads = names.map(name => [name, { image: 'app:v1', endpoint: `${origin}/${name}/debug/version` }])
  return { manifests: manifests(Object.fromEntries(workloads)), break: (name: string) => broken.add(name) }
}

/** Takes what Alertmanager sends; gives the alerts of each message that told of a new one, in their order. */
async function openInbox(t: TestContext) {
  const pages: string[] = []
  const url = await startService(t, async (request, response) => {
    const { alerts } = JSON.parse((await request.toArray()).join('')) as { alerts: readonly Alert[] }
    pages.push(...alerts.map(nameOf))
    response.end()
  })
  return { url, pages }
}

/** Guards that always have the same addresses, their Prometheus and their Alertmanager, when all is well and quiet. */
async function setUp(t: TestContext, names: readonly string[], envs: readonly Readonly<Record<string, string>>[]) {
  const folder = temporaryFolder(t)
  const services = await startServices(t, names)
  const workloads = join(folder, 'workloads.json')
  writeFileSync(workloads, services.manifests)
  const ports = await Promise.all(envs.map(freePort))
  const guards = new Map<number, RunningGuard>()
  const start = async (n: number) => {
    const env = {
      PORT: String(ports[n]),
      WORKLOAD_SOURCE: 'file',
      WORKLOADS_FILE: workloads,
      ENDPOINT_ALLOW: '127.0.0.0/8',
      CHECK_INTERVAL: '400ms'
    }
    guards.set(n, await serveGuard(t, { ...env, ...envs[n] }))
  }
  const kill = async (n: number) => {
    const child = guards.get(n)?.child
    assert.ok(child)
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  await Promise.all(envs.map((_, n) => start(n)))

  const inbox = await openInbox(t)
  const told = alertmanagerInTest(readFileSync(`${ALERTS}/alertmanager.yaml`, 'utf8'), inbox.url)
  Object.assign(told.route.routes[1], NO_COOLDOWN)
  writeFileSync(`${folder}/alertmanager.json`, JSON.stringify(told))
  const alertmanager = await alertmanagerServer(t, INSTALLED.alertmanager, folder)
  await alertmanager.start()
  const prometheus = await prometheusServer(t, INSTALLED.prometheus, folder)
  const targets = ports.map(port => `127.0.0.1:${port}`)
  const config = {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' },
    rule_files: [`${folder}/rules.yaml`],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager.url).host] }] }] },
    scrape_configs: [{ job_name: 'guard', honor_labels: true, static_configs: [{ targets }] }]
  }
  writeFileSync(`${folder}/prometheus.json`, JSON.stringify(config))

  const ask = async <Data>(path: string): Promise<Data> => {
    const response = await fetch(`${prometheus.url}/api/v1/${path}`)
    const { data } = (await response.json()) as { data: Data }
    return data
  }
  const query = async (expression: string) => {
    const { result } = await ask<{ result: readonly { value: readonly [number, string] }[] }>(
      `query?query=${encodeURIComponent(expression)}`
    )
    return result.map(({ value }) => Number(value[1]))
  }
  const becomes = (expression: string, ...values: readonly number[]) =>
    until(async () => assert.deepEqual(await query(expression), values, expression))
  const alerts = async () => (await ask<{ alerts: readonly Alert[] }>('alerts')).alerts
  const evaluations = async () => {
    const groups = await ask<{ groups: readonly { lastEvaluation: string }[] }>('rules')
    return groups.groups.map(({ lastEvaluation }) => lastEvaluation)
  }

  // The rules come when Prometheus knows its guards: until it does, it takes them for gone, and says so.
  await prometheus.start()
  await becomes('count(keybuzz_version_guard_build_info)', envs.length)
  await becomes('count(count by (service) (keybuzz_version_consistent == 1))', names.length)
  const rules = scaleRules(readFileSync(`${ALERTS}/rules.yaml`, 'utf8'), shorten)
  writeFileSync(`${folder}/rules.yaml`, rules)
  assert.equal((await fetch(`${prometheus.url}/-/reload`, { method: 'POST' })).status, 200)
  await until(async () => assert.equal((await evaluations()).length, parse(rules).groups.length))

  return {
    start,
    kill,
    becomes,
    alerts,
    pages: inbox.pages,
    break: services.break,
    /** Since when Prometheus has held an alert; a new time is a new alert. */
    activeAt: async (name: string) => (await alerts()).find(alert => nameOf(alert) === name)?.activeAt,
    paged: (name: string) => until(() => assert.ok(inbox.pages.includes(name), `${name}: ${inbox.pages}`)),
    /** When all rules have been evaluated so often that whatever was to page has been sent. */
    settled: async () => {
      for (let round = 0; round < 10; round += 1) {
        const before = await evaluations()
        await until(async () => {
          const now = await evaluations()
          assert.ok(now.every((time, group) => time !== before[group]))
        })
      }
    }
  }
}

/** Two services of this shard of three. */
function servicesOf(shard: number): readonly [one: string, other: string] {
  const names = Array.from({ length: 100 }, (_, n) => `app-${n}`)
  const [one, other] = names.filter(name => shardOf(`dev/${name}`, 3) === shard)
  assert.ok(one !== undefined && other !== undefined)
  return [one, other]
}

suite('more than one guard, end to end', { concurrency: 2, ...needs(INSTALLED.missing) }, () => {
  test('two replicas page once, whichever of them is killed, and miss nothing', async t => {
    const world = await setUp(t, ['first', 'second', 'third', 'healthy'], [{}, {}])
    world.break('first')
    await world.paged(mismatchOf('first'))
    const since = await world.activeAt(mismatchOf('first'))

    await world.kill(0)
    await world.becomes('sum(up)', 1)
    world.break('second')
    await world.paged(mismatchOf('second'))

    await world.start(0)
    await world.becomes('count(keybuzz_version_consistent == 0)', 4)
    await world.kill(1)
    await world.becomes('sum(up)', 1)
    world.break('third')
    await world.paged(mismatchOf('third'))

    await world.settled()
    assert.deepEqual(world.pages, ['first', 'second', 'third'].map(mismatchOf))
    assert.ok(since !== undefined)
    assert.equal(await world.activeAt(mismatchOf('first')), since)
  })

  test('a shard that is killed is told, the others go on, and it comes back', async t => {
    const [lasting] = servicesOf(0)
    const [late] = servicesOf(1)
    const [meanwhile] = servicesOf(2)
    const envs = [0, 1, 2].map(shard => ({ SHARD: `guard-${shard}`, TOTAL_SHARDS: '3' }))
    const world = await setUp(t, [0, 1, 2].flatMap(servicesOf), envs)
    await world.becomes('count by (service) (keybuzz_version_consistent)', 1, 1, 1, 1, 1, 1)
    world.break(lasting)
    await world.paged(mismatchOf(lasting))
    const since = await world.activeAt(mismatchOf(lasting))

    await world.kill(1)
    await world.paged(DOWN)
    const down = (await world.alerts()).find(alert => nameOf(alert) === DOWN)
    assert.equal(down?.annotations.message, 'Prometheus scrapes 2 of 3 shards of KeyBuzz Version Guard')
    await world.becomes('count(keybuzz_version_consistent)', 4)
    world.break(meanwhile)
    await world.paged(mismatchOf(meanwhile))

    await world.start(1)
    await world.becomes('count(keybuzz_version_consistent)', 6)
    await until(async () => assert.equal(await world.activeAt(DOWN), undefined))
    world.break(late)
    await world.paged(mismatchOf(late))

    await world.settled()
    assert.deepEqual(world.pages, [mismatchOf(lasting), DOWN, mismatchOf(meanwhile), mismatchOf(late)])
    assert.ok(since !== undefined)
    assert.equal(await world.activeAt(mismatchOf(lasting)), since)
  })
})
