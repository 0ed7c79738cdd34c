import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { firing, PROMTOOLS, replica, runPromtool, type Seen } from './promtool.ts'
import { RULES } from './shipped-rules.ts'

const ROOT = join(import.meta.dirname, '../..')
const SCRAPE_S = 15
/** The next check takes as long as CHECK_TIMEOUT lets it: so much later does its answer take the bad one's place. */
const LATE_S = 10

interface World {
  readonly cycleS: number
  /** From one moment at which the cycle can end to the next that is tried. */
  readonly stepS: number
  readonly lastsS: number
  readonly rulesFor: (t: TestContext) => string
}

// Each CHECK_INTERVAL that the documentation has, with the rules that it says.
const WORLDS: readonly World[] = [
  { cycleS: 20, stepS: 1, lastsS: 150, rulesFor: () => RULES },
  { cycleS: 60, stepS: 5, lastsS: 240, rulesFor: rulesForMinutes }
]

/** The rules as the page on alerting changes them for a CHECK_INTERVAL of a minute, by its very command. */
function rulesForMinutes(t: TestContext): string {
  const [command = ''] = /^sed .+$/m.exec(readFileSync(join(ROOT, 'docs/alerting.md'), 'utf8')) ?? []
  const rules = join(temporaryFolder(t), 'rules.yaml')
  execFileSync('bash', ['-c', command.replace(/ > \S+$/, ` > ${rules}`)], { cwd: ROOT })
  return rules
}

type Fault = readonly [good: number, bad: number]

/** What Prometheus has at each second when the guard's gauge is bad from one cycle's end to the next's. */
function asScraped(
  [good, bad]: Fault,
  startS: number,
  { cycleS, lastsS, scrapeS }: World & { scrapeS: number }
): string {
  return Array.from({ length: lastsS }, (_, second) => {
    const scrapedAt = second - ((second - scrapeS + SCRAPE_S) % SCRAPE_S)
    return scrapedAt >= startS && scrapedAt < startS + cycleS + LATE_S ? bad : good
  }).join(' ')
}

const FAULTS: readonly (readonly [what: string, gauge: keyof Seen, fault: Fault])[] = [
  ['a failed probe', 'up', [1, 0]],
  ['a wrong version', 'consistent', [1, 0]],
  ['a missing SHA', 'warning', [0, 1]]
]

for (const { name, program, missing } of PROMTOOLS) {
  suite(`one bad probe, by the ${name} promtool`, needs(missing), () => {
    for (const world of WORLDS) {
      const { cycleS, stepS, lastsS, rulesFor } = world
      for (const [what, gauge, fault] of FAULTS) {
        test(`${what} in exactly one cycle of ${cycleS} s never pages, at any phase of cycle, scrape and evaluation`, t => {
          // A service for each second at which the cycle can end, a scenario for each second at which scrapes can begin.
          const scenarios = Array.from({ length: SCRAPE_S }, (_, scrapeS) => {
            const seen = Array.from({ length: (cycleS + SCRAPE_S) / stepS }, (_unused, step) => {
              const startS = SCRAPE_S + step * stepS
              return {
                service: `ends-at-${startS}`,
                checkedAt: `0+1x${lastsS}`,
                [gauge]: asScraped(fault, startS, { ...world, scrapeS })
              }
            })
            const self = { lastSync: `0+1x${lastsS}`, interval: cycleS }
            const moments = Array.from({ length: lastsS / SCRAPE_S }, (_unused, turn) => `${turn * SCRAPE_S}s`)
            return {
              input_series: [...replica('a:9877', seen, self), ...replica('b:9877', seen, self)],
              promql_expr_test: moments.map(at => firing(at))
            }
          })
          assert.equal(runPromtool(t, scenarios, { program, interval: '1s', rules: rulesFor(t) }), '')
        })
      }
    }
  })
}
