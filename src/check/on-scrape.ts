import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../domain/ports.ts'
import { LONGEST_TIMER_MS } from '../text/durations.ts'
import type { Checker } from './checker.ts'

/** Runs a cycle for a scrape; `undefined`: the scrape announced no timeout. */
export type CheckOnScrape = (scrapeTimeoutMs: number | undefined) => Promise<void>

// A client that scrapes decides how often the fleet is asked; a tiny timeout or scraping without a pause must not.
const SHORTEST_TIMEOUT_MS = 1_000
const A_MOMENT_MS = 1_000

/** What is kept back from the scrape's timeout for the answer itself: the smaller of half a second and a fifth. */
export function scrapeBudgetMs(scrapeTimeoutMs: number): number {
  return scrapeTimeoutMs - Math.min(500, scrapeTimeoutMs / 5)
}

/**
 * Runs a cycle for each scrape, bounded by the scrape's own timeout (absent: only by the probes'; at least a second). A
 * scrape during a cycle shares it, and is answered within its own bound even where the cycle was given more. One within
 * a second after a cycle is answered by that cycle.
 */
export function createCheckOnScrape(checker: Pick<Checker, 'cycle'>, monotonic: Clock): CheckOnScrape {
  let endedAt = Number.NEGATIVE_INFINITY

  async function cycle(options?: { readonly budgetMs: number }): Promise<void> {
    await checker.cycle(options)
    endedAt = monotonic()
  }

  return async scrapeTimeoutMs => {
    if (monotonic() - endedAt < A_MOMENT_MS) return
    if (scrapeTimeoutMs === undefined) return cycle()
    const timeoutMs = Math.max(scrapeTimeoutMs, SHORTEST_TIMEOUT_MS)
    const budgetMs = Math.min(scrapeBudgetMs(timeoutMs), LONGEST_TIMER_MS)
    const answered = new AbortController()
    const outOfTime = wait(budgetMs, undefined, { signal: answered.signal }).catch(() => undefined)
    await Promise.race([cycle({ budgetMs }), outOfTime]).finally(() => answered.abort())
  }
}
