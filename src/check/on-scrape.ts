import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../domain/ports.ts'
import { LONGEST_TIMER_MS } from '../text/durations.ts'
import type { Checker } from './checker.ts'

/** Runs a cycle for a scrape; `undefined`: the scrape announced no timeout. */
export type CheckOnScrape = (scrapeTimeoutMs: number | undefined) => Promise<void>

// A scraping client decides how often the fleet is asked, but a tiny timeout or scrapes without a pause must not.
const SHORTEST_TIMEOUT_MS = 1_000
const A_MOMENT_MS = 1_000

/** The scrape's timeout, less what the answer itself needs: half a second or a fifth, whichever is smaller. */
export function scrapeBudgetMs(scrapeTimeoutMs: number): number {
  return scrapeTimeoutMs - Math.min(500, scrapeTimeoutMs / 5)
}

/**
 * Runs a cycle for each scrape, limited by the scrape's own timeout (absent: only by the probes' timeouts; at least a
 * second). A scrape during a cycle shares it, and is answered within its own limit even if the cycle has a longer one.
 * A scrape within a second after a cycle is answered from that cycle.
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
