import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import type { GateConfig } from '../../../src/gate/gate-config.ts'
import { runGate } from '../../../src/gate/run-gate.ts'
import { NO_PROXIES } from '../../../src/proxy-environment.ts'
import {
  type AlertingPair,
  alertmanagerServer,
  INSTALLED,
  NEWEST_PAIR,
  prometheusServer
} from '../../support/alertmanager.ts'
import { needs } from '../../support/component.ts'
import { temporaryFolder } from '../../support/files.ts'
import { serveHttp } from '../../support/hostile-servers.ts'
import { until } from '../../support/until.ts'
import { CONFIG } from '../items/live-world.ts'

const STARTED = Math.floor(Date.now() / 1000) - 3600

function exposition(start: number): string {
  return [
    '# HELP shop_spare_total Said and never counted.',
    '# TYPE shop_spare_total counter',
    '# TYPE shop_orders_total counter',
    'shop_orders_total 5',
    '# TYPE shop_queue gauge',
    'shop_queue{name="a"} 1',
    '# TYPE shop_latency_seconds histogram',
    'shop_latency_seconds_bucket{le="+Inf"} 4',
    'shop_latency_seconds_sum 1',
    'shop_latency_seconds_count 4',
    '# TYPE process_start_time_seconds gauge',
    `process_start_time_seconds ${start}`,
    ''
  ].join('\n')
}

const OPEN_METRICS = `${exposition(STARTED)
  .replaceAll('_total Said', ' Said')
  .replaceAll('_total counter', ' counter')}# EOF\n`

async function startService(t: TestContext, text: string, type = 'text/plain; version=0.0.4') {
  const server = await serveHttp((request, response) => {
    const isMetrics = request.url === '/metrics'
    response.setHeader('content-type', isMetrics ? type : 'application/json')
    response.end(isMetrics ? text : '{"checks":{"database":{"status":"ok"}}}')
  })
  t.after(server.close)
  return { host: `127.0.0.1:${server.port}`, stop: server.close }
}

const RULES = `groups:
- name: shop
  interval: 1s
  rules:
  - { alert: ShopDown, expr: 'sum(shop_queue) by (job)  >  0', for: 1s, annotations: { runbook: docs/shop.md } }
  - { record: 'shop:queue', expr: sum(shop_queue) }
- name: daily
  interval: 1d
  rules: [{ alert: Daily, expr: vector(1) }]
- name: broken
  interval: 1s
  rules: [{ alert: Broken, expr: 'vector(1) * on() group_left() (up or label_replace(up, "x", "1", "", ""))' }]
`

const SHOP_RULES = `${RULES.split('- name: daily', 1)[0]}`

/** A Prometheus that scrapes these jobs each second, with the rules above and an Alertmanager. */
async function startWorld(t: TestContext, pair: AlertingPair, jobs: Readonly<Record<string, string>>) {
  const folder = temporaryFolder(t)
  writeFileSync(
    join(folder, 'alertmanager.json'),
    JSON.stringify({ route: { receiver: 'none' }, receivers: [{ name: 'none' }] })
  )
  const alertmanager = await alertmanagerServer(t, pair.alertmanager, folder)
  const configured = (rules: string, extra: object = {}) => {
    writeFileSync(join(folder, 'rules.yml'), rules)
    writeFileSync(
      join(folder, 'prometheus.json'),
      JSON.stringify({
        global: { scrape_interval: '1s', scrape_timeout: '1s' },
        rule_files: ['rules.yml'],
        alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager.url).host] }] }] },
        scrape_configs: Object.entries(jobs).map(([job_name, host]) => ({
          job_name,
          static_configs: [{ targets: [host] }],
          ...(job_name === 'daily' ? { scrape_interval: '1d' } : {})
        })),
        ...extra
      })
    )
  }
  configured(RULES)
  const prometheus = await prometheusServer(t, pair.prometheus, folder)
  await Promise.all([alertmanager.start(), prometheus.start()])
  const config = (host: string, job: string, rest: Partial<GateConfig> = {}): GateConfig => ({
    ...CONFIG,
    folder,
    service: { ...CONFIG.service, url: `http://${host}` },
    prometheus: { ...CONFIG.service, url: prometheus.url, selector: `job="${job}"`, configFile: null },
    alertmanager: { ...CONFIG.service, url: alertmanager.url },
    rules: { files: [join(folder, 'shop.yml')], groups: null },
    ...rest
  })
  writeFileSync(join(folder, 'shop.yml'), SHOP_RULES)
  return { folder, prometheus, configured, config }
}

/** The items of one run, by id, `STATUS: EVIDENCE`. */
async function gate(config: GateConfig): Promise<Readonly<Record<string, string>>> {
  const run = { version: '0', proxies: NO_PROXIES, signal: AbortSignal.timeout(30_000), drills: new Map() }
  const { items } = await runGate(config, run)
  return Object.fromEntries(items.map(({ id, status, evidence }) => [id, `${status}: ${evidence}`]))
}

/** Runs until these items say so, or gives up with what they say. */
function sees(config: GateConfig, expected: Readonly<Record<string, RegExp>>): Promise<void> {
  return until(async () => {
    const seen = await gate(config)
    for (const [id, words] of Object.entries(expected)) assert.match(seen[id] ?? 'not there', words, id)
  })
}

