import { setTimeout as wait } from 'node:timers/promises'
import { LONGEST_TIMER_MS } from '../text/durations.ts'
import type { Checker } from './checker.ts'

/** What is kept back from the scrape's timeout for the answer itself: the smaller of half a second and a fifth. */
export function scrapeBudgetMs(scrapeTimeoutMs: number): number {
  return scrapeTimeoutMs - Math.min(500, scrapeTimeoutMs / 5)
}

/**
 * Runs a cycle for a scrape, bounded by the scrape's own timeout (absent: by the probes' alone). A scrape that comes
 * during a cycle shares it, and is answered within its own bound even where the cycle was given more.
 */
export async function checkOnScrape(checker: Checker, scrapeTimeoutMs: number | undefined): Promise<void> {
  if (scrapeTimeoutMs === undefined) return checker.cycle()
  const budgetMs = Math.min(scrapeBudgetMs(scrapeTimeoutMs), LONGEST_TIMER_MS)
  const answered = new AbortController()
  const outOfTime = wait(budgetMs, undefined, { signal: answered.signal }).catch(() => undefined)
  await Promise.race([checker.cycle({ budgetMs }), outOfTime])
  answered.abort()
}
