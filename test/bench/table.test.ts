import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { renderFile } from '../../tools/bench/kept-results.ts'
import { type KeptResult, type Row, withoutSamples } from '../../tools/bench/subject.ts'
import { renderResult } from '../../tools/bench/table.ts'

const row: Row = { what: 'a cycle', unit: 'ms', better: 'less', ours: [57.12, 55, 60], peer: [5400], limit: '50 ms' }

const heading = { title: 'A cycle', peer: 'the script', notes: 'In turn.' }

function resultOf(...rows: readonly Row[]): KeptResult {
  return withoutSamples({ subject: 'cycle', date: '2026-11-21', machine: '2 × CPU', versions: 'Node 24', rows })
}

suite("a benchmark's table", () => {
  test('has medians with their spread, the ratio, the limit, and where it was measured', () => {
    assert.equal(
      renderResult(
        heading,
        resultOf(row, { ...row, what: 'rate', unit: '/s', better: 'more', ours: [6400], peer: [34] })
      ),
      `## A cycle

|         | the guard          | the script | the guard is better by | physical limit |
| ------- | ------------------ | ---------- | ---------------------- | -------------- |
| a cycle | 57.1 ms (55 to 60) | 5,400 ms   | 94.5 ×                 | 50 ms          |
| rate    | 6,400/s            | 34/s       | 188 ×                  | 50 ms          |

In turn.

Medians of up to 3 (least to most). 2026-11-21; 2 × CPU; Node 24.
`
    )
  })

  test('leaves the peer out where there is none', () => {
    const text = renderResult({ ...heading, notes: '' }, resultOf({ ...row, peer: [] }))
    assert.match(text, /^\| +\| the guard +\| physical limit \|$/m)
    assert.doesNotMatch(text, /script|×(?! CPU)|\n\n\n/)
  })

  test('leaves the cells of the peer empty in a row without one', () => {
    const text = renderResult(
      heading,
      resultOf(row, { ...row, what: 'memory', unit: 'MB', ours: [40.26], peer: [], limit: '' })
    )
    assert.match(text, /^\| memory +\| 40\.3 MB +\| +\| +\| +\|$/m)
  })
})

suite('a kept benchmark', () => {
  test('has the median and the range of samples, and not the samples', () => {
    const kept = renderFile([resultOf(row, { ...row, ours: Array(1000).fill(1 / 3), peer: [] })])
    const [{ rows }] = JSON.parse(kept)
    const figure = { what: 'a cycle', unit: 'ms', better: 'less', limit: '50 ms' }
    assert.deepEqual(rows, [
      {
        ...figure,
        ours: { median: 57.12, least: 55, most: 60, count: 3 },
        peer: { median: 5400, least: 5400, most: 5400, count: 1 }
      },
      { ...figure, ours: { median: 0.333333, least: 0.333333, most: 0.333333, count: 1000 }, peer: null }
    ])
    assert.equal(kept.split('\n').length, 5)
  })
})