for (const pair of [INSTALLED, NEWEST_PAIR]) {
  suite(`the gate before a real Prometheus (${pair.name})`, needs(pair.missing), () => {
    test('sees a healthy service through, in the text format and in OpenMetrics', async t => {
      const text = await startService(t, exposition(STARTED))
      const open = await startService(t, OPEN_METRICS, 'application/openmetrics-text; version=1.0.0; charset=utf-8')
      const { config } = await startWorld(t, pair, { shop: text.host, open: open.host })
      const passes = [
        ...['metrics-endpoint-answers', 'metrics-have-prefix', 'metrics-format-valid', 'scrape-job-configured'],
        ...['scrape-target-up', 'metrics-in-prometheus', 'rules-loaded', 'rules-syntax-valid', 'rules-evaluated'],
        ...['alert-rule-visible', 'alert-triggered', 'alert-pending-or-firing', 'alert-has-runbook-annotation'],
        ...['key-metric-orders_total', 'key-metric-queue', 'key-metric-latency_seconds'],
        ...['health-endpoint-health', 'health-endpoint-readyz']
      ]
      const expected = Object.fromEntries(passes.map(id => [id, /^PASS: /]))
      await sees(config(text.host, 'shop'), {
        ...expected,
        'metrics-format-valid': /^PASS: text 0\.0\.4, 6 samples, 0 faults/,
        'rules-loaded': /^PASS: 1 of 1 group, 2 of 2 rules/,
        'rules-syntax-valid': /by format_query of Prometheus/,
        'alert-pending-or-firing': /firing at 20.*in Alertmanager at 20/
      })
      await sees(config(open.host, 'open'), {
        ...expected,
        'metrics-format-valid': /^PASS: OpenMetrics 1\.0\.0, 6 samples, 0 faults/
      })
    })

    test('tells what is down, absent, not scraped yet, another service, or HELP alone', async t => {
      const shop = await startService(t, exposition(STARTED))
      const other = await startService(t, exposition(STARTED - 60))
      const { config } = await startWorld(t, pair, { shop: shop.host, daily: shop.host })
      await sees(config(shop.host, 'shop', { metrics: { ...CONFIG.metrics, required: { spare_total: 'counter' } } }), {
        'scrape-target-up': /^PASS/,
        'key-metric-spare_total': /^FAIL: shop_spare_total is only in HELP or TYPE lines/
      })
      const missing = await gate(config(shop.host, 'nobody'))
      assert.match(missing['scrape-job-configured'] ?? '', /^FAIL: no active target of/)
      assert.match(missing['scrape-target-up'] ?? '', /^FAIL: no up\{job="nobody"\} at all/)
      assert.match(missing['metrics-in-prometheus'] ?? '', /^FAIL: none now, and none in the last hour/)
      const waiting = await gate(config(shop.host, 'daily'))
      assert.match(waiting['scrape-target-up'] ?? '', /^SKIP: .*has not been scraped yet \(health unknown\)/)
      const foreign = await gate(config(other.host, 'shop'))
      for (const id of ['scrape-target-up', 'metrics-in-prometheus', 'rules-loaded', 'alert-rule-visible']) {
        assert.match(foreign[id] ?? '', /^SKIP: .*another cluster's or another service's/, id)
      }
      assert.match(foreign['key-metric-queue'] ?? '', /^PASS: .*not looked up in Prometheus/)
      await shop.stop()
      await sees(config(shop.host, 'shop'), {
        'metrics-endpoint-answers': /^FAIL: .*connection to .* refused/,
        'scrape-target-up': /^FAIL: up\{.*\} = 0: .*connection refused/,
        'metrics-in-prometheus': /^FAIL: none now; 5 series in the last hour, ended less than 5 m ago/,
        'key-metric-queue': /^SKIP: needs metrics-endpoint-answers/
      })
    })

    test('tells rules that are broken, not evaluated yet, or refused at a reload', async t => {
      const shop = await startService(t, exposition(STARTED))
      const { config, configured, prometheus, folder } = await startWorld(t, pair, { shop: shop.host })
      const all = config(shop.host, 'shop', { rules: { files: [join(folder, 'rules.yml')], groups: null } })
      await sees(all, {
        'rules-loaded': /^PASS: 3 of 3 groups, 4 of 4 rules/,
        'rules-evaluated': /^FAIL: Broken: found duplicate series/
      })
      const daily = { ...all, alert: { name: 'Daily', runbook: null, seenWithinMs: 3_600_000 } }
      await sees(daily, {
        'alert-rule-visible': /^SKIP: Daily is there, but has not been evaluated yet/,
        'alert-pending-or-firing': /^SKIP: needs alert-rule-visible/
      })
      // A file that is added is refused together with what is broken elsewhere.
      configured(`${RULES}- name: added\n  rules: [{ alert: Added, expr: vector(1) }]\n`, { scrape_configs: [{}] })
      const refused = await fetch(`${prometheus.url}/-/reload`, { method: 'POST' })
      assert.equal(refused.status, 500)
      await sees(all, { 'rules-loaded': /^FAIL: group added is not there; its last reload failed/ })
      writeFileSync(join(folder, 'rules.yml'), RULES.replace('vector(1)', 'vector(1'))
      await sees(all, {
        'rules-syntax-valid': /^FAIL: rules\.yml:\d+: Daily: 1:9: parse error: unclosed left parenthesis/
      })
    })
  })
}
