import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type Judged, judgeRepeated } from '../../src/check/judge.ts'
import type { RolloutFinding } from '../../src/domain/finding.ts'
import type { Facts, Guard } from '../../src/domain/guard.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import type { Observation } from '../../src/domain/probe.ts'
import { createReleaseGuard } from '../../src/guards/release/release.ts'
import { NOTHING_SEEN } from '../../src/guards/rollout/evidence.ts'
import { versionGuard } from '../../src/guards/version.ts'
import { anObservation, aPod, aReport, aTarget, aWorkload, judgeOne, theFacts } from '../support/facts.ts'

const NOW = 1_000_000
const ENDS_AT = NOW + 500_000

/** Finds a rollout that has ended, and that a deadline follows. */
const rolloutGuard: Guard<RolloutFinding, 'workload'> = {
  name: 'rollout',
  statuses: ['STABLE'],
  reads: ['workload'],
  judge: () => [
    {
      part: '',
      status: 'STABLE',
      severity: 'ok',
      message: 'All pods run it',
      asOf: 7,
      validUntil: ENDS_AT,
      evidence: { ...NOTHING_SEEN, completedAt: NOW - 5000 }
    }
  ]
}

const guards = [versionGuard, rolloutGuard, createReleaseGuard(0)]
const target = aTarget()

interface Answer {
  readonly facts?: Partial<Facts>
  /** Of the first answer, and of the next one. */
  readonly first?: Partial<Observation>
  readonly next?: Partial<Observation>
  /** When the next one is judged. */
  readonly now?: number
}

const REPORT = aReport('v2', 'abc1234')
const NO_OTHERS = theFacts()

/** What is found by a short way, and by judging all of it, where the first answer was judged at `NOW`. */
function judgeTwice({ facts, first, next, now = NOW + 20_000 }: Answer) {
  const observation = anObservation(REPORT, { checkedAt: NOW - 10, ...first })
  const one = theFacts({ workload: seen(aWorkload({ image: 'shop:v1' })), ...facts, observation })
  const earlier = judgeOne({ target, guards, facts: one }, { now: NOW })
  const other = { ...one, observation: { ...observation, checkedAt: now - 13, durationMs: 99.98765, ...next } }
  return {
    earlier,
    repeated: judgeRepeated(earlier, other, now),
    whole: judgeOne({ target, guards, facts: other }, { now, earlier })
  }
}

suite('an answer that says the same as the last', () => {
  for (const [rule, answer] of [
    ['a version that differs', {}],
    ['a version that agrees', { facts: { workload: seen(aWorkload({ image: 'shop:v2' })) } }],
    ['a failure', { first: { report: unseen('timeout', 'no answer'), httpStatus: null } }],
    ['a release', { facts: { workload: seen(aWorkload({ releaseLabels: { version: 'v7', chart: '' } })) } }],
    ['labels that are to be noted again', { now: NOW + 60_000 }],
    ['the last moment before a deadline', { now: ENDS_AT - 1 }],
    ['an answer after one from the moment in which the rollout ended', { first: { checkedAt: NOW - 5000 } }]
  ] as const satisfies readonly (readonly [string, Answer])[]) {
    test(`is judged as a whole judgement would: ${rule}`, () => {
      const { repeated, whole, earlier } = judgeTwice(answer)
      assert.deepEqual(repeated, whole)
      assert.notDeepEqual(repeated, earlier)
    })
  }

  test('leaves the same objects of what did not change, and what is noted beside the judgement', () => {
    const { earlier } = judgeTwice({})
    const noted = { ...earlier, series: 5 }
    const { observation } = earlier.facts
    assert.ok(observation)
    const repeated = judgeRepeated(noted, { ...earlier.facts, observation: { ...observation, checkedAt: NOW } }, NOW)
    assert.equal(repeated?.series, 5)
    assert.equal(repeated?.report.diagnosis, earlier.report.diagnosis)
    assert.equal(repeated?.report.findings[1], earlier.report.findings[1])
    assert.equal(repeated?.report.findings[0]?.asOf, NOW)
  })
})

