// What the pages and files give to be copied has to suit the rules: how often is checked, how often scraped.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const from = (text: string, pattern: RegExp) => pattern.exec(text)?.[1] ?? `no ${pattern}`

interface ScrapeJob {
  readonly job_name: string
  readonly scrape_interval?: string
  readonly honor_labels?: boolean
}

/** Every scrape job in a parsed YAML document, also those in a text of one of its values, as charts take them. */
function scrapeJobsIn(value: unknown): readonly ScrapeJob[] {
  if (typeof value === 'string' && value.includes('job_name:')) return scrapeJobsIn(parse(value))
  if (Array.isArray(value)) return value.flatMap(scrapeJobsIn)
  if (typeof value !== 'object' || value === null) return []
  return 'job_name' in value ? [value as ScrapeJob] : Object.values(value).flatMap(scrapeJobsIn)
}

const OURS = ['keybuzz-version-guard', 'node']
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT })
const shown = pages.flatMap(page =>
  [...read(page).matchAll(/^```yaml\n(.+?)^```$/gms)].map(([, block = '']) => [page, block] as const)
)
const shipped = globSync(['values/*.yaml', 'compose/prometheus/*.yaml'], { cwd: ROOT }).map(
  file => [file, read(file)] as const
)
const jobs = [...shown, ...shipped].flatMap(([where, text]) =>
  scrapeJobsIn(parse(text))
    .filter(({ job_name }) => OURS.includes(job_name))
    .map(job => ({ where, ...job }))
)

suite('scrape jobs', () => {
  test('are where people look for one', () => {
    assert.deepEqual([...new Set(jobs.map(({ where }) => where))].sort(), [
      'README.md',
      'compose/prometheus/prometheus.yaml',
      'docs/listener.md',
      'docs/moving-from-the-script.md',
      'docs/stack.md',
      'values/prometheus.yaml'
    ])
  })

  for (const { where, job_name, scrape_interval, honor_labels } of jobs) {
    test(`${job_name} in ${where} is scraped as often as the rules count on, and keeps the guard's labels`, () => {
      assert.equal(scrape_interval, '15s')
      assert.equal(honor_labels, true)
    })
  }
})

suite('checks by the clock', () => {
  const page = read('docs/moving-from-the-script.md')
  const [, minutesOfCron] = /^\*\/(\d+) \* .+ npm run --silent check/m.exec(page) ?? []

  test('have the period of cron for their CHECK_INTERVAL', () => {
    assert.equal(from(page, /^\*\/.+\bCHECK_INTERVAL=(\S+)/m), `${minutesOfCron}m`)
  })

  test('have the period of the timer for their CHECK_INTERVAL, and come each minute, as the rules for them count on', () => {
    assert.equal(from(page, /^Environment=CHECK_INTERVAL=(\S+)$/m), '1m')
    assert.equal(from(page, /^OnCalendar=(\S+)$/m), '*:0/1')
    assert.match(page, /^AccuracySec=1s$/m)
  })
})
