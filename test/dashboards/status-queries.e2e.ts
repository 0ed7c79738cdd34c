// What the fleet's own queries make of facts that a healthy guard never shows together.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  failure,
  guardsRunning,
  imagesNotRead,
  newlyHeld,
  secondsInStatus,
  sourceSeen,
  statusNow,
  versions,
  worstStatus
} from '../../dashboards/queries.ts'
import { STATES, type State } from '../../dashboards/states.ts'
import { needs } from '../support/component.ts'
import { prometheusMissing, startPrometheus, startScraping } from '../support/prometheus.ts'
import { startService } from '../support/services.ts'
import { until } from '../support/until.ts'
import { VARIABLES } from './answers.ts'
import { substituted } from './model.ts'

const INTERVAL_S = 20
const now = () => Date.now() / 1000

interface Shown {
  readonly status: string
  readonly checkedAt?: number
  readonly tag?: string
  readonly syncedAt?: number
  readonly service?: string
  readonly rollingOut?: boolean
  readonly stuck?: boolean
  readonly reason?: string
}

/** What a replica exposes of one service. */
function exposed({ status, checkedAt = now(), tag = 'v1', syncedAt = now(), ...shown }: Shown): string {
  const service = `namespace="shop",service="${shown.service ?? 'api'}"`
  const statuses = ['ERROR', 'MISMATCH', 'WARNING', 'UNKNOWN', 'OK'].map(
    name => `keybuzz_version_status{${service},status="${name}"} ${Number(name === status)}`
  )
  return [
    ...statuses,
    `keybuzz_version_info{${service},image_tag="${tag}",ui_version=""} 1`,
    `keybuzz_workload_state{${service},state="ROLLING"} ${Number(shown.rollingOut ?? false)}`,
    `keybuzz_workload_state{${service},state="STUCK"} ${Number(shown.stuck ?? false)}`,
    ...(shown.reason === undefined ? [] : [`keybuzz_debug_endpoint_failure{${service},reason="${shown.reason}"} 1`]),
    `keybuzz_version_check_timestamp_seconds{${service}} ${checkedAt}`,
    `keybuzz_version_guard_check_interval_seconds ${INTERVAL_S}`,
    'keybuzz_version_guard_kubernetes_up 1',
    `keybuzz_version_guard_kubernetes_last_sync_timestamp_seconds ${syncedAt}`,
    ''
  ].join('\n')
}

