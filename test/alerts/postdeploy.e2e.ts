// The minutes after a rollout on a real Prometheus and a real Alertmanager, with the real guard on a cluster whose services
// are rolled out all at once; a minute lasts a second.
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
  prometheusServer
} from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { kubeconfigTextFor, startFakeApiServer } from '../support/fake-api-server.ts'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard } from '../support/guard-process.ts'
import { askPrometheus, type Sample } from '../support/prometheus.ts'
import { inDrill, scaleAlertmanager, scaleRules } from '../support/scaled.ts'
import { startService } from '../support/services.ts'
import { until } from '../support/until.ts'
import { rolloutObjects } from './rolled-out.ts'
import { ruleFile } from './shipped-rules.ts'

/** Requests per second of a pod, this many seconds after the rollout's end: all, failing ones, slow ones. */
type Traffic = (age: number) => readonly [all: number, failed: number, slow: number]

const NOTHING: Traffic = () => [0, 0, 0]
const untilTheEnd: Traffic = age => (age < 0 ? [100, 50, 50] : [0, 0, 0])

// Old pods fail and are slow, and go with the rollout; but for one, to which all its traffic still goes.
const SERVICES: Readonly<Record<string, { readonly old: Traffic; readonly fresh: Traffic; readonly ends: string }>> = {
  healthy: { old: untilTheEnd, fresh: () => [100, 0, 0], ends: 'PASSED' },
  'gets-slow': { old: untilTheEnd, fresh: age => [100, 0, age < 2 ? 0 : 20], ends: 'FAILED' },
  errs: { old: untilTheEnd, fresh: () => [100, 3, 0], ends: 'FAILED' },
  quiet: { old: NOTHING, fresh: NOTHING, ends: 'NO_DATA' },
  'old-pods-alone': { old: () => [100, 50, 50], fresh: NOTHING, ends: 'NO_DATA' }
}
const NAMESPACE = 'shop'

interface Received {
  readonly alert: string
  readonly service: string
  readonly message: string
}

async function run(t: TestContext, pair: AlertingPair) {
  const api = await startFakeApiServer()
  t.after(api.close)
  let tag = 'v1'
  let endsAt = Number.POSITIVE_INFINITY
  const reports = await startService(t, (_request, response) => {
    response.end(JSON.stringify({ version: tag, gitSha: 'abc1234' }))
  })
  const put = (version: string, at: number) => {
    for (const service of Object.keys(SERVICES)) {
      const wish = { namespace: NAMESPACE, service, endpoint: `${reports}/debug/version`, version, at }
      for (const object of rolloutObjects(wish)) api.put(object)
    }
  }
  put('v1', Date.now() - 86_400_000)

  const counted = new Map<string, Counters>()
  const pods = await startService(t, (request, response) => {
    const [, age = '', service = ''] = (request.url ?? '').split('/')
    const traffic = age === 'old' ? SERVICES[service]?.old : SERVICES[service]?.fresh
    const isThere = traffic !== undefined && (age === 'old' || tag === 'v2')
    response.writeHead(isThere ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4' })
    response.end(
      isThere
        ? expose(counted, { pod: `${age} ${service}`, traffic, endsAt, startedAt: age === 'old' ? 0 : endsAt - 1000 })
        : ''
    )
  })

  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'kubeconfig'), kubeconfigTextFor(api))
  const guard = await serveGuard(t, {
    KUBECONFIG: join(folder, 'kubeconfig'),
    ENDPOINT_ALLOW: '127.0.0.0/8',
    WATCH_PODS: 'true',
    CHECK_INTERVAL: '300ms'
  })

  const received: Received[] = []
  const inbox = await startService(t, async (request, response) => {
    const { alerts } = JSON.parse((await request.toArray()).join('')) as {
      alerts: readonly { labels: Record<string, string>; annotations: Record<string, string> }[]
    }
    for (const { labels, annotations } of alerts) {
      received.push({
        alert: `${labels.alertname}`,
        service: `${labels.service}`,
        message: `${annotations.message} ${annotations.command}`
      })
    }
    response.end()
  })
  mkdirSync(join(folder, 'alertmanager'))
  const shipped = readFileSync(join(import.meta.dirname, '../../alerts/alertmanager.yaml'), 'utf8')
  const receiver = { webhook_configs: [{ url: inbox, send_resolved: false }] }
  writeFileSync(
    join(folder, 'alertmanager.json'),
    JSON.stringify(scaleAlertmanager(shipped, { shorten: inDrill, receiver }))
  )
  const alertmanager = await alertmanagerServer(t, pair.alertmanager, folder)
  await alertmanager.start()

  for (const name of ['postdeploy', 'traffic'] as const) {
    writeFileSync(join(folder, `${name}.yaml`), scaleRules(readFileSync(ruleFile(name), 'utf8'), inDrill))
  }
  const host = new URL(pods).host
  const targets = Object.keys(SERVICES).flatMap(service =>
    ['old', 'new'].map(age => ({
      targets: [host],
      labels: { namespace: NAMESPACE, service, instance: `${age}-${service}`, __metrics_path__: `/${age}/${service}` }
    }))
  )
  const config = {
    global: { scrape_interval: '200ms', scrape_timeout: '200ms', evaluation_interval: '250ms' },
    rule_files: ['postdeploy.yaml', 'traffic.yaml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager.url).host] }] }] },
    scrape_configs: [
      { job_name: 'guard', honor_labels: true, static_configs: [{ targets: [new URL(guard.url).host] }] },
      { job_name: 'pods', static_configs: targets }
    ]
  }
  writeFileSync(join(folder, 'prometheus.json'), JSON.stringify(config))
  const prometheus = await prometheusServer(t, pair.prometheus, folder)
  await prometheus.start()
  const statuses = async () => {
    const query = encodeURIComponent('keybuzz:postdeploy_status')
    const { result } = await askPrometheus<{ result: readonly Sample[] }>(prometheus.url, `query?query=${query}`)
    return Object.fromEntries(result.map(({ metric }) => [metric.service, metric.status]))
  }
  const all = (status: string) => Object.fromEntries(Object.keys(SERVICES).map(service => [service, status]))
  // A day ago nobody looked.
  await until(async () => assert.deepEqual(await statuses(), all('NO_DATA')))
  // Old errors fill the windows.
  await wait(3_000)

  endsAt = Math.ceil(Date.now() / 1000) * 1000 + 1000
  tag = 'v2'
  put('v2', endsAt)
  await until(async () => assert.deepEqual(await statuses(), all('RUNNING')))
  const ends = Object.fromEntries(Object.entries(SERVICES).map(([service, { ends }]) => [service, ends]))
  await until(async () => assert.deepEqual(await statuses(), ends), { withinMs: 60_000 })
  return { received, statuses, ends }
}

