import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { unseen } from '../../src/domain/observation.ts'
import type { SourceHealth } from '../../src/domain/ports.ts'
import type { Report } from '../../src/domain/report.ts'
import { createExposition, type Exposition } from '../../src/metrics/exposition.ts'
import type { Format } from '../../src/metrics/family.ts'
import { createOwnMetrics } from '../../src/metrics/own-metrics.ts'
import { createProcessMetrics } from '../../src/metrics/process-metrics.ts'
import { aTarget, judgeOne, reportOf } from '../support/facts.ts'

function fleet(...services: string[]): Report {
  const facts = { workload: unseen('not_found', 'gone'), observation: null } as const
  return reportOf(services.map(service => judgeOne({ target: aTarget({ service }), facts }).report))
}

/** What a scrape gets, in the format and as it is. */
async function bodyOf(exposition: Exposition, format: Format): Promise<string> {
  return Buffer.concat(await exposition.body(format, 'identity')).toString()
}

/** What a scrape gets with gzip, unpacked. */
async function unpackedOf(exposition: Exposition): Promise<string> {
  return gunzipSync(Buffer.concat(await exposition.body('text', 'gzip'))).toString()
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
  const exposition = createExposition({ own, readProcess: createProcessMetrics() })
  await exposition.publish(fleet('a', 'b'))
  return { own, exposition, text: () => bodyOf(exposition, 'text') }
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
    for (const durationMs of [120, 250, 251, 70_000]) own.observeCycle(durationMs)
    const lines = (await text()).split('\n').filter(line => line.startsWith('keybuzz_version_guard_cycle'))
    assert.deepEqual(
      lines.map(line => line.replace('keybuzz_version_guard_cycle_duration_seconds_', '')),
      [
        'bucket{le="0.025"} 0',
        'bucket{le="0.05"} 0',
        'bucket{le="0.1"} 0',
        'bucket{le="0.25"} 2',
        'bucket{le="0.5"} 3',
        'bucket{le="1"} 3',
        'bucket{le="2.5"} 3',
        'bucket{le="5"} 3',
        'bucket{le="10"} 3',
        'bucket{le="25"} 3',
        'bucket{le="60"} 3',
        'bucket{le="+Inf"} 4',
        'sum 70.621',
        'count 4'
      ]
    )
  })

  test('leaves nothing of a target that went', async () => {
    const { exposition, text } = await setUp()
    await exposition.body('text', 'gzip')
    await exposition.publish(fleet('b'))
    assert.doesNotMatch(await text(), /service="a"/)
    assert.doesNotMatch(await unpackedOf(exposition), /service="a"/)
  })

  test('packs the same text', async () => {
    const { exposition } = await setUp()
    const gauges = (text: string) => text.split('\n').filter(line => line.startsWith('keybuzz'))
    const plain = await bodyOf(exposition, 'text')
    assert.deepEqual(gauges(await unpackedOf(exposition)), gauges(plain))
  })

  test('ends OpenMetrics with its end, once, and the text format without', async () => {
    const { exposition, text } = await setUp()
    const openmetrics = await bodyOf(exposition, 'openmetrics')
    assert.ok(openmetrics.endsWith('\n# EOF\n'))
    assert.equal(openmetrics.split('# EOF').length, 2)
    assert.match(openmetrics, /^# TYPE process_cpu_seconds counter$/m)
    assert.match(openmetrics, /^# TYPE keybuzz_version_guard_series_dropped counter$/m)
    assert.doesNotMatch(await text(), /# EOF/)
  })

  test('answers both formats at once, each in its own', async () => {
    const { exposition } = await setUp()
    const bodies = await Promise.all(
      (['text', 'openmetrics', 'text', 'openmetrics'] as const).map(format => bodyOf(exposition, format))
    )
    assert.deepEqual(
      bodies.map(body => body.endsWith('# EOF\n')),
      [false, true, false, true]
    )
  })

  test('writes the text format as before after OpenMetrics was asked for', async () => {
    const { exposition, text } = await setUp()
    const types = (body: string) => body.split('\n').filter(line => line.startsWith('# TYPE'))
    const before = types(await text())
    await bodyOf(exposition, 'openmetrics')
    assert.deepEqual(types(await text()), before)
    assert.ok(before.includes('# TYPE process_cpu_seconds_total counter'))
  })

  test('leaves whole targets out where there is no room, and counts the series', async () => {
    const { exposition, text } = await setUp()
    const leftOut = { services: new Set(['dev/b']), of: 2, namespace: 'dev', inNamespace: 2 }
    await exposition.publish({ ...fleet('a', 'b'), leftOut })
    assert.doesNotMatch(await text(), /service="b"/)
    // Nineteen of one service, and the twelve optional ones of the other.
    const counted = /^keybuzz_version_guard_series_dropped_total 31$/m
    assert.match(await text(), counted)
    assert.match(await bodyOf(exposition, 'openmetrics'), counted)
    assert.match(await text(), counted)
    assert.match(await exposition.textfile(), counted)
    assert.match(await text(), /^# TYPE keybuzz_version_guard_series_dropped_total counter$/m)
  })

  test('counts a target once whose version begins to be held back', async () => {
    const { exposition, text } = await setUp()
    const { services } = fleet('a', 'b')
    const holding = (...names: string[]) =>
      reportOf(services.map(one => ({ ...one, held: { image: true, version: names.includes(one.service) } })))
    // Three begin, five go on.
    for (const held of [['a'], ['a'], ['a'], ['a', 'b'], ['a', 'b'], ['b'], [], ['b']]) {
      await exposition.publish(holding(...held))
    }
    assert.match(await text(), /^keybuzz_version_guard_version_labels_held_total 3$/m)
  })

  test('counts by namespace the services that begin to be too new', async () => {
    const { exposition, text } = await setUp()
    for (const keys of [['dev/b'], ['dev/b'], ['dev/b', 'dev/c', 'shop/x'], [], ['dev/c']]) {
      await exposition.publish({ ...fleet('a', 'b'), tooNew: new Set(keys) })
    }
    assert.match(await text(), /^keybuzz_version_guard_new_series_held_total\{namespace="dev"\} 3$/m)
    assert.match(await text(), /^keybuzz_version_guard_new_series_held_total\{namespace="shop"\} 1$/m)
  })

  test('counts those of the hundred-and-first namespace and beyond together', async () => {
    const { exposition, text } = await setUp()
    const keys = Array.from({ length: 103 }, (_, index) => `n${index}/x`)
    await exposition.publish({ ...fleet('a'), tooNew: new Set(keys) })
    await exposition.publish({ ...fleet('a'), tooNew: new Set(['n0/y', 'n102/y']) })
    const lines = (await text()).split('\n').filter(line => line.includes('new_series_held_total{'))
    assert.equal(lines.length, 101)
    const [name] = (lines[0] ?? '').split('{')
    for (const line of ['n0"} 2', 'n99"} 1', '(other)"} 4'])
      assert.ok(lines.includes(`${name}{namespace="${line}`), line)
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
