import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Result, Row } from '../../tools/bench/subject.ts'
import { renderResult } from '../../tools/bench/table.ts'

const row: Row = { what: 'a cycle', unit: 'ms', better: 'less', ours: [57.12, 55, 60], peer: [5400], limit: '50 ms' }

function resultOf(...rows: readonly Row[]): Result {
  return {
    subject: 'cycle',
    title: 'A cycle',
    peer: 'the script',
    notes: 'In turn.',
    date: '2026-11-21',
    machine: '2 × CPU',
    versions: 'Node 24',
    rows
  }
}

suite("a benchmark's table", () => {
  test('has medians with their spread, the ratio, the limit, and where it was measured', () => {
    assert.equal(
      renderResult(resultOf(row, { ...row, what: 'rate', unit: '/s', better: 'more', ours: [6400], peer: [34] })),
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
    const text = renderResult({ ...resultOf({ ...row, peer: [] }), notes: '' })
    assert.match(text, /^\| +\| the guard +\| physical limit \|$/m)
    assert.doesNotMatch(text, /script|×(?! CPU)|\n\n\n/)
  })

  test('leaves cells empty of a row that has no peer beside rows that have', () => {
    const text = renderResult(resultOf(row, { ...row, what: 'memory', unit: 'MB', ours: [40.26], peer: [], limit: '' }))
    assert.match(text, /^\| memory +\| 40\.3 MB +\| +\| +\| +\|$/m)
  })
})
