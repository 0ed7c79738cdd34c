import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { SourceHealth } from '../../src/domain/ports.ts'
import type { Report } from '../../src/domain/report.ts'
import { createExposition } from '../../src/metrics/exposition.ts'
import { createOwnMetrics } from '../../src/metrics/own-metrics.ts'
import { aSnapshot, aTarget, HEALTHY } from '../support/facts.ts'
import { judgeAtOnce } from '../support/steps.ts'

function reportOf(...services: string[]): Report {
  const targets = services.map(service => aTarget({ service }))
  return judgeAtOnce(
    { targets, workloads: aSnapshot([]), observations: new Map(), source: HEALTHY, warnings: [] },
    0,
    undefined
  )
}

async function setUp(kubernetes?: () => SourceHealth) {
  const own = createOwnMetrics({
    version: '1.2.3',
    revision: 'abc1234',
    nodeVersion: 'v24.0.0',
    checkIntervalMs: 20_000,
    shard: { index: 1, total: 3 },
    targets: () => 2,
    configOk: () => false,
    ...(kubernetes === undefined ? {} : { kubernetes })
  })
  const exposition = createExposition(own)
  await exposition.publish(reportOf('a', 'b'))
  return { own, exposition, text: async () => `${await exposition.body('text', 'identity')}` }
}

suite('exposition', () => {
  test('shows the gauges of the report and those of the guard', async () => {
    const text = await (await setUp()).text()
    assert.match(text, /^keybuzz_workload_found\{namespace="dev",service="a"\} 0$/m)
    assert.match(
      text,
      /^keybuzz_version_guard_build_info\{version="1.2.3",revision="abc1234",node_version="v24.0.0"\} 1$/m
    )
    assert.match(text, /^keybuzz_version_guard_targets 2$/m)
    assert.match(text, /^keybuzz_version_guard_shard 1$/m)
    assert.match(text, /^keybuzz_version_guard_total_shards 3$/m)
    assert.match(text, /^keybuzz_version_guard_check_interval_seconds 20$/m)
    assert.match(text, /^keybuzz_version_guard_config_reload_success 0$/m)
    assert.match(text, /^process_resident_memory_bytes \d/m)
    assert.match(text, /^nodejs_version_info/m)
  })

  test('counts cycles by their duration', async () => {
    const { own, text } = await setUp()
    own.observeCycle(120)
    assert.match(await text(), /^keybuzz_version_guard_cycle_duration_seconds_bucket\{le="0.25"\} 1$/m)
  })

  test('leaves nothing of a target that went', async () => {
    const { exposition, text } = await setUp()
    await exposition.body('text', 'gzip')
    await exposition.publish(reportOf('b'))
    assert.doesNotMatch(await text(), /service="a"/)
    const packed = gunzipSync(await exposition.body('text', 'gzip'))
    assert.doesNotMatch(`${packed}`, /service="a"/)
  })

  test('packs the same text', async () => {
    const { exposition } = await setUp()
    const gauges = (text: string) => text.split('\n').filter(line => line.startsWith('keybuzz'))
    const plain = `${await exposition.body('text', 'identity')}`
    const packed = `${gunzipSync(await exposition.body('text', 'gzip'))}`
    assert.deepEqual(gauges(packed), gauges(plain))
  })

  test('ends OpenMetrics with its end, once, and the text format without', async () => {
    const { exposition, text } = await setUp()
    const openmetrics = `${await exposition.body('openmetrics', 'identity')}`
    assert.ok(openmetrics.endsWith('\n# EOF\n'))
    assert.equal(openmetrics.split('# EOF').length, 2)
    assert.match(openmetrics, /^# TYPE process_cpu_seconds counter$/m)
    assert.doesNotMatch(await text(), /# EOF/)
  })

  test('answers both formats at once, each in its own', async () => {
    const { exposition } = await setUp()
    const bodies = await Promise.all(
      (['text', 'openmetrics', 'text', 'openmetrics'] as const).map(format => exposition.body(format, 'identity'))
    )
    assert.deepEqual(
      bodies.map(body => `${body}`.endsWith('# EOF\n')),
      [false, true, false, true]
    )
  })

  test('writes the text format as before after OpenMetrics was asked for', async () => {
    const { exposition, text } = await setUp()
    const types = (body: string) => body.split('\n').filter(line => line.startsWith('# TYPE'))
    const before = types(await text())
    await exposition.body('openmetrics', 'identity')
    assert.deepEqual(types(await text()), before)
    assert.ok(before.includes('# TYPE process_cpu_seconds_total counter'))
  })

  test('leaves whole targets out where there is no room, and counts the series', async () => {
    const { exposition, text } = await setUp()
    const { services, ...report } = reportOf('a', 'b')
    await exposition.publish({
      ...report,
      services: services.map(service => ({ ...service, isExposed: service.service === 'a' }))
    })
    assert.doesNotMatch(await text(), /service="b"/)
    const counted = /^keybuzz_version_guard_series_dropped_total 7$/m
    assert.match(await text(), counted)
    assert.match(`${await exposition.body('openmetrics', 'identity')}`, counted)
    assert.match(await text(), counted)
    assert.match(await exposition.textfile(), counted)
    assert.match(await text(), /^# TYPE keybuzz_version_guard_series_dropped_total counter$/m)
  })

  test('counts a target once whose version begins to be held back', async () => {
    const { exposition, text } = await setUp()
    const { services, ...report } = reportOf('a', 'b')
    const held = { shown: new Map(), held: { labels: 'v11', since: 0 } }
    const changing = { ...report, services: services.map(service => ({ ...service, labels: held })) }
    await exposition.publish(changing)
    await exposition.publish(changing)
    assert.match(await text(), /^keybuzz_version_guard_version_labels_held_total 2$/m)
    await exposition.publish({ ...report, services })
    await exposition.publish(changing)
    assert.match(await text(), /^keybuzz_version_guard_version_labels_held_total 4$/m)
  })

  test('says nothing of Kubernetes where workloads come from elsewhere', async () => {
    assert.doesNotMatch(await (await setUp()).text(), /kubernetes/)
  })

  test('leaves the sync out while there was none, and shows its time after', async () => {
    let health: SourceHealth = {
      up: false,
      lastSyncAt: null,
      problems: [{ message: 'unreachable', withholds: 'workloads' }]
    }
    const { text } = await setUp(() => health)
    assert.match(await text(), /^keybuzz_version_guard_kubernetes_up 0$/m)
    assert.doesNotMatch(await text(), /^keybuzz_version_guard_kubernetes_last_sync_timestamp_seconds \d/m)
    health = { up: true, lastSyncAt: 1_700_000_000_000, problems: [] }
    assert.match(await text(), /^keybuzz_version_guard_kubernetes_last_sync_timestamp_seconds 1700000000$/m)
  })

  test('gives the textfile collector nothing that node_exporter has itself', async () => {
    const text = await (await setUp()).exposition.textfile()
    assert.match(text, /^keybuzz_version_guard_build_info/m)
    assert.doesNotMatch(text, /^(process|nodejs)_/m)
    assert.ok(text.endsWith('\n'))
  })
})
