import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { Judged } from '../../src/check/judge.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { CULPRITS, type Culprit } from '../../src/domain/diagnosis.ts'
import { type Observed, seen, unseen } from '../../src/domain/observation.ts'
import type { DebugReport, FailureReason, Probe } from '../../src/domain/probe.ts'
import type { Report, ServiceReport } from '../../src/domain/report.ts'
import { createReleaseGuard } from '../../src/guards/release/release.ts'
import { createRolloutGuard } from '../../src/guards/rollout/rollout.ts'
import { versionGuard } from '../../src/guards/version.ts'
import { countSeries } from '../../src/metrics/service-families.ts'
import { createServiceText } from '../../src/metrics/service-text.ts'
import {
  anObservation,
  aPod,
  aProbe,
  aReport,
  aSnapshot,
  aTarget,
  aWorkload,
  judgeOne,
  reportOf
} from '../support/facts.ts'
import { plainTextOf } from '../support/plain-text.ts'

const render = async (report: Report) => plainTextOf(await createServiceText()(report))

/** The samples of one service. */
function samplesOf(probe: Probe | undefined, workloads = [aWorkload()], target = aTarget()): Promise<string> {
  const observation = probe === undefined ? null : { ...anObservation(probe.report), ...probe }
  const found = aSnapshot(workloads).find({ ...target.workload, namespace: target.namespace })
  const workload = found.seen ? seen(found.value.workload) : found
  const judged = judgeOne({ target, facts: { workload, observation } }, { now: 1_700_000_000_500 })
  return render(reportOf([judged.report]))
}

const withoutComments = (text: string) =>
  text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => line.replace('namespace="dev",service="shop"', '…'))

const STATUS = (present: string) =>
  ['ERROR', 'MISMATCH', 'WARNING', 'UNKNOWN', 'OK'].map(
    status => `keybuzz_version_status{…,status="${status}"} ${status === present ? 1 : 0}`
  )
const CULPRIT = (present: Culprit) =>
  CULPRITS.map(culprit => `keybuzz_version_culprit{…,culprit="${culprit}"} ${culprit === present ? 1 : 0}`)
const INFO = (uiVersion: string, gitSha: string, tag = 'v1') =>
  `keybuzz_version_info{…,image="ghcr.io/keybuzzio/shop:v1",image_tag="${tag}",image_digest="",ui_version="${uiVersion}",git_sha="${gitSha}"} 1`
const ASKED = [
  'keybuzz_debug_endpoint_http_status_code{…} 200',
  'keybuzz_debug_endpoint_duration_seconds{…} 0.0125',
  'keybuzz_version_check_timestamp_seconds{…} 1700000000.123'
]
const RUNS = ['keybuzz_workload_found{…} 1']
const SERVICE = (container = 'app', endpoint = 'https://shop.example/debug/version') => [
  `keybuzz_service_info{…,kind="Deployment",workload="shop",container="${container}",endpoint="${endpoint}",managed_by=""} 1`
]
const SINCE = ['keybuzz_finding_since_timestamp_seconds{…,guard="version"} 1700000000.5']

