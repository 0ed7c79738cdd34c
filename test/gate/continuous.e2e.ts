import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { GateReport } from '../../src/domain/gate.ts'
import { NEWEST_PAIR } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { serveGuard } from '../support/guard-process.ts'
import { manifests } from '../support/services.ts'
import { until } from '../support/until.ts'
import { startWorld } from './world.ts'

suite('a guard that runs the gate on real servers', needs(NEWEST_PAIR.missing), () => {
  test('says GO, NO-GO while Prometheus or the service is away, and GO again', async t => {
    const world = await startWorld(t, NEWEST_PAIR)
    world.write('workloads.json', manifests({}))
    const guard = await serveGuard(t, {
      WORKLOAD_SOURCE: 'file',
      WORKLOADS_FILE: join(world.folder, 'workloads.json'),
      GATE_CONFIG: world.gateFile,
      GATE_INTERVAL: '500ms'
    })
    const says = (go: 0 | 1, item: string, status: string) =>
      until(
        async () => {
          const metrics = await guard.metrics()
          const { report } = (await (await guard.get('/api/v1/gate')).json()) as { report: GateReport | null }
          const open = report?.items.filter(one => one.status !== 'PASS').map(one => `${one.id}: ${one.evidence}`)
          const labels = 'namespace="veza",service="veza-backend-api"'
          assert.ok(metrics.includes(`keybuzz_gate_go{${labels}} ${go}\n`), open?.join('\n'))
          assert.match(
            metrics,
            new RegExp(`^keybuzz_gate_item\\{${labels},.*item="${item}",status="${status}"\\} 1$`, 'm')
          )
          return report
        },
        { withinMs: 60_000 }
      )

    const go = await says(1, 'rules-evaluated', 'PASS')
    assert.equal(go?.items.length, 33)
    // Nobody breaks anything here.
    const skipped = go?.items.filter(({ status }) => status === 'SKIP').map(({ id }) => id)
    assert.deepEqual(skipped, [
      'alert-triggered',
      'alert-pending-or-firing',
      'drill-database-down',
      'drill-circuit-breaker'
    ])
    assert.deepEqual(go?.reservations, [])

    await world.prometheus.stop()
    const blind = await says(0, 'rules-evaluated', 'SKIP')
    assert.match(JSON.stringify(blind?.actions), /start Prometheus, or fix prometheus\.url.*"blocking":true/)
    await world.prometheus.start()
    await says(1, 'rules-evaluated', 'PASS')

    await world.api.stop()
    await says(0, 'metrics-endpoint-answers', 'FAIL')
    await world.api.start()
    await says(1, 'metrics-endpoint-answers', 'PASS')
  })
})