suite('queries about status', { concurrency: 6, ...needs(prometheusMissing) }, () => {
  for (const [rule, replicas, expected] of [
    ['takes the worst of two replicas', [{ status: 'OK' }, { status: 'MISMATCH' }], 'MISMATCH'],
    ['calls nothing present that was checked long ago', [{ status: 'OK', checkedAt: 0 }], 'STALE'],
    ['calls old trouble stale as well', [{ status: 'ERROR', checkedAt: 0 }], 'STALE'],
    ['calls a check stale that lies in the future', [{ status: 'OK', checkedAt: now() + 3600 }], 'STALE'],
    ['is not stale while one replica checks', [{ status: 'OK', checkedAt: 0 }, { status: 'OK' }], 'OK'],
    ['believes no replica that checked long ago', [{ status: 'MISMATCH', checkedAt: 0 }, { status: 'OK' }], 'OK'],
    [
      'calls a mismatch expected while any replica sees a rollout',
      [{ status: 'MISMATCH' }, { status: 'MISMATCH', rollingOut: true }],
      'MISMATCH (ROLLOUT)'
    ],
    ['calls a mismatch beside a stuck rollout what it is', [{ status: 'MISMATCH', stuck: true }], 'MISMATCH'],
    ['silences no other trouble of a rollout', [{ status: 'ERROR', rollingOut: true }], 'ERROR'],
    ['calls a rollout without a mismatch OK', [{ status: 'OK', rollingOut: true }], 'OK']
  ] as const satisfies readonly (readonly [string, readonly Shown[], State['name']])[]) {
    test(rule, async t => {
      const origins = await Promise.all(
        replicas.map(shown => startService(t, (_request, response) => response.end(exposed(shown))))
      )
      const prometheus = await startPrometheus(t, ...origins)
      await until(async () => {
        assert.equal((await prometheus.query('count(up == 1)'))[0]?.value[1], String(origins.length))
        const answer = await prometheus.query(substituted(statusNow('job=~"$job"'), VARIABLES))
        assert.deepEqual(
          answer.map(({ metric, value }) => [metric, value[1]]),
          [[{ namespace: 'shop', service: 'api' }, codeOf(expected)]]
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

  test('gives no reason that only a replica saw that checked long ago', async t => {
    let checkedAt = now()
    const shown = () => exposed({ status: 'ERROR', reason: 'timeout', checkedAt })
    const hung = await startService(t, (_request, response) => response.end(shown()))
    const checks = await startService(t, (_request, response) => response.end(exposed({ status: 'OK' })))
    const prometheus = await startPrometheus(t, hung, checks)
    const query = substituted(failure('job=~"$job"'), VARIABLES)
    const reasons = async () => (await prometheus.query(query)).map(({ metric }) => metric.reason)
    await until(async () => assert.deepEqual(await reasons(), ['timeout']))
    checkedAt = 0
    await until(async () => assert.deepEqual(await reasons(), []))
  })

  test('does not hide in a step with a rollout that the mismatch outlasted it', async t => {
    let rollingOut = true
    const guard = await startService(t, (_request, response) => {
      response.end(exposed({ status: 'MISMATCH', rollingOut }))
    })
    const prometheus = await startPrometheus(t, guard)
    const query = substituted(worstStatus('job=~"$job"'), { ...VARIABLES, __rate_interval: '1h' })
    const worst = async () => (await prometheus.query(query)).map(({ value }) => value[1])
    await until(async () => assert.deepEqual(await worst(), [codeOf('MISMATCH (ROLLOUT)')]))
    rollingOut = false
    await until(async () => assert.deepEqual(await worst(), [codeOf('MISMATCH')]))
  })

  test('has the lanes of services worst first, and last those that are gone', async t => {
    let isGone = false
    const shown: readonly (() => string)[] = [
      () => (isGone ? '' : exposed({ status: 'ERROR', service: 'a' })),
      () => exposed({ status: 'OK', service: 'b' }),
      () => exposed({ status: 'MISMATCH', service: 'c', rollingOut: true }),
      () => exposed({ status: 'WARNING', service: 'd', checkedAt: 0 }),
      () => exposed({ status: 'ERROR', service: 'e' })
    ]
    const origins = await Promise.all(shown.map(text => startService(t, (_request, response) => response.end(text()))))
    const prometheus = await startPrometheus(t, ...origins)
    const lanes = async () => {
      const answer = await prometheus.queryRange(substituted(worstStatus('job=~"$job"'), VARIABLES), 15, 0.25)
      return answer.map(({ metric }) => metric.service).join('')
    }
    await until(async () => assert.equal(await lanes(), 'aedcb'))
    isGone = true
    await until(async () => assert.equal(await lanes(), 'edcba'))
  })

  test('counts how long a status lasts from its last change, and says where none was seen', async t => {
    let status = 'ERROR'
    const guard = await startService(t, (_request, response) => response.end(exposed({ status })))
    const prometheus = await startPrometheus(t, guard)
    const lasted = async () =>
      Number((await prometheus.query(substituted(secondsInStatus('job=~"$job"'), VARIABLES)))[0]?.value[1])
    await until(async () => assert.equal(await lasted(), -1))
    // The query looks at steps of its range: a status that was there between two of them alone was never seen.
    const seen = 'count_over_time((keybuzz_version_status{status="ERROR"} == 1)[$__range:$__interval])'
    await until(async () => assert.equal((await prometheus.query(substituted(seen, VARIABLES))).length, 1))
    status = 'OK'
    await until(async () => assert.ok((await lasted()) >= 0))
  })

  test('counts no image as read that nobody has checked', async t => {
    let text = ''
    const guard = await startService(t, (_request, response) => response.end(text))
    const prometheus = await startPrometheus(t, guard)
    const image = (container: string) => `{namespace="shop",service="api",container="${container}"`
    const checked = `keybuzz_image_last_check_timestamp_seconds${image('app')}} ${now()}\n`
    for (const [shown, expected] of [
      ['', []],
      [checked, ['0']],
      [`${checked}keybuzz_image_check_failure${image('app')},reason="unauthorized"} 1\n`, ['1']]
    ] as const) {
      text = `shown ${shown.length}\n${shown}`
      await until(async () => {
        assert.equal((await prometheus.query('shown'))[0]?.value[1], String(shown.length))
        const answer = await prometheus.query(substituted(imagesNotRead('job=~"$job"'), VARIABLES))
        assert.deepEqual(
          answer.map(({ value }) => value[1]),
          expected
        )
      })
    }
  })

  test('does not call Kubernetes seen that was not for five minutes', async t => {
    let syncedAt = now()
    const guard = await startService(t, (_request, response) => response.end(exposed({ status: 'OK', syncedAt })))
    const prometheus = await startPrometheus(t, guard)
    const seen = async () =>
      (await prometheus.query(substituted(sourceSeen('job=~"$job"'), VARIABLES))).map(({ value }) => value[1])
    await until(async () => assert.deepEqual(await seen(), ['1']))
    syncedAt = now() - 301
    await until(async () => assert.deepEqual(await seen(), ['0']))
  })

  test('shows the first services of a namespace that are left out, but not what Prometheus learns of late', async t => {
    const held = (namespace: string, count: number) =>
      `keybuzz_version_guard_new_series_held_total{namespace="${namespace}"} ${count}\n`
    let exposition = `${guardOf(1)}${held('before', 900)}`
    const guard = await startService(t, (_request, response) => response.end(exposition))
    const prometheus = await startPrometheus(t, guard)
    const variables = { ...VARIABLES, __rate_interval: '5s' }
    const shown = async () => {
      const rows = await prometheus.query(substituted(newlyHeld('job=~"$job"'), variables))
      return Object.fromEntries(rows.map(({ metric, value }) => [metric.namespace, Number(value[1])]))
    }
    await until(async () => assert.deepEqual(await shown(), { before: 0 }))
    // From here on, the guard was there a step ago.
    await until(async () => {
      const was = await prometheus.query('keybuzz_version_guard_build_info offset 5s')
      assert.equal(was.length, 1)
    })
    exposition += held('dev', 300)
    await until(async () => assert.deepEqual(await shown(), { before: 0, dev: 300 }))
  })

  test('counts a guard once, however many Prometheus scrape it for the one that is asked', async t => {
    const guard = await startService(t, (_request, response) => response.end(guardOf(1)))
    const scraped = (prometheus_replica: string) => ({ targets: [new URL(guard).host], labels: { prometheus_replica } })
    const prometheus = await startScraping(t, { static_configs: [scraped('a'), scraped('b')] })
    const both = '(count(keybuzz_version_guard_build_info) == 2)'
    const running = substituted(`(${guardsRunning('job=~"$job"')}) and on () ${both}`, VARIABLES)
    await until(async () => assert.equal((await prometheus.query(running))[0]?.value[1], '1'))
  })

  for (const [rule, exposition, running, seen] of [
    ['is blind without a guard, and does not call Kubernetes unused', '', ['0'], ['-1']],
    ['counts a guard that does without Kubernetes', guardOf(1), ['1'], []],
    ['sees a Docker host', guardOfHost(1), ['1'], ['1']],
    ['does not call a Docker host seen that is away', guardOfHost(0), ['1'], ['0']],
    ['does not call a Docker host seen that hangs', guardOfHost(1, now() - 301), ['1'], ['0']],
    ['does not count shards where one is gone', guardOf(2), ['-1'], []]
  ] as const) {
    test(rule, async t => {
      const guard = await startService(t, (_request, response) => response.end(exposition))
      const prometheus = await startPrometheus(t, guard)
      const answer = async (query: string) =>
        (await prometheus.query(substituted(query, VARIABLES))).map(({ value }) => value[1])
      await until(async () => {
        assert.deepEqual(await answer('up'), ['1'])
        assert.deepEqual(await answer(guardsRunning('job=~"$job"')), running)
        assert.deepEqual(await answer(sourceSeen('job=~"$job"')), seen)
      })
    })
  }
})

/** What a guard exposes of itself that watches a Docker host. */
function guardOfHost(up: number, syncedAt = now()): string {
  return `${guardOf(1)}keybuzz_version_guard_docker_up ${up}
keybuzz_version_guard_docker_last_sync_timestamp_seconds ${syncedAt}
`
}

/** What the first shard exposes of itself. */
function guardOf(totalShards: number): string {
  return `keybuzz_version_guard_build_info 1
keybuzz_version_guard_shard 0
keybuzz_version_guard_total_shards ${totalShards}
`
}

function codeOf(expected: State['name']): string | undefined {
  return STATES.find(({ name }) => name === expected)?.code.toString()
}
