import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, LONGEST_TIMER_MS, parseDuration } from '../../src/text/durations.ts'

suite('duration', () => {
  for (const [text, ms] of [
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['20s', 20_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['2w', 1_209_600_000],
    ['1y', 31_536_000_000],
    ['1y2w3d4h5m6s7ms', 33_019_506_007],
    ['90s', 90_000],
    ['0001s', 1000]
  ] as const) {
    test(`${text} is ${ms} ms`, () => assert.equal(parseDuration(text), ms))
  }

  for (const text of [
    '',
    ' ',
    '20',
    '20 s',
    ' 20s',
    '20s\n',
    '1.5h',
    '-1s',
    '+1s',
    's',
    '1M',
    '1H',
    '30m1h',
    '1s1s',
    '1us',
    '1ns',
    '20sec',
    '１s',
    `${'9'.repeat(20)}s`
  ]) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseDuration(text), null))
  }

  for (const [ms, text] of [
    [0, '0s'],
    [1, '1ms'],
    [1500, '1s500ms'],
    [10_000, '10s'],
    [90_000, '1m30s'],
    [5_400_000, '1h30m'],
    [86_400_000, '1d'],
    [90_000_000, '25h'],
    [604_800_000, '1w'],
    [691_200_000, '8d'],
    [31_622_400_000, '366d'],
    [32_054_400_000, '53w'],
    [31_536_000_000, '1y']
  ] as const) {
    test(`${ms} ms is printed as ${text}, as Prometheus does`, () => assert.equal(formatDuration(ms), text))
  }

  test('of the longest timer is the last that Node.js takes, which sets a longer one to 1 ms', () => {
    assert.equal(LONGEST_TIMER_MS, 2_147_483_647)
  })

  test('means the same after it was printed and read again', () => {
    fc.assert(fc.property(fc.nat(2 ** 48), ms => assert.equal(parseDuration(formatDuration(ms)), ms)))
  })
})
