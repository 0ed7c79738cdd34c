import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Message, violations, violationsSoFar } from './cooldown-rules.ts'
import { BLIP, ESCALATING, LASTING } from './faulty-fleet.ts'

const told = (service: string, at: number, began: number, severity = 'warning'): Message => {
  return { at, services: [service], alerts: [{ severity, began }] }
}

/** A run in which the cooldown held. */
const HELD: readonly Message[] = [
  ...LASTING.flatMap(service => [2, 24, 46].map(at => told(service, at, 1))),
  told(BLIP, 7, 6),
  told(ESCALATING, 3, 2),
  told(ESCALATING, 25, 9, 'critical')
]

const ROWS: readonly (readonly [rule: string, more: readonly Message[], violation?: string])[] = [
  ['a run in which it held has no violation', []],
  ['twice in a cooldown is one', [told('a', 10, 9), told('a', 29, 28)], 'a: told at 10.0 s and 29.0 s'],
  ['twice around a restart is one', [told('a', 45, 44), told('a', 51, 44)], 'a: told at 45.0 s and 51.0 s'],
  ['but not where an alert began since', [told('a', 45, 44), told('a', 51, 46)]],
  [
    'that excuses the first message after the restart alone',
    [told('a', 45, 44), told('a', 51, 46), told('a', 53, 52)],
    'a: told at 51.0 s and 53.0 s'
  ],
  ['severities share a cooldown', [told('a', 10, 9), told('a', 15, 14, 'critical')], 'a: told at 10.0 s and 15.0 s']
]

suite('the rules of the cooldown', () => {
  for (const [rule, more, violation] of ROWS) {
    test(rule, () => {
      assert.deepEqual(violations([...HELD, ...more]), violation === undefined ? [] : [violation])
      assert.deepEqual(violationsSoFar([...HELD, ...more]), violation === undefined ? [] : [violation])
    })
  }

  test('a critical at once has a cooldown of its own, and may not wait', () => {
    const promised = 'one of each severity'
    const atOnce = HELD.map(message => (message.at === 25 ? { ...message, at: 10 } : message))
    assert.deepEqual(violations(HELD, promised), [`${ESCALATING}: critical told at 25.0 s only`])
    assert.deepEqual(violations(atOnce, promised), [])
    assert.deepEqual(violations(atOnce), [`${ESCALATING}: told at 3.0 s and 10.0 s`])
    assert.deepEqual(violations([...atOnce, told(ESCALATING, 29, 28, 'critical')], promised), [
      `${ESCALATING}, critical: told at 10.0 s and 29.0 s`
    ])
  })

  test('what has not come yet is a violation at the end alone', () => {
    assert.deepEqual(violationsSoFar([]), [])
    assert.equal(violations([]).length, LASTING.length + 2)
  })
})
