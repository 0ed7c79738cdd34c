import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type CheckOnScrape, createCheckOnScrape, scrapeBudgetMs } from '../../src/check/on-scrape.ts'
import type { CycleOptions } from '../../src/check/prober.ts'

interface World {
  /** What the clock says. */
  now: number
  /** The options of each cycle. */
  readonly cycles: (CycleOptions | undefined)[]
  readonly check: CheckOnScrape
}

function setUp(cycle: () => Promise<void> = async () => {}): World {
  const cycles: (CycleOptions | undefined)[] = []
  const recorded = (options?: CycleOptions) => {
    cycles.push(options)
    return cycle()
  }
  const world: World = { now: 0, cycles, check: createCheckOnScrape({ cycle: recorded }, () => world.now) }
  return world
}

suite('check on scrape', () => {
  for (const [timeoutMs, budgetMs] of [
    [10_000, 9500],
    [2500, 2000],
    [1000, 800],
    [500, 400]
  ] as const) {
    test(`leaves ${timeoutMs - budgetMs} ms of a scrape's ${timeoutMs} ms for the answer`, () => {
      assert.equal(scrapeBudgetMs(timeoutMs), budgetMs)
    })
  }

  for (const [rule, timeoutMs, options] of [
    ["bounds the cycle by the scrape's timeout", 10_000, { budgetMs: 9500 }],
    ['leaves the cycle to the probes without a timeout', undefined, undefined],
    ['takes a timeout of less than a second for a second', 999, { budgetMs: 800 }],
    ['takes a timeout of next to nothing for a second', Number.MIN_VALUE, { budgetMs: 800 }],
    ['takes a second as it is', 1000, { budgetMs: 800 }],
    ['takes an absurd timeout for a long one', Number.MAX_SAFE_INTEGER, { budgetMs: 2 ** 31 - 1 }]
  ] as const) {
    test(rule, async () => {
      const { check, cycles } = setUp()
      await check(timeoutMs)
      assert.deepEqual(cycles, [options])
    })
  }

  test('answers by the last cycle for a second after its end, whatever timeout is announced', async () => {
    const world = setUp()
    await world.check(10_000)
    world.now = 999
    for (const timeoutMs of [10_000, 1, undefined]) await world.check(timeoutMs)
    assert.equal(world.cycles.length, 1)
    world.now = 1000
    await world.check(undefined)
    world.now = 1999
    await world.check(10_000)
    assert.equal(world.cycles.length, 2)
    world.now = 2000
    await world.check(10_000)
    assert.equal(world.cycles.length, 3)
  })

  test('counts that second from the end of the cycle, not from its beginning', async () => {
    let end = () => {}
    const world = setUp(
      () =>
        new Promise(resolve => {
          end = resolve
        })
    )
    const first = world.check(undefined)
    world.now = 5000
    end()
    await first
    world.now = 5999
    await world.check(undefined)
    assert.equal(world.cycles.length, 1)
  })

  test('answers within its own bound when it shares a longer cycle', async () => {
    await setUp(() => new Promise(() => {})).check(1)
  })

  for (const timeoutMs of [10_000, undefined]) {
    test(`fails when the cycle does, leaves no timer, and lets the next scrape try again: ${timeoutMs}`, async () => {
      const timers = process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
      const { check, cycles } = setUp(() => Promise.reject(new Error('broken')))
      await assert.rejects(check(timeoutMs), /broken/)
      await nextTurn()
      assert.equal(process.getActiveResourcesInfo().filter(name => name === 'Timeout').length, timers)
      await assert.rejects(check(timeoutMs), /broken/)
      assert.equal(cycles.length, 2)
    })
  }
})
