import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { unseen } from '../../src/domain/observation.ts'
import type { Observation, Probe } from '../../src/domain/probe.ts'
import { targetKey } from '../../src/domain/target.ts'
import type { Workload } from '../../src/domain/workload.ts'
import { aProbe, aReport, aSnapshot, aTarget, aWorkload, HEALTHY } from '../support/facts.ts'
import { judgeAtOnce, renderAtOnce } from '../support/steps.ts'

/** The samples of one target, without HELP and TYPE. */
function samplesOf(probe: Probe | undefined, workloads: readonly Workload[] = [aWorkload()], target = aTarget()) {
  const observation = probe && ({ ...probe, target: aTarget(), checkedAt: 1_700_000_000_123 } satisfies Observation)
  const observations = new Map(observation === undefined ? [] : [[targetKey(target), observation]])
  const facts = { targets: [target], workloads: aSnapshot(workloads), observations, source: HEALTHY, warnings: [] }
  return renderAtOnce(judgeAtOnce(facts, 0, undefined))
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
const INFO = (uiVersion: string, gitSha: string, tag = 'v1') =>
  `keybuzz_version_info{…,image="ghcr.io/keybuzzio/shop:v1",image_tag="${tag}",image_digest="",ui_version="${uiVersion}",git_sha="${gitSha}"} 1`
const ASKED = [
  'keybuzz_debug_endpoint_http_status_code{…} 200',
  'keybuzz_debug_endpoint_duration_seconds{…} 0.0125',
  'keybuzz_version_check_timestamp_seconds{…} 1700000000.123'
]
const RUNS = ['keybuzz_workload_found{…} 1', 'keybuzz_workload_rollout_in_progress{…} 0']

suite('gauges', () => {
  for (const [rule, text, expected] of [
    [
      'of a service that is OK',
      samplesOf(aProbe(aReport())),
      [
        'keybuzz_version_consistent{…} 1',
        'keybuzz_debug_endpoint_up{…} 1',
        'keybuzz_git_sha_present{…} 1',
        ...STATUS('OK'),
        INFO('v1', 'abc1234'),
        ...ASKED,
        ...RUNS
      ]
    ],
    [
      'of a MISMATCH without a SHA',
      samplesOf(aProbe(aReport('v2', null))),
      [
        'keybuzz_version_consistent{…} 0',
        'keybuzz_debug_endpoint_up{…} 1',
        'keybuzz_git_sha_present{…} 0',
        ...STATUS('MISMATCH'),
        INFO('v2', ''),
        ...ASKED,
        ...RUNS
      ]
    ],
    [
      'of a WARNING: consistent, without a SHA',
      samplesOf(aProbe(aReport('v1', null))),
      [
        'keybuzz_version_consistent{…} 1',
        'keybuzz_debug_endpoint_up{…} 1',
        'keybuzz_git_sha_present{…} 0',
        ...STATUS('WARNING'),
        INFO('v1', ''),
        ...ASKED,
        ...RUNS
      ]
    ],
    [
      'of an ERROR: what cannot be known is absent',
      samplesOf(aProbe(unseen('connect', 'connection refused'), { httpStatus: null })),
      [
        'keybuzz_debug_endpoint_up{…} 0',
        ...STATUS('ERROR'),
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
        'keybuzz_debug_endpoint_up{…} 1',
        'keybuzz_git_sha_present{…} 1',
        ...STATUS('UNKNOWN'),
        INFO('v1', 'abc1234', '').replace('ghcr.io/keybuzzio/shop:v1', ''),
        ...ASKED,
        'keybuzz_workload_found{…} 0'
      ]
    ],
    [
      'of a target that was never asked',
      samplesOf(undefined, [aWorkload({ rollout: unseen('no_status', '') })]),
      [...STATUS('UNKNOWN'), INFO('', ''), 'keybuzz_workload_found{…} 1']
    ]
  ] as const) {
    test(rule, () => assert.deepEqual(withoutComments(text), expected))
  }

  test('of a target whose version never stays have a word in its place', () => {
    const observations = (version: string) =>
      new Map([['dev/shop', { ...aProbe(aReport(version)), target: aTarget(), checkedAt: 0 }]])
    const facts = { targets: [aTarget()], workloads: aSnapshot([aWorkload()]), source: HEALTHY, warnings: [] }
    let report = judgeAtOnce({ ...facts, observations: observations('v0') }, 0, undefined)
    for (let probe = 1; probe <= 20; probe += 1) {
      report = judgeAtOnce({ ...facts, observations: observations(`v${probe}`) }, probe, report)
    }
    const info = withoutComments(renderAtOnce(report)).filter(line => line.startsWith('keybuzz_version_info'))
    assert.deepEqual(info, [INFO('(changing)', '')])
    assert.match(report.services[0]?.finding.message ?? '', /^UI version \(v20\) does not match/)

    const down = new Map([['dev/shop', { ...aProbe(unseen('connect', '')), target: aTarget(), checkedAt: 0 }]])
    assert.ok(
      renderAtOnce(judgeAtOnce({ ...facts, observations: down }, 21, report)).includes('ui_version="",git_sha=""')
    )
  })

  test('have one HELP and one TYPE each, before their samples', () => {
    const lines = samplesOf(aProbe(aReport())).split('\n')
    const at = lines.indexOf('# TYPE keybuzz_debug_endpoint_up gauge')
    assert.match(lines[at - 1] ?? '', /^# HELP keybuzz_debug_endpoint_up \S/)
    assert.match(lines[at + 1] ?? '', /^keybuzz_debug_endpoint_up\{/)
    assert.equal(new Set(lines.filter(line => line.startsWith('# TYPE'))).size, 11)
  })

  test('escape quotes and backslashes in label values', () => {
    const [, ...lines] = withoutComments(samplesOf(aProbe(aReport('a"b\\c\nd'))))
    assert.ok(lines.some(line => line.includes('ui_version="a\\"b\\\\c\ufffdd"')))
  })

  test('stay valid whatever a report says', () => {
    const LINE =
      /^[a-z_]+\{[a-z_]+="(?:[^"\\\n\r\0]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n\r\0]|\\["\\n])*")*\} [0-9.e+-]+$/u
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), version => {
        for (const line of withoutComments(
          samplesOf(aProbe(aReport(version)), undefined, aTarget({ namespace: 'x' }))
        )) {
          assert.match(line, LINE)
          assert.ok(line.isWellFormed())
        }
      }),
      { numRuns: 500 }
    )
  })
})
