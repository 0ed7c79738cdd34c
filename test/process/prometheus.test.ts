import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { until } from '../../drill/until.ts'
import { needs } from '../support/component.ts'
import { serveGuard, temporaryFolder } from '../support/guard-process.ts'
import { checkMetrics, prometheusMissing, startPrometheus } from '../support/prometheus.ts'
import { manifests, reporting, startService } from '../support/services.ts'

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
    writeFileSync(`${path}.new`, manifests(chosen))
    renameSync(`${path}.new`, path)
  }
  deploy('ok', 'mismatch', 'error', 'unknown')
  const guard = await serveGuard(t, {
    WORKLOAD_SOURCE: 'file',
    WORKLOADS_FILE: path,
    ENDPOINT_ALLOW: '127.0.0.0/8',
    CHECK_INTERVAL: '100ms',
    ...env
  })
  return { guard, deploy }
}

suite('Prometheus', needs(prometheusMissing), () => {
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
