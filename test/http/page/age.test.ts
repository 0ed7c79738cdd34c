import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { describeAge, renderAge, renderTime } from '../../../src/http/page/age.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

suite('age', () => {
  for (const [ms, words] of [
    [-5 * SECOND, '0 s'],
    [999, '0 s'],
    [59_999, '59 s'],
    [MINUTE, '1 min'],
    [HOUR - 1, '59 min'],
    [HOUR, '1 h'],
    [2 * HOUR + 5 * MINUTE, '2 h 5 min'],
    [DAY - 1, '23 h 59 min'],
    [DAY, '1 d'],
    [3 * DAY + 4 * HOUR + 59 * MINUTE, '3 d 4 h'],
    [400 * DAY, '400 d']
  ] as const) {
    test(`is ${words} for ${ms} ms`, () => assert.equal(describeAge(ms), words))
  }

  test('carries the moment in UTC, for machines and for people', () => {
    const at = Date.parse('2026-11-03T02:07:55.250Z')
    assert.equal(
      renderAge(at, at + 5 * MINUTE).toString(),
      '<time class="age" datetime="2026-11-03T02:07:55.250Z" title="2026-11-03 02:07:55 UTC">5 min</time>'
    )
    assert.equal(renderTime(at).toString(), '<time datetime="2026-11-03T02:07:55.250Z">2026-11-03 02:07:55 UTC</time>')
  })
})