suite('gauges', () => {
  for (const [rule, text, expected] of [
    [
      'of a service that is OK',
      samplesOf(aProbe(aReport())),
      [
        ...SERVICE(),
        ...SINCE,
        'keybuzz_version_consistent{…} 1',
        'keybuzz_debug_endpoint_up{…} 1',
        'keybuzz_git_sha_present{…} 1',
        ...STATUS('OK'),
        ...CULPRIT('none'),
        INFO('v1', 'abc1234'),
        ...ASKED,
        ...RUNS
      ]
    ],
    [
      'of a MISMATCH without a SHA',
      samplesOf(aProbe(aReport('v2', null))),
      [
        ...SERVICE(),
        ...SINCE,
        'keybuzz_version_consistent{…} 0',
        'keybuzz_debug_endpoint_up{…} 1',
        'keybuzz_git_sha_present{…} 0',
        ...STATUS('MISMATCH'),
        ...CULPRIT('unknown'),
        INFO('v2', ''),
        ...ASKED,
        ...RUNS
      ]
    ],
    [
      'of a WARNING: consistent, without a SHA',
      samplesOf(aProbe(aReport('v1', null))),
      [
        ...SERVICE(),
        ...SINCE,
        'keybuzz_version_consistent{…} 1',
        'keybuzz_debug_endpoint_up{…} 1',
        'keybuzz_git_sha_present{…} 0',
        ...STATUS('WARNING'),
        ...CULPRIT('metadata'),
        INFO('v1', ''),
        ...ASKED,
        ...RUNS
      ]
    ],
    [
      'of an ERROR: what cannot be known is absent',
      samplesOf(aProbe(unseen('connect', 'connection refused'), { httpStatus: null })),
      [
        ...SERVICE(),
        ...SINCE,
        'keybuzz_debug_endpoint_up{…} 0',
        ...STATUS('ERROR'),
        ...CULPRIT('endpoint'),
        INFO('', ''),
        'keybuzz_debug_endpoint_failure{…,reason="connect"} 1',
        ...ASKED.slice(1),
        ...RUNS
      ]
    ],
    [
      'of an UNKNOWN: the workload is missing',
      samplesOf(aProbe(aReport()), []),
      [
        ...SERVICE(''),
        ...SINCE,
        'keybuzz_debug_endpoint_up{…} 1',
        'keybuzz_git_sha_present{…} 1',
        ...STATUS('UNKNOWN'),
        ...CULPRIT('unknown'),
        INFO('v1', 'abc1234', '').replace('ghcr.io/keybuzzio/shop:v1', ''),
        ...ASKED,
        'keybuzz_workload_found{…} 0'
      ]
    ],
    [
      'of a target that was never asked',
      samplesOf(undefined),
      [...SERVICE(), ...SINCE, ...STATUS('UNKNOWN'), ...CULPRIT('unknown'), INFO('', ''), 'keybuzz_workload_found{…} 1']
    ],
    [
      'of a service without an endpoint: nothing of a version but what is deployed',
      samplesOf(undefined, [aWorkload()], aTarget({ endpoint: null })),
      [...SERVICE('app', ''), INFO('', ''), ...RUNS]
    ]
  ] as const) {
    test(rule, async () => assert.deepEqual(withoutComments(await text), expected))
  }

  test('of a rollout that has ended say what its minutes after are held to, and what one would go back to', async () => {
    const target = aTarget({ objectives: { latencyP95Ms: 750, errorRatio: 0.02 } })
    const lines = async (changes: Parameters<typeof judgeOne>[0]) =>
      withoutComments(
        await render(reportOf([judgeOne({ ...changes, guards: [createRolloutGuard(600_000)] }).report]))
      ).filter(line => /^keybuzz_(rollback|postdeploy|rollout_completed)/.test(line))
    assert.deepEqual(await lines({ target }), [
      'keybuzz_rollout_completed_timestamp_seconds{…} 0',
      'keybuzz_rollback_info{…,kind="Deployment",workload="shop",manager="",release="",revision="",image_tag="",proof="not_watched",pod=""} 1',
      'keybuzz_postdeploy_latency_objective_seconds{…} 0.75',
      'keybuzz_postdeploy_error_objective_ratio{…} 0.02'
    ])
    const replicas = ['shop:v1', 'shop:v2'].map(image => aPod({ containers: [{ name: 'shop', image }] }))
    const containers = aWorkload({ kind: 'Container', containers: [{ name: 'shop', image: 'shop:v2' }] })
    const onDocker = { workload: seen(containers), pods: seen(replicas) }
    const mixed = { target: aTarget({ workload: { kind: 'Container', name: 'shop' } }), facts: onDocker }
    assert.deepEqual(await lines(mixed), [], 'Docker keeps nothing to go back to')
    const underWay = seen(aWorkload({ generation: 2 }))
    assert.deepEqual(await lines({ facts: { workload: underWay } }), [])
    const releaseOf = async (releaseNamespace: string) => {
      const managedBy = { manager: 'helm', release: 'web', releaseNamespace } as const
      const all = await lines({ facts: { workload: seen(aWorkload({ managedBy })) } })
      return all.filter(line => line.startsWith('keybuzz_rollback_release'))
    }
    assert.deepEqual(await releaseOf('releases'), [
      'keybuzz_rollback_release_namespace_info{…,release_namespace="releases"} 1'
    ])
    assert.deepEqual([await releaseOf(''), await releaseOf(aWorkload().namespace)], [[], []])
  })

  test('of a service whose version or image never stays have a word in its place', async () => {
    let judged = judgeOne()
    const next = (now: number, answer: Observed<DebugReport, FailureReason>, image: string) => {
      const facts = { observation: anObservation(answer), workload: seen(aWorkload({ image })) }
      judged = judgeOne({ facts }, { now, earlier: judged })
      return render(reportOf([judged.report]))
    }
    for (let probe = 1; probe <= 20; probe += 1) await next(probe, aReport(`v${probe}`), 'shop:v1')
    assert.match(
      await next(21, aReport('v21'), 'shop:v1'),
      /image_tag="v1",image_digest="",ui_version="\(changing\)",git_sha=""/
    )
    assert.match(judged.report.findings[0]?.message ?? '', /^UI version \(v21\) does not match/)
    assert.match(
      await next(22, unseen('connect', ''), 'shop:v1'),
      /image_tag="v1",image_digest="",ui_version="",git_sha=""/
    )

    for (let deploy = 1; deploy <= 20; deploy += 1) await next(30 + deploy, aReport(), `shop:v${deploy}`)
    const text = await next(60, aReport(), 'shop:v21')
    assert.match(text, /image="\(changing\)",image_tag="",image_digest=""/)
    assert.match(text, /^keybuzz_service_info\{.+,endpoint="\(changing\)",/m)
  })

  test('have one HELP and one TYPE each, before their samples', async () => {
    const lines = (await samplesOf(aProbe(aReport()))).split('\n')
    const at = lines.indexOf('# TYPE keybuzz_debug_endpoint_up gauge')
    assert.match(lines[at - 1] ?? '', /^# HELP keybuzz_debug_endpoint_up \S/)
    assert.match(lines[at + 1] ?? '', /^keybuzz_debug_endpoint_up\{/)
    const types = lines.filter(line => line.startsWith('# TYPE'))
    assert.equal(new Set(types).size, types.length)
  })

  test('escape quotes and backslashes in label values', async () => {
    const [, ...lines] = withoutComments(await samplesOf(aProbe(aReport('a"b\\c\nd'))))
    assert.ok(lines.some(line => line.includes('ui_version="a\\"b\\\\c\ufffdd"')))
  })

  test('stay valid whatever a report says', async () => {
    const LINE =
      /^[a-z_]+\{[a-z_]+="(?:[^"\\\n\r\0]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n\r\0]|\\["\\n])*")*\} [0-9.e+-]+$/u
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), async version => {
        for (const line of withoutComments(
          await samplesOf(aProbe(aReport(version)), undefined, aTarget({ namespace: 'x' }))
        )) {
          assert.match(line, LINE)
          assert.ok(line.isWellFormed())
        }
      }),
      { numRuns: 500 }
    )
  })
})