interface Counters {
  at: number
  all: number
  failed: number
  slow: number
}

interface Pod {
  readonly pod: string
  readonly traffic: Traffic
  /** Of the rollout and of the process, ms since the epoch. */
  readonly endsAt: number
  readonly startedAt: number
}

/** What a pod exposes: its counters, as much higher as its traffic since the last scrape makes them. */
function expose(counted: Map<string, Counters>, { pod, traffic, endsAt, startedAt }: Pod): string {
  const now = Date.now()
  const before = counted.get(pod) ?? { at: now, all: 0, failed: 0, slow: 0 }
  const [all, failed, slow] = traffic((now - endsAt) / 1000).map(rate => (rate * (now - before.at)) / 1000)
  const count = {
    at: now,
    all: before.all + (all ?? 0),
    failed: before.failed + (failed ?? 0),
    slow: before.slow + (slow ?? 0)
  }
  counted.set(pod, count)
  return `http_requests_total{code="200"} ${count.all - count.failed}
http_requests_total{code="503"} ${count.failed}
http_request_duration_seconds_bucket{le="0.25"} ${count.all - count.slow}
http_request_duration_seconds_bucket{le="1"} ${count.all}
http_request_duration_seconds_bucket{le="+Inf"} ${count.all}
process_start_time_seconds ${startedAt / 1000}
`
}

suite('the minutes after a rollout', () => {
  for (const pair of [INSTALLED, NEWEST_PAIR]) {
    suite(`with the ${pair.name} Prometheus and Alertmanager`, needs(pair.missing), () => {
      test('end in a verdict for each service, and in a message with the way back for those that failed', async t => {
        const { received, statuses, ends } = await run(t, pair)
        const told = () => received.filter(({ alert }) => alert === 'KeyBuzzReleaseUnhealthy')
        const wayBack = (service: string, check: string) =>
          `Failed after the rollout: ${check}. You can go back to v1 (proof: history) kubectl rollout undo deployment/${service} -n shop --to-revision=1`
        await until(() => assert.ok(new Set(told().map(({ service }) => service)).size >= 2))
        // Verdicts stay, and nobody else is told of.
        await wait(2_000)
        assert.deepEqual(await statuses(), ends)
        assert.deepEqual([...new Map(told().map(({ service, message }) => [service, message]))].sort(), [
          ['errs', wayBack('errs', 'errors')],
          ['gets-slow', wayBack('gets-slow', 'latency')]
        ])
        // What users feel is told by a route of its own, whichever pods they reach.
        const critical = received.filter(({ alert }) => alert === 'KeyBuzzHigh5xxRate')
        assert.ok(critical.some(({ service }) => service === 'old-pods-alone'))
      })
    })
  }
})
