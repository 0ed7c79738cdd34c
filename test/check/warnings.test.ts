import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { takeTurns, type Warning, warnOfChanges, warnOfNewSeries } from '../../src/check/warnings.ts'
import { judgeOne } from '../support/facts.ts'

/** `a1` is a line of namespace `a`. */
const warnings = (lines: string): readonly Warning[] =>
  lines.split(' ').map(line => ({ namespace: line.slice(0, 1), line }))

suite('warnings', () => {
  test('stay as they are while there is room for all', () => {
    assert.deepEqual(takeTurns(warnings('b1 b2 a1 b3'), 4), ['b1', 'b2', 'a1', 'b3'])
  })

  test('are taken in turns where there is not, and the rest is counted', () => {
    assert.deepEqual(takeTurns(warnings('b1 b2 b3 b4 a1 c1 c2 c3'), 5), [
      'b1',
      'a1',
      'c1',
      'b2',
      'c2',
      '… and 3 more like these'
    ])
  })

  test('end within a turn', () => {
    assert.deepEqual(takeTurns(warnings('b1 b2 a1 c1 c2'), 2), ['b1', 'a1', '… and 3 more like these'])
  })

  test('are five hundred at most where nobody says how many', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => ({ namespace: 'a', line: `${index}` }))
    assert.deepEqual(takeTurns(many(500)).slice(-1), ['499'])
    assert.deepEqual(takeTurns(many(501)).slice(-2), ['499', '… and 1 more like these'])
  })

  for (const [image, version, lines] of [
    [false, false, []],
    [true, false, ['keeps getting another image, release or endpoint']],
    [false, true, ['keeps reporting another version']],
    [true, true, ['keeps reporting another version', 'keeps getting another image, release or endpoint']]
  ] as const) {
    test(`say of a service what keeps changing, and no more: image ${image}, version ${version}`, () => {
      const told = warnOfChanges({ ...judgeOne().report, held: { image, version } })
      assert.deepEqual(
        told.map(({ namespace, line }) => `${namespace}: ${line.slice(0, line.indexOf(': it is'))}`),
        lines.map(what => `dev: dev/shop ${what}`)
      )
    })
  }

  test('of services that are too new name each namespace once, with how many it has', () => {
    const line = (namespace: string, count: number) =>
      `namespace ${namespace} has named too many new services within an hour: ${count} of them are not in /metrics for now`
    assert.deepEqual(warnOfNewSeries(new Set(['shop/a', 'bank/a', 'shop/b', 'shop/c', 'bank/b'])), [
      { namespace: 'shop', line: line('shop', 3) },
      { namespace: 'bank', line: line('bank', 2) }
    ])
    assert.deepEqual(warnOfNewSeries(new Set()), [])
  })
})
