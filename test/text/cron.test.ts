import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseCron } from '../../src/text/cron.ts'

const at = (text: string) => Date.parse(text)

suite('cron', () => {
  for (const [rule, pattern, zone, after, expected] of [
    ['comes at its hour', '0 0 3 * * *', 'UTC', '2026-11-26T01:00:00Z', '2026-11-26T03:00:00Z'],
    ['comes the next day where it is over', '0 0 3 * * *', 'UTC', '2026-11-26T03:00:00Z', '2026-11-27T03:00:00Z'],
    ['comes at the hour of its zone', '0 0 3 * * *', 'Europe/Paris', '2026-11-26T00:00:00Z', '2026-11-26T02:00:00Z'],
    ['has seconds first', '30 * * * * *', 'UTC', '2026-11-26T00:00:00Z', '2026-11-26T00:00:30Z'],
    ['comes on its weekday', '0 0 3 * * 1', 'UTC', '2026-11-26T00:00:00Z', '2026-11-30T03:00:00Z'],
    ['waits for a leap year', '0 0 0 29 2 *', 'UTC', '2026-11-26T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['waits for its weekday in a leap year', '0 0 0 29 2 +1', 'UTC', '2026-11-26T00:00:00Z', '2044-02-29T00:00:00Z']
  ] as const) {
    test(`${rule}: ${pattern} ${zone}`, () => {
      const next = parseCron(pattern, zone)
      assert.equal(next && new Date(next(at(after))).toISOString(), new Date(expected).toISOString())
    })
  }

  for (const [rule, pattern, zone] of [
    ['five fields', '0 3 * * *', 'UTC'],
    ['words', 'every night', 'UTC'],
    ['nothing', '', 'UTC'],
    ['an hour that is none', '0 0 25 * * *', 'UTC'],
    ['a day that never comes', '0 0 3 30 2 *', 'UTC'],
    ['a zone that is none', '0 0 3 * * *', 'Mars/Olympus'],
    ['a zone without a name', '0 0 3 * * *', '']
  ] as const) {
    test(`takes no ${rule}`, () => assert.equal(parseCron(pattern, zone), null))
  }
})