suite('gauges of many services', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `service-${String(index).padStart(4, '0')}`)
  const serviceOf = (service: string, version = 'v1'): ServiceReport =>
    judgeOne({ target: aTarget({ service }), facts: { observation: anObservation(aReport(version)) } }).report
  const fleet = names.map(name => serviceOf(name))
  const INFO_LINE = /^keybuzz_version_info\{namespace="dev",service="([^"]+)"/gm
  const servicesIn = (text: string) => [...text.matchAll(INFO_LINE)].map(([, name]) => name)

  test('have each service once, in their order', async () => {
    assert.deepEqual(servicesIn(await render(reportOf(fleet))), names)
  })

  test('are the same, byte for byte, whether made anew or brought up to date', async () => {
    const update = createServiceText()
    const steps: (readonly ServiceReport[])[] = [
      fleet,
      fleet.with(500, serviceOf('service-0500', 'v2')),
      fleet.toSpliced(300, 1),
      fleet.toSpliced(300, 0, serviceOf('service-0299a')),
      fleet.slice(0, 10),
      [],
      fleet
    ]
    for (const services of steps) {
      const report = reportOf(services)
      assert.equal(await plainTextOf(await update(report)), await render(report))
    }
  })

  test('keep the text of what did not change', async () => {
    const update = createServiceText()
    const judge = (version: string, earlier?: Judged) =>
      judgeOne(
        { target: aTarget({ service: 'service-0500' }), facts: { observation: anObservation(aReport(version)) } },
        { earlier }
      )
    const earlier = judge('v1')
    const before = new Set(await update(reportOf(fleet.with(500, earlier.report))))
    const after = await update(reportOf(fleet.with(500, judge('v2', earlier).report)))
    const made = after.filter(text => !before.has(text))
    assert.deepEqual(
      (await Promise.all(made.map(text => plainTextOf([text])))).map(text => text.match(/^\w+/)?.[0]),
      ['keybuzz_version_consistent', 'keybuzz_version_status', 'keybuzz_version_culprit', 'keybuzz_version_info']
    )
    assert.ok(made.every(({ length }) => length < 256 * 1024))
  })

  test('move few when one comes or goes', async () => {
    const update = createServiceText()
    const whole = await update(reportOf(fleet))
    const families = new Set((await plainTextOf(whole)).match(/^# TYPE \w+/gm)).size
    assert.ok(whole.length <= families * (1 + fleet.length / 32), `${whole.length} pieces of ${families} families`)
    let before = new Set(whole)
    // Some of them are at the beginning of a run.
    for (let place = 0; place < 300; place += 1) {
      for (const services of [fleet.toSpliced(place, 1), fleet]) {
        const after = await update(reportOf(services))
        assert.ok(after.filter(text => !before.has(text)).length <= 2 * families, `at place ${place}`)
        before = new Set(after)
      }
    }
  })

  test('leave out the services that are left out, and the optional families where there is no room for them', async () => {
    const update = createServiceText()
    const leftOut = { services: new Set(['dev/service-0001']), of: 1000, namespace: 'dev', inNamespace: 1000 }
    const text = await plainTextOf(await update(reportOf(fleet, { leftOut, tooNew: new Set(['dev/service-0003']) })))
    assert.deepEqual(
      servicesIn(text),
      names.filter(name => name !== 'service-0001' && name !== 'service-0003')
    )
    assert.doesNotMatch(text, /^keybuzz_service_info\{/m)
    const all = await plainTextOf(await update(reportOf(fleet)))
    assert.deepEqual(servicesIn(all), names)
    assert.match(all, /^keybuzz_service_info\{/m)
  })
})

test('a culprit of a service without an endpoint is on the page alone', async () => {
  const { report } = judgeOne({
    guards: [createRolloutGuard(0)],
    target: aTarget({ endpoint: null, workload: { kind: 'Container', name: 'shop' } }),
    facts: {
      workload: seen(aWorkload({ kind: 'Container', image: 'shop:v2' })),
      pods: seen([
        aPod({ containers: [{ image: 'shop:v2' }] }),
        aPod({ name: 'b', containers: [{ image: 'shop:v1' }] })
      ])
    }
  })
  assert.equal(report.diagnosis?.culprit, 'pods')
  assert.doesNotMatch(await render(reportOf([report])), /^keybuzz_version_culprit\{/m)
})

suite('the default of SERIES_LIMIT', () => {
  test('has room for every gauge of 10,000 services', () => {
    const { report } = judgeOne({
      guards: [versionGuard, createRolloutGuard(600_000), createReleaseGuard(0)],
      facts: {
        workload: seen(aWorkload({ releaseLabels: { version: 'v1', chart: 'shop-1.0.0' } })),
        observation: anObservation(aReport()),
        pods: seen([aPod(), aPod({ name: 'shop-2' })])
      }
    })
    const { all } = countSeries(report)
    const { seriesLimit } = loadConfig({}, () => [])
    assert.ok(10_000 * all <= seriesLimit, `${all} series a service, and room for ${seriesLimit}`)
  })
})