suite('is judged as a whole again', () => {
  for (const [rule, answer] of [
    ['an answer that is another report, though it says the same', { next: { report: aReport('v2', 'abc1234') } }],
    ['an answer with another status', { next: { httpStatus: 203 } }],
    ['an answer after a deadline', { now: ENDS_AT }],
    ['an answer before the findings began, for the clock was set back', { now: NOW - 1 }],
    ['an answer after one that was older than the rollout', { first: { checkedAt: NOW - 5001 } }],
    ['an answer that is older than the rollout, for the clock was set back', { next: { checkedAt: NOW - 5001 } }]
  ] as const satisfies readonly (readonly [string, Answer])[]) {
    test(rule, () => assert.equal(judgeTwice(answer).repeated, null))
  }

  test('the first answer, and none', () => {
    const { earlier } = judgeTwice({})
    const without = judgeOne({ target, guards, facts: theFacts({ observation: null }) }, { now: NOW })
    assert.equal(judgeRepeated(without, { ...without.facts, observation: anObservation(REPORT) }, NOW), null)
    assert.equal(judgeRepeated(earlier, { ...earlier.facts, observation: null }, NOW), null)
    assert.equal(judgeRepeated(without, { ...without.facts }, NOW), null)
  })

  for (const kind of [
    'workload',
    'pods',
    'revisions',
    'images',
    'manifest',
    'helm',
    'objects',
    'podReports'
  ] as const) {
    test(`an answer beside another fact: ${kind}`, () => {
      const { earlier } = judgeTwice({})
      const other: Partial<Facts> = {
        workload: seen(aWorkload()),
        pods: seen([aPod()]),
        revisions: seen([]),
        images: [],
        manifest: unseen('none', 'none'),
        helm: unseen('not_found', 'none'),
        objects: [],
        podReports: []
      }
      assert.equal(judgeRepeated(earlier, { ...earlier.facts, [kind]: other[kind] }, NOW + 1), null)
    })
  }

  for (const held of ['image', 'version'] as const) {
    test(`an answer of a service whose ${held} is held back`, () => {
      const { earlier } = judgeTwice({})
      const report = { ...earlier.report, held: { ...earlier.report.held, [held]: true } }
      assert.equal(judgeRepeated({ ...earlier, report } satisfies Judged, earlier.facts, NOW + 1), null)
      assert.notEqual(judgeRepeated(earlier, earlier.facts, NOW + 1), null)
    })
  }
})

suite('a course of answers, judged by the short way where there is one', () => {
  const reports: Observation['report'][] = [
    ...Array.from({ length: 13 }, (_, index) => aReport(`v${index}`, index === 2 ? null : 'abc1234')),
    unseen('timeout', 'no answer'),
    unseen('connect', 'refused')
  ]
  const workloads = ['shop:v1', 'shop:v2', 'shop'].map(image => seen(aWorkload({ image })))
  const mostlyNone = (many: number) =>
    fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(many - 1) })
  // The last answer is mostly repeated, the clock mostly goes on, and workloads mostly stay.
  const step = fc.record({
    report: mostlyNone(reports.length),
    httpStatus: fc.oneof({ weight: 9, arbitrary: fc.constant(200) }, fc.constant(null)),
    workload: mostlyNone(workloads.length),
    afterMs: fc.constantFrom(0, 1, 1000, 2000, 20_000, 61_000, 600_000, -30_000),
    ageMs: fc.constantFrom(0, 15, 7000)
  })

  test('comes to the same as one that is judged as a whole each time', () => {
    let repeated = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 60 }), steps => {
        let now = NOW
        let [report, workload] = [aReport('v1'), workloads[0] as (typeof workloads)[number]]
        let short: Judged | undefined
        let whole: Judged | undefined
        for (const { report: said, httpStatus, workload: runs, afterMs, ageMs } of steps) {
          now += afterMs
          report = reports[said ?? reports.indexOf(report)] ?? report
          workload = workloads[runs ?? workloads.indexOf(workload)] ?? workload
          const observation = anObservation(report, { checkedAt: now - ageMs, httpStatus, durationMs: ageMs + 0.5 })
          const facts: Facts = { ...NO_OTHERS, workload, observation }
          const judge = (earlier: Judged | undefined) =>
            judgeOne({ target, guards, facts }, { now, ...(earlier === undefined ? {} : { earlier }) })
          const again = short === undefined ? null : judgeRepeated(short, facts, now)
          if (again !== null) repeated += 1
          short = again ?? judge(short)
          whole = judge(whole)
          assert.deepEqual(short, whole)
        }
      })
    )
    assert.ok(repeated > 0)
  })
})
