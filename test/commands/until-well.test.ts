import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { untilWell } from '../../src/commands/until-well.ts'

/** Looks at a world that is well from the n-th look on; gives how it ended, when each look began, and what was left then. */
async function waitFor(wellAt: number, { waitMs, lookMs = 0 }: { waitMs: number | null; lookMs?: number }) {
  let now = 1000
  const looks: number[] = []
  const left: number[] = []
  const last = await untilWell({
    look: async () => {
      looks.push(now - 1000)
      now += lookMs
      return looks.length
    },
    isWell: look => look >= wellAt,
    waitMs,
    intervalMs: 20,
    onWait: (_look, leftMs) => left.push(leftMs),
    monotonic: () => now,
    pause: async ms => {
      now += ms
    }
  })
  return { last, looks, left }
}

suite('waiting until all is well', () => {
  for (const [rule, wellAt, options, expected] of [
    ['looks once where nobody waits', 2, { waitMs: null }, { last: 1, looks: [0], left: [] }],
    ['looks once where all is well', 1, { waitMs: 100 }, { last: 1, looks: [0], left: [] }],
    [
      'looks again each interval until all is well',
      3,
      { waitMs: 100 },
      { last: 3, looks: [0, 20, 40], left: [100, 80] }
    ],
    ['counts the time of a look', 3, { waitMs: 100, lookMs: 15 }, { last: 3, looks: [0, 20, 40], left: [85, 65] }],
    ['does not overlap looks', 3, { waitMs: 100, lookMs: 30 }, { last: 3, looks: [0, 30, 60], left: [70, 40] }],
    [
      'looks a last time when the time is over, and never after',
      9,
      { waitMs: 50 },
      { last: 4, looks: [0, 20, 40, 50], left: [50, 30, 10] }
    ],
    ['ends with a look that outlasts the time', 9, { waitMs: 50, lookMs: 60 }, { last: 1, looks: [0], left: [] }],
    ['looks once where there is no time', 9, { waitMs: 0 }, { last: 1, looks: [0], left: [] }]
  ] as const) {
    test(rule, async () => assert.deepEqual(await waitFor(wellAt, options), expected))
  }
})
