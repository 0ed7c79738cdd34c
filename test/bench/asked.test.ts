import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { renderAsked } from '../../tools/bench/asked.ts'
import { renderBenchmarks } from '../../tools/bench/kept-results.ts'
import { type KeptResult, type Row, withoutSamples } from '../../tools/bench/subject.ts'

function resultOf(subject: string, ...rows: readonly Row[]): KeptResult {
  return withoutSamples({ subject, date: '', machine: '', versions: '', rows })
}

const common = { better: 'less', limit: '' } as const
const cycle = resultOf(
  'cycle',
  { what: '50 services that answer in 50 ms', unit: 'ms', ours: [60, 50], peer: [4400], ...common },
  { what: '200 services that answer in 0 ms', unit: 'ms', ours: [20], peer: [5000], ...common }
)
const loop = resultOf('loop', {
  what: '1,000 services, 1000 at once',
  unit: 'ms',
  ours: [9, 60, 9],
  peer: [],
  ...common
})

suite('what was asked', () => {
  const text = renderAsked([cycle, loop])
  const lineOf = (what: string) =>
    text
      .split('\n')
      .find(line => line.startsWith(`| ${what} `))
      ?.split(/ *\| */)
      .slice(2, -1)

  test('is met as often better as was asked, or more', () => {
    assert.deepEqual(lineOf('a cycle of 50 services in 50 ms'), ['at least 80 ×', '80 ×', 'yes'])
    assert.deepEqual(lineOf('a cycle of 200 services at once'), ['at least 300 ×', '250 ×', '**no**'])
  })

  test('is not met by a median where the worst counts', () => {
    assert.deepEqual(lineOf('longest block of the loop meanwhile'), ['at most 50 ms', '60 ms', '**no**'])
  })

  test('says so where it was not measured', () => {
    assert.deepEqual(lineOf('memory when idle'), ['at most 90 MB', 'not measured', ''])
  })

  test('was measured, all of it, when results were kept last', () => {
    assert.doesNotMatch(renderBenchmarks(), /not measured/)
  })
})
