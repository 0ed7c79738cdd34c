import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { needs } from '../support/component.ts'
import { replaceFile, temporaryFolder } from '../support/files.ts'
import { serveGuard, watching } from '../support/guard-process.ts'
import { checkMetrics, prometheusMissing, startPrometheus } from '../support/prometheus.ts'
import { manifests, reporting, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const REPORT = { version: 'v1', gitSha: 'abc1234' }

/** A guard on a fleet of four, one for each way in which a verdict can be known or not. */
async function setUp(t: TestContext, env: Record<string, string>) {
  const path = join(temporaryFolder(t), 'workloads.json')
  const fine = await startService(t, reporting(REPORT))
  const down = await startService(t, (_request, response) => response.writeHead(503).end())
  const deploy = (...names: string[]) => {
    const fleet = {
      ok: { image: 'app:v1', endpoint: fine },
      mismatch: { image: 'app:v2', endpoint: fine },
      error: { image: 'app:v1', endpoint: down },
      unknown: { image: `app@sha256:${'a'.repeat(64)}`, endpoint: fine }
    }
    const chosen = Object.fromEntries(Object.entries(fleet).filter(([name]) => names.includes(name)))
    replaceFile(path, manifests(chosen))
  }
  deploy('ok', 'mismatch', 'error', 'unknown')
  const guard = await serveGuard(t, {
    ...watching(path),
    CHECK_INTERVAL: '100ms',
    ...env
  })
  return { guard, deploy }
}

/** As many services as that, each with another version in every report. */
async function changingFleet(t: TestContext, count: number, env: Record<string, string>) {
  let asked = 0
  const endpoint = await startService(t, (_request, response) => {
    asked += 1
    response.end(JSON.stringify({ version: `v${asked}`, gitSha: `${1_000_000 + asked}` }))
  })
  const path = join(temporaryFolder(t), 'workloads.json')
  const names = Array.from({ length: count }, (_, index) => `shop-${index}`)
  writeFileSync(path, manifests(Object.fromEntries(names.map(name => [name, { image: 'app:v1', endpoint }]))))
  const guard = await serveGuard(t, {
    ...watching(path),
    CHECK_INTERVAL: '100ms',
    ...env
  })
  return { guard, cyclesDone: () => asked / count }
}

suite('the number of series', { concurrency: true, ...needs(prometheusMissing) }, () => {
  test('does not grow with versions that change with every probe', async t => {
    const { guard, cyclesDone } = await changingFleet(t, 10, {})
    const prometheus = await startPrometheus(t, guard.url)
    await until(async () =>
      assert.equal((await prometheus.query('keybuzz_version_info{ui_version="(changing)"}')).length, 10)
    )
    const infos = await prometheus.countSeries('keybuzz_version_info')
    const all = await prometheus.countSeries('{service=~".+"}')
    const sofar = cyclesDone()
    await until(() => assert.ok(cyclesDone() > sofar + 50), { withinMs: 120_000 })
    await until(async () => assert.ok(Number((await prometheus.query('count_over_time(up[1h])'))[0]?.value[1]) > 10))
    t.diagnostic(`${cyclesDone()} cycles, ${infos} series of keybuzz_version_info, ${all} in all`)
    // Ten of each, the word in their place, and those from before the first probe.
    assert.ok(infos <= 10 * 12, `${infos}`)
    assert.equal(await prometheus.countSeries('keybuzz_version_info'), infos)
    assert.equal(await prometheus.countSeries('{service=~".+"}'), all)
    const { services } = (await (await guard.get('/api/v1/status')).json()) as { services: { uiVersion: string }[] }
    for (const { uiVersion } of services) assert.match(uiVersion, /^v\d+$/)
    assert.match(await guard.metrics(), /^keybuzz_version_guard_version_labels_held_total 10$/m)
    const told = guard
      .lines()
      .filter(({ warning }) => String(warning).startsWith('dev/shop-0 keeps reporting another version'))
    assert.equal(told.length, 1)
  })

  test('stays within SERIES_LIMIT: whole targets are left out, and everybody is told', async t => {
    const { guard, cyclesDone } = await changingFleet(t, 8, { SERIES_LIMIT: '100' })
    const prometheus = await startPrometheus(t, guard.url)
    const samples = async () =>
      prometheus.query('count by (service) ({service=~"shop-.*",__name__!="keybuzz_version_info"})')
    await until(async () => assert.equal((await prometheus.query('keybuzz_debug_endpoint_up')).length, 5))
    const shown = await samples()
    assert.deepEqual(
      shown.map(({ metric }) => metric.service).sort(),
      [0, 1, 2, 3, 4].map(index => `shop-${index}`)
    )
    assert.deepEqual(new Set(shown.map(({ value }) => value[1])), new Set(['17']))

    const sofar = cyclesDone()
    await until(() => assert.ok(cyclesDone() > sofar + 5))
    const told = guard.lines().filter(({ message }) => String(message).startsWith('SERIES_LIMIT leaves targets out'))
    assert.deepEqual(
      told.map(({ level, of, namespace, inNamespace }) => [level, of, namespace, inNamespace]),
      [['error', 8, 'dev', 8]]
    )
    const words =
      '3 of 8 targets are left out of /metrics, where no alert can see them; namespace dev has the most targets (8)'
    assert.ok((await (await guard.get('/')).text()).includes(words))
    const { warnings, services } = (await (await guard.get('/api/v1/status')).json()) as {
      warnings: string[]
      services: { service: string; exposed: boolean }[]
    }
    assert.ok(warnings[0]?.startsWith(words))
    const leftOut = services.filter(({ exposed }) => !exposed).map(({ service }) => service)
    assert.deepEqual(leftOut.sort(), ['shop-5', 'shop-6', 'shop-7'])
    const [dropped] = await prometheus.query('keybuzz_version_guard_series_dropped_total')
    assert.ok(Number(dropped?.value[1]) > 0)
  })
})

suite('Prometheus', { concurrency: true, ...needs(prometheusMissing) }, () => {
  for (const mode of ['interval', 'scrape']) {
    test(`scrapes the verdicts in ${mode} mode; what cannot be known is absent, what goes leaves nothing`, async t => {
      const { guard, deploy } = await setUp(t, { CHECK_MODE: mode })
      const prometheus = await startPrometheus(t, guard.url)
      const read = async (metric: string) => {
        const samples = await prometheus.query(metric)
        return Object.fromEntries(samples.map(sample => [sample.metric.service, sample.value[1]]))
      }
      await until(async () => assert.deepEqual(await read('keybuzz_version_consistent'), { ok: '1', mismatch: '0' }))
      assert.deepEqual(await read('keybuzz_debug_endpoint_up'), { ok: '1', mismatch: '1', error: '0', unknown: '1' })
      assert.deepEqual(await read('keybuzz_git_sha_present'), { ok: '1', mismatch: '1', unknown: '1' })
      assert.deepEqual(await read('keybuzz_debug_endpoint_failure{reason="http_status"}'), { error: '1' })
      assert.deepEqual(await read('keybuzz_version_status{status="UNKNOWN"} == 1'), { unknown: '1' })

      deploy('ok')
      await until(async () => assert.deepEqual(await read('keybuzz_version_status{status="OK"}'), { ok: '1' }))
      assert.deepEqual(await prometheus.query('{__name__=~"keybuzz.+",service=~"mismatch|error|unknown"}'), [])
      const [up] = await prometheus.query('up')
      assert.equal(up?.value[1], '1')
    })
  }

  test('finds nothing to say of the exposition', async t => {
    const { guard } = await setUp(t, {})
    await until(async () => assert.equal((await guard.get('/readyz')).status, 200))
    await guard.metrics({ accept: 'application/openmetrics-text;version=1.0.0' })
    const text = await guard.metrics()
    assert.ok(text.includes('keybuzz_version_consistent{'))
    assert.equal(checkMetrics(text), '')
  })
})
