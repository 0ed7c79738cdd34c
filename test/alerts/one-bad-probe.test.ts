import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { firing, PROMTOOLS, replica, runPromtool, type Seen } from './promtool.ts'

const CYCLE_S = 20
const SCRAPE_S = 15
const SECONDS = 150

/** What Prometheus has at each second when the guard's gauge is bad from one cycle's end to the next's. */
function asScraped(fault: readonly [good: number, bad: number], startS: number, scrapeS: number): string {
  const [good, bad] = fault
  return Array.from({ length: SECONDS }, (_, second) => {
    const scrapedAt = second - ((second - scrapeS + SCRAPE_S) % SCRAPE_S)
    return scrapedAt >= startS && scrapedAt < startS + CYCLE_S ? bad : good
  }).join(' ')
}

const FAULTS: readonly (readonly [what: string, facts: (startS: number, scrapeS: number) => Seen])[] = [
  ['a failed probe', (start, scrape) => ({ up: asScraped([1, 0], start, scrape) })],
  ['a wrong version', (start, scrape) => ({ consistent: asScraped([1, 0], start, scrape) })],
  ['a missing SHA', (start, scrape) => ({ warning: asScraped([0, 1], start, scrape) })]
]

for (const { name, program, missing } of PROMTOOLS) {
  suite(`one bad probe, by the ${name} promtool`, needs(missing), () => {
    for (const [what, facts] of FAULTS) {
      test(`${what} in exactly one cycle never pages, at any phase of cycle, scrape and evaluation`, t => {
        // A service for each second at which the cycle can end, a scenario for each second at which scrapes can begin.
        const scenarios = Array.from({ length: SCRAPE_S }, (_, scrape) => {
          const seen = Array.from({ length: CYCLE_S + SCRAPE_S }, (_unused, start) => ({
            service: `ends-at-${start}`,
            checkedAt: '0+1x150',
            ...facts(SCRAPE_S + start, scrape)
          }))
          const moments = Array.from({ length: SECONDS / SCRAPE_S }, (_unused, turn) => `${turn * SCRAPE_S}s`)
          return {
            input_series: [...replica('a:9877', seen, { lastSync: '0+1x150' }), ...replica('b:9877', seen)],
            promql_expr_test: moments.map(at => firing(at))
          }
        })
        assert.equal(runPromtool(t, scenarios, { program, interval: '1s' }), '')
      })
    }
  })
}
