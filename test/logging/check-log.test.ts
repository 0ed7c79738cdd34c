import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Observed, seen, unseen } from '../../src/domain/observation.ts'
import type { DebugReport, FailureReason, Observation } from '../../src/domain/probe.ts'
import type { Report } from '../../src/domain/report.ts'
import { renderCheckLine } from '../../src/logging/check-line.ts'
import { createCheckLog, type LogChecks } from '../../src/logging/check-log.ts'
import type { LogLevel } from '../../src/logging/logger.ts'
import { anObservation, aPod, aReport, aTarget, aWorkload, judgeOne, reportOf } from '../support/facts.ts'

const UNBOUNDED = { admit: () => true }
const CHECKED_AT = Date.parse('2026-11-03T23:59:59.999Z')
const JUDGED_AT = CHECKED_AT + 2
const IMAGE = 'ghcr.io/keybuzzio/shop:v1'

function checked(answer: Observed<DebugReport, FailureReason> | undefined, image = IMAGE): Report {
  const observation = answer === undefined ? null : anObservation(answer, { checkedAt: CHECKED_AT })
  const { report } = judgeOne({ facts: { observation, workload: seen(aWorkload({ image })) } }, { now: JUDGED_AT })
  return reportOf([report], { generatedAt: JUDGED_AT })
}

/** A service that is asked at one pod alone; `undefined`: its pods are not seen. */
function byPods(observation: Observation | undefined): Report {
  const target = aTarget({ endpoint: null, podEndpoint: { scheme: 'http', port: 80, path: '/' } })
  const pod = aPod()
  const pods = observation === undefined ? unseen('not_watched', 'not read') : seen([pod])
  const podReports = observation === undefined ? [] : [{ pod, observation }]
  const { report } = judgeOne({ target, facts: { observation: null, pods, podReports } }, { now: JUDGED_AT })
  return reportOf([report], { generatedAt: JUDGED_AT })
}

const lineOf = (report: Report) => {
  const [service] = report.services
  assert.ok(service !== undefined)
  return renderCheckLine(service, CHECKED_AT)
}

suite('check line', () => {
  test('has the keys that users know, in their order', () => {
    assert.equal(
      lineOf(checked(aReport('v2'))),
      '{"timestamp":"2026-11-03T23:59:59.999Z","level":"warning",' +
        '"message":"UI version (v2) does not match deployed image tag (v1)","service":"shop","namespace":"dev",' +
        '"image":"ghcr.io/keybuzzio/shop:v1","ui_version":"v2","git_sha":"abc1234","status":"MISMATCH"}'
    )
  })

  test('says null for what is not known', () => {
    assert.equal(
      lineOf(checked(unseen('connect', 'connection refused'), 'not an image')),
      '{"timestamp":"2026-11-03T23:59:59.999Z","level":"critical","message":"Endpoint error: connection refused",' +
        '"service":"shop","namespace":"dev","image":null,"ui_version":null,"git_sha":null,"status":"ERROR"}'
    )
  })
})

suite('check log', () => {
  const NONE = new Set<string>()
  const SHOP = new Set(['dev/shop'])
  const ok = checked(aReport())
  const mismatch = checked(aReport('v2'))
  const unasked = checked(undefined)
  const silentPods = byPods(anObservation(unseen('connect', 'refused'), { checkedAt: CHECKED_AT }))
  const podsUnseen = byPods(undefined)

  // what happened, LOG_CHECKS, LOG_LEVEL, before, after, checked: printed, in the file
  for (const [rule, checks, level, before, after, checked, printed, filed] of [
    ['prints the first sight of a target', 'changes', 'info', undefined, ok, SHOP, 1, 1],
    ['prints nothing of a target that was not asked yet', 'all', 'info', undefined, unasked, NONE, 0, 0],
    ['prints the first check of a target seen before', 'changes', 'info', unasked, ok, SHOP, 1, 1],
    ['prints no repeats, the file has them', 'changes', 'info', ok, ok, SHOP, 0, 1],
    ['prints repeats where all checks are wanted', 'all', 'info', ok, ok, SHOP, 1, 1],
    ['prints a change', 'changes', 'info', ok, mismatch, SHOP, 1, 1],
    ['prints that no pod can be asked', 'changes', 'info', undefined, silentPods, SHOP, 1, 1],
    ['prints that pods which answered are seen no longer', 'changes', 'info', ok, podsUnseen, NONE, 1, 1],
    ['prints that once', 'changes', 'info', podsUnseen, podsUnseen, NONE, 0, 0],
    ['prints a change that a workload made, without a check', 'changes', 'info', ok, mismatch, NONE, 1, 1],
    ['writes nothing when nothing was checked and nothing changed', 'all', 'info', ok, ok, NONE, 0, 0],
    ['prints nothing below the level, the file has it', 'all', 'warning', ok, ok, SHOP, 0, 1],
    ['prints what reaches the level', 'all', 'warning', ok, mismatch, SHOP, 1, 1],
    ['prints nothing when silent', 'all', 'silent', ok, mismatch, SHOP, 0, 1]
  ] as const satisfies readonly [string, LogChecks, LogLevel, ...unknown[]][]) {
    test(rule, () => {
      const lines: string[] = []
      const written: { at: number; line: string }[] = []
      const files = { write: (at: number, line: string) => written.push({ at, line }) }
      createCheckLog({ checks, level, print: line => lines.push(line), files, rate: UNBOUNDED })(after, {
        before,
        checked
      })
      assert.deepEqual([lines.length, written.length], [printed, filed])
    })
  }

  test('prints no more than the rate admits, the file has all', () => {
    const asked: string[] = []
    const written: string[] = []
    const rate = {
      admit: (key: string) => {
        asked.push(key)
        return false
      }
    }
    const files = { write: (_at: number, line: string) => written.push(line) }
    const print = () => assert.fail('printed')
    createCheckLog({ checks: 'all', level: 'info', print, files, rate })(ok, { before: undefined, checked: SHOP })
    assert.deepEqual([asked, written.length], [['dev/shop'], 1])
  })

  test("dates a check by its end, a change of the workload's by the judgement", () => {
    const times: number[] = []
    const files = { write: (at: number) => times.push(at) }
    const log = createCheckLog({ checks: 'all', level: 'info', print: () => {}, files, rate: UNBOUNDED })
    log(ok, { before: undefined, checked: SHOP })
    log(mismatch, { before: ok, checked: NONE })
    assert.deepEqual(times, [CHECKED_AT, JUDGED_AT])
  })
})
