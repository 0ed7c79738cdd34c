// What the fleet's own queries make of facts that a healthy guard never shows together.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { kubernetesSeen, secondsInStatus, statusNow, versions } from '../../dashboards/queries.ts'
import { STATES } from '../../dashboards/states.ts'
import { until } from '../../drill/until.ts'
import { needs } from '../support/component.ts'
import { prometheusMissing, startPrometheus } from '../support/prometheus.ts'
import { startService } from '../support/services.ts'
import { VARIABLES } from './answers.ts'
import { substituted } from './model.ts'

const INTERVAL_S = 20
const now = () => Date.now() / 1000

interface Shown {
  readonly status: string
  readonly checkedAt?: number
  readonly tag?: string
  readonly syncedAt?: number
}

/** What a replica exposes of one service. */
function exposed({ status, checkedAt = now(), tag = 'v1', syncedAt = now() }: Shown): string {
  const service = 'namespace="shop",service="api"'
  const statuses = ['ERROR', 'MISMATCH', 'WARNING', 'UNKNOWN', 'OK'].map(
    name => `keybuzz_version_status{${service},status="${name}"} ${Number(name === status)}`
  )
  return [
    ...statuses,
    `keybuzz_version_info{${service},image_tag="${tag}",ui_version=""} 1`,
    `keybuzz_version_check_timestamp_seconds{${service}} ${checkedAt}`,
    `keybuzz_version_guard_check_interval_seconds ${INTERVAL_S}`,
    'keybuzz_version_guard_kubernetes_up 1',
    `keybuzz_version_guard_kubernetes_last_sync_timestamp_seconds ${syncedAt}`,
    ''
  ].join('\n')
}

suite('queries about status', needs(prometheusMissing), () => {
  for (const [rule, replicas, expected] of [
    ['takes the worst of two replicas', [{ status: 'OK' }, { status: 'MISMATCH' }], 'MISMATCH'],
    ['calls nothing present that was checked long ago', [{ status: 'OK', checkedAt: 0 }], 'STALE'],
    ['calls old trouble stale as well', [{ status: 'ERROR', checkedAt: 0 }], 'STALE'],
    ['is not stale while one replica checks', [{ status: 'OK', checkedAt: 0 }, { status: 'OK' }], 'OK']
  ] as const satisfies readonly (readonly [string, readonly Shown[], string])[]) {
    test(rule, async t => {
      const origins = await Promise.all(
        replicas.map(shown => startService(t, (_request, response) => response.end(exposed(shown))))
      )
      const prometheus = await startPrometheus(t, ...origins)
      const code = STATES.find(({ name }) => name === expected)?.code
      await until(async () => {
        assert.equal((await prometheus.query('count(up == 1)'))[0]?.value[1], String(origins.length))
        const answer = await prometheus.query(substituted(statusNow('job=~"$job"'), VARIABLES))
        assert.deepEqual(
          answer.map(({ metric, value }) => [metric, value[1]]),
          [[{ namespace: 'shop', service: 'api' }, String(code)]]
        )
      })
    })
  }

  test('shows one row where two replicas see two tags, and words for what is not known', async t => {
    const old = await startService(t, (_request, response) => response.end(exposed({ status: 'OK', tag: 'v1' })))
    const fresh = await startService(t, (_request, response) => response.end(exposed({ status: 'OK', tag: 'v2' })))
    const prometheus = await startPrometheus(t, old, fresh)
    await until(async () => {
      assert.equal((await prometheus.query('keybuzz_version_info')).length, 2)
      const rows = await prometheus.query(substituted(versions('job=~"$job"', 'image_tag', 'ui_version'), VARIABLES))
      assert.deepEqual([rows.length, rows[0]?.metric.ui_version], [1, 'not known'])
    })
  })

  test('counts how long a status lasts from its last change', async t => {
    let status = 'ERROR'
    const guard = await startService(t, (_request, response) => response.end(exposed({ status })))
    const prometheus = await startPrometheus(t, guard)
    const lasted = async () =>
      Number((await prometheus.query(substituted(secondsInStatus('job=~"$job"'), VARIABLES)))[0]?.value[1])
    await until(async () => assert.ok((await lasted()) > 2))
    status = 'OK'
    await until(async () => assert.ok((await lasted()) < 1))
  })

  test('does not call Kubernetes seen that was not for five minutes', async t => {
    let syncedAt = now()
    const guard = await startService(t, (_request, response) => response.end(exposed({ status: 'OK', syncedAt })))
    const prometheus = await startPrometheus(t, guard)
    const seen = async () =>
      (await prometheus.query(substituted(kubernetesSeen('job=~"$job"'), VARIABLES))).map(({ value }) => value[1])
    await until(async () => assert.deepEqual(await seen(), ['1']))
    syncedAt = now() - 301
    await until(async () => assert.deepEqual(await seen(), ['0']))
  })
})
