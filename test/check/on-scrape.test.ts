import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { CycleOptions } from '../../src/check/asker.ts'
import type { Checker } from '../../src/check/checker.ts'
import { checkOnScrape, scrapeBudgetMs } from '../../src/check/on-scrape.ts'

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

  const checkerOf = (cycle: Checker['cycle']): Checker => ({
    cycle,
    askNew: async () => {},
    rejudge: async () => {},
    settled: async () => {},
    cyclesDone: () => 0,
    report: () => assert.fail('not asked for')
  })

  test("bounds the cycle by the scrape's timeout where there is one", async () => {
    const seen: (CycleOptions | undefined)[] = []
    const checker = checkerOf(async options => {
      seen.push(options)
    })
    await checkOnScrape(checker, 10_000)
    await checkOnScrape(checker, undefined)
    assert.deepEqual(seen, [{ budgetMs: 9500 }, undefined])
  })

  test('answers within its own bound when it shares a longer cycle', async () => {
    await checkOnScrape(
      checkerOf(() => new Promise(() => {})),
      5
    )
  })

  test('takes an absurd timeout for a long one', async () => {
    const seen: (CycleOptions | undefined)[] = []
    const checker = checkerOf(async options => {
      seen.push(options)
    })
    await checkOnScrape(checker, Number.MAX_SAFE_INTEGER)
    assert.deepEqual(seen, [{ budgetMs: 2 ** 31 - 1 }])
  })

  test('fails when the cycle does, rather than showing old verdicts as new', async () => {
    const checker = checkerOf(() => Promise.reject(new Error('broken')))
    await assert.rejects(checkOnScrape(checker, 10_000), /broken/)
  })
})
