import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { leaveOut } from '../../src/check/series-budget.ts'
import { sumUp } from '../../src/check/sums.ts'
import { createTargetSelector } from '../../src/check/targets.ts'
import { takeTurns } from '../../src/check/warnings.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import type { FailureReason, Observation } from '../../src/domain/probe.ts'
import type { Report } from '../../src/domain/report.ts'
import { WHOLE } from '../../src/domain/shard.ts'
import { isServiceName, type Target, targetKey } from '../../src/domain/target.ts'
import { KEPT_LENGTH, type Workload } from '../../src/domain/workload.ts'
import { renderStatusJson } from '../../src/http/status-json.ts'
import { renderCheckLine } from '../../src/logging/check-line.ts'
import { countSeries } from '../../src/metrics/service-families.ts'
import { createServiceText } from '../../src/metrics/service-text.ts'
import { needs } from '../support/component.ts'
import { reportOf as aReportOf, aSnapshot, aWorkload, judgeOne, knownWorkload } from '../support/facts.ts'
import { plainTextOf } from '../support/plain-text.ts'
import { checkMetrics, prometheusMissing } from '../support/prometheus.ts'
import { anyText, fuzz, near } from './fuzz.ts'
import { parseExposition } from './parse-exposition.ts'

const REASONS: readonly FailureReason[] = ['dns', 'tls', 'timeout', 'http_status', 'redirect', 'refused', 'no_version']
const names = [
  'endpoint',
  'service',
  'container',
  'enabled',
  'version-pointer',
  'git-sha-pointer',
  'version-match',
  'rollout-deadline',
  'postdeploy-latency-p95',
  'postdeploy-error-ratio',
  'x'
]

const printable = fc.stringMatching(/^[\x21-\x7e]{1,253}$/)
const workload: fc.Arbitrary<Workload> = fc
  .record({
    // What is taken from a file of manifests; the API server takes less.
    namespace: fc.oneof(fc.constantFrom('dev', 'prod'), printable),
    kind: fc.constantFrom('Deployment', 'StatefulSet', 'DaemonSet'),
    name: fc.oneof(fc.constantFrom('a', 'b', 'c'), printable),
    annotations: fc.dictionary(
      fc.oneof(fc.constantFrom(...names), anyText),
      fc.oneof(near('https://x.example/v', 'false'), anyText)
    ),
    warnings: fc.array(anyText, { maxLength: 3 }),
    containers: fc.array(
      fc.record({
        name: anyText,
        image: fc.oneof(near('ghcr.io/keybuzzio/app:v1'), anyText).map(image => image.slice(0, KEPT_LENGTH))
      }),
      { maxLength: 3 }
    )
  })
  .map(changes => ({ ...aWorkload(), ...changes }))
const observation: fc.Arbitrary<Omit<Observation, 'target'>> = fc.record({
  report: fc.oneof(
    fc
      .record({ version: fc.oneof(anyText, fc.constant('v1')), gitSha: fc.constantFrom(null, 'abc1234') })
      .map(report => seen(report)),
    fc.tuple(fc.constantFrom(...REASONS), anyText).map(([reason, message]) => unseen(reason, message))
  ),
  httpStatus: fc.option(fc.integer({ min: 100, max: 999 })),
  durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  checkedAt: fc.integer({ min: 0, max: 4e12 })
})
const fleets = fc.record({
  workloads: fc.array(workload, { maxLength: 5 }),
  observations: fc.array(observation, { minLength: 1, maxLength: 5 }),
  most: fc.nat({ max: 80 })
})

function reportOf({
  workloads,
  observations: observed,
  most
}: typeof fleets extends fc.Arbitrary<infer Fleet> ? Fleet : never) {
  const rules = { discovery: 'all', versionMatch: 'exact', shard: WHOLE, parseDuration: () => null } as const
  const { targets, warnings } = createTargetSelector(rules)([], workloads.map(knownWorkload))
  const snapshot = aSnapshot(workloads)
  const judged = targets.map((target, index) => {
    const answer = observed[index % observed.length] as Omit<Observation, 'target'>
    const observation = target.endpoint === null ? null : { ...answer, target }
    const found = snapshot.find({ ...target.workload, namespace: target.namespace })
    const workload = found.seen ? seen(found.value.workload) : found
    return judgeOne({ target, facts: { workload, observation } }, { now: 4e12 })
  })
  const counted = judged.map(one => ({ ...one, series: countSeries(one.report) }))
  const services = judged.map(({ report }) => report)
  const { series } = sumUp(counted, [])
  const leftOut = leaveOut(counted, series, { most, wasExposed: () => false })
  return { targets, report: aReportOf(services, { leftOut, warnings: takeTurns(warnings) }) }
}

async function render(report: Report): Promise<string> {
  return plainTextOf(await createServiceText()(report))
}

function assertTargets(targets: readonly Target[], warnings: readonly string[]): void {
  assert.ok(warnings.length <= 522)
  assert.equal(new Set(targets.map(targetKey)).size, targets.length)
  for (const { service, workload } of targets) assert.ok(isServiceName(service) || service === workload.name)
}

suite('fuzzed fleets', () => {
  fuzz(
    'of any names, annotations, images and answers give an exposition that is valid and within its budget',
    fleets,
    async fleet => {
      const { targets, report } = reportOf(fleet)
      assertTargets(targets, report.warnings)
      const text = await render(report)
      assert.ok(parseExposition(text).length <= fleet.most)
      JSON.parse(JSON.stringify(renderStatusJson(report, WHOLE)))
      for (const service of report.services) {
        const line = renderCheckLine(service, 0)
        assert.ok(!line.includes('\n') && line.isWellFormed())
        JSON.parse(line)
      }
    }
  )

  test('give an exposition that promtool takes', needs(prometheusMissing), async () => {
    const many = fc.sample(workload, 300)
    const { report } = reportOf({ workloads: many, observations: fc.sample(observation, 100), most: 1e6 })
    const text = await render(report)
    assert.ok(parseExposition(text).length > 300)
    assert.equal(checkMetrics(text), '')
  })
})
