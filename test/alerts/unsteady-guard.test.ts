import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { firing, PROMTOOLS, type Replica, replica, runPromtool } from './promtool.ts'

const GUARD_DOWN = ['KeyBuzzVersionGuardDown', 'critical', 'keybuzz-version-guard'] as const

type Expected = Parameters<typeof firing>

const turns = (...values: readonly (string | number)[]) => Array.from({ length: 60 }, () => values.join(' ')).join(' ')
const startedAt = Array.from({ length: 240 }, (_, sample) => Math.floor(sample / 4) * 60).join(' ')
const gaps = { alive: turns(1, 1, 1, 'stale'), up: turns(1, 1, 1, 0) }
const UNSTEADY: readonly (readonly [rule: string, a: Replica, b: Replica, ...expected: Expected[]])[] = [
  ['a guard that restarts every minute is told', { ...gaps, startedAt }, { ...gaps, startedAt }, ['10m', GUARD_DOWN]],
  ['restarts between two scrapes are told', { startedAt }, {}, ['4m'], ['5m', GUARD_DOWN], ['50m', GUARD_DOWN]],
  ['a restart is not told', { startedAt: '0x20 300x220' }, { startedAt: '0x24 360x216' }, ['6m'], ['10m']],
  ['scrapes that fail now and then are told', gaps, gaps, ['4m'], ['6m', GUARD_DOWN], ['30m', GUARD_DOWN]],
  ['failing scrapes of one replica are not told', gaps, { up: '1x240' }, ['10m'], ['30m']],
  [
    'a guard that is replaced is told no longer than its alert holds',
    {
      alive: '1x40 stale _x240',
      up: '1x40 stale _x240',
      startedAt: `${startedAt.split(' ').slice(0, 41).join(' ')} stale _x240`
    },
    { alive: '_x41 1x200', up: '_x41 1x200', startedAt: '_x41 600x200' },
    ['6m', GUARD_DOWN],
    ['19m', GUARD_DOWN],
    ['21m']
  ],
  [
    'a crash loop of a guard that is there is told, though another one was replaced',
    { alive: '1x20 stale _x240', up: '1x20 stale _x240', startedAt: '0x20 stale _x240' },
    { startedAt, ...gaps },
    ['10m', GUARD_DOWN],
    ['30m', GUARD_DOWN]
  ],
  [
    'scrapes that fail now and then are told, though a guard that never failed was replaced',
    { alive: '1x20 stale _x240', up: '1x20 stale _x240' },
    { alive: `_x21 ${gaps.alive}`, up: `_x21 ${gaps.up}` },
    ['10m15s', GUARD_DOWN]
  ],
  ['two minutes without a scrape are one gap', { up: '1x20 0x8 1x240' }, { up: '1x20 0x8 1x240' }, ['8m'], ['12m']]
]

for (const { name, program, missing } of PROMTOOLS) {
  suite(`a guard that does not stay up, by the ${name} promtool`, needs(missing), () => {
    for (const [rule, a, b, ...expected] of UNSTEADY) {
      test(rule, t => {
        const input_series = [...replica('a:9877', [], a), ...replica('b:9877', [], b)]
        const promql_expr_test = expected.map(row => firing(...row))
        assert.equal(runPromtool(t, [{ input_series, promql_expr_test }], { program }), '')
      })
    }
  })
}
