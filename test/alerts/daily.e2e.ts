// The message of the day on a real Prometheus and a real Alertmanager, with the real guard on 40 services that are all
// behind, and a stand-in for Telegram. A day lasts 16 seconds.
import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { parse } from 'yaml'
import { alertmanagerServer, NEWEST_PAIR, prometheusServer } from '../support/alertmanager.ts'
import { deployment, listOf } from '../support/cluster-objects.ts'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard } from '../support/guard-process.ts'
import { startLabelledRegistry } from '../support/registry-labelled.ts'
import { scaleRoute, scaleRules, timesShorter } from '../support/scaled.ts'
import { startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const ALERTS = join(import.meta.dirname, '../../alerts')
const DAY_S = 16
const DAYS = 3
// What a busy machine might mix up has more room.
const inDays = timesShorter((24 * 3600) / DAY_S, {
  '15s': '500ms',
  '1m': '500ms',
  '3m': '1s',
  '5m': '2s',
  '1h': '4s',
  '10m': '6s'
})

interface Sent {
  readonly at: number
  readonly message_thread_id: number | string
  readonly text: string
}

/** What a topic of a group got, over some days; in the middle of the second one, Alertmanager restarts. */
async function daysOf(t: TestContext, services: number): Promise<readonly Sent[]> {
  const registry = await startLabelledRegistry(t, ['1.0.0', '1.4.2', '2.0.0'])
  const folder = temporaryFolder(t)
  const workloads = Array.from({ length: services }, (_, n) =>
    deployment(`service-${n}`, { namespace: 'prod', image: `${registry.host}/shop/service-${n}:1.0.0` })
  )
  writeFileSync(join(folder, 'workloads.json'), JSON.stringify(listOf(workloads)))
  const guard = await serveGuard(t, {
    WORKLOAD_SOURCE: 'file',
    WORKLOADS_FILE: join(folder, 'workloads.json'),
    DISCOVERY: 'all',
    IMAGE_UPDATES: 'all',
    IMAGE_CHECK_INTERVAL: '2s',
    REGISTRY_BUDGET: '100000',
    REGISTRY_INSECURE: registry.host
  })
  await until(async () =>
    assert.equal((await guard.metrics()).match(/^keybuzz_image_update_available\{.*\} 1$/gm)?.length, services)
  )

  const sent: Sent[] = []
  const api = await startService(t, async (request, response) => {
    sent.push({ ...JSON.parse((await request.toArray()).join('')), at: performance.now() / 1000 })
    response.setHeader('content-type', 'application/json')
    response.end('{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":-1001234567890,"type":"supergroup"}}}')
  })
  cpSync(`${ALERTS}/templates`, `${folder}/templates`, { recursive: true })
  writeFileSync(`${folder}/token`, '123:secret\n')
  const config = parse(readFileSync(`${ALERTS}/alertmanager-telegram.yaml`, 'utf8'))
  config.route = scaleRoute(config.route, inDays)
  // The other routes have times of less than a day, which are no time here: cooldown.e2e.ts has them.
  config.route.routes = config.route.routes.slice(-1)
  Object.assign(config.receivers[1].telegram_configs[0], { api_url: api, bot_token_file: `${folder}/token` })
  writeFileSync(`${folder}/alertmanager.json`, JSON.stringify(config))
  const alertmanager = await alertmanagerServer(t, NEWEST_PAIR.alertmanager, folder)
  await alertmanager.start()
  writeFileSync(`${folder}/rules.yaml`, scaleRules(readFileSync(`${ALERTS}/rules.yaml`, 'utf8'), inDays))
  const scrape = { job_name: 'guard', honor_labels: true, static_configs: [{ targets: [new URL(guard.url).host] }] }
  const prometheusConfig = {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' },
    rule_files: [`${folder}/rules.yaml`],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager.url).host] }] }] },
    scrape_configs: [scrape]
  }
  writeFileSync(`${folder}/prometheus.json`, JSON.stringify(prometheusConfig))
  const prometheus = await prometheusServer(t, NEWEST_PAIR.prometheus, folder)
  await prometheus.start()
  await until(() => assert.equal(sent.length, 1))
  await wait(1.4 * DAY_S * 1000)
  await alertmanager.stop()
  await alertmanager.start()
  // A restart begins a new day, so the message after it may come late, but never early.
  await until(() => assert.ok(sent.length >= DAYS), { withinMs: 2 * DAY_S * 1000 })
  await wait(0.8 * DAY_S * 1000)
  return sent
}

suite('the message of the day, by the newest Alertmanager', needs(NEWEST_PAIR.missing), () => {
  test('is one for all 40 services, in one topic, and never a second one', { timeout: 180_000 }, async t => {
    const sent = await daysOf(t, 40)
    assert.equal(sent.length, DAYS, JSON.stringify(sent.map(({ at }) => at)))
    const gaps = sent.slice(1).map(({ at }, index) => at - (sent[index]?.at ?? 0))
    for (const gap of gaps) assert.ok(gap >= DAY_S - 1, `${gap}`)
    for (const { text, message_thread_id } of sent) {
      assert.equal(String(message_thread_id), '42')
      assert.ok([...text].length <= 4096, `${[...text].length}`)
      assert.match(text, /^<b>40 things to look at<\/b>/)
      for (let n = 0; n < 40; n += 1) assert.match(text, new RegExp(`\\bservice-${n}\\b`))
      assert.match(text, /app 1\.0\.0 → 2\.0\.0 \(1\.4\.2 of the same major version\)/)
      assert.match(
        text,
        /<code>kubectl -n prod set image deployment\/service-\d+ app=\S+\/shop\/service-\d+:1\.4\.2<\/code>/
      )
      assert.match(text, /<a href="https:\/\/github\.com\/shop\/service-\d+\/releases">Release notes<\/a>/)
    }
  })
})
