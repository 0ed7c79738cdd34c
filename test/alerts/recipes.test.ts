// What the pages and files give to be copied has to suit the rules: how often is checked, how often scraped.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { INSTALLED, NEWEST_PAIR } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { PROMTOOLS, runPromtool } from './promtool.ts'
import { readRules } from './shipped-rules.ts'

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

for (const { name, program, missing } of PROMTOOLS) {
  suite(`an update that has to wait for three days, by the ${name} promtool`, needs(missing), () => {
    test('is told after them, though the guard restarts every twelve hours', t => {
      const shipped = readRules().alerts.find(({ alert }) => alert === 'KeyBuzzImageUpdateAvailable')
      const expr = from(read('docs/images.md'), /^```promql\n(.+?)^```$/ms)
      const rules = join(temporaryFolder(t), 'rules.json')
      const { interval, ...alert } = { ...shipped, expr, annotations: {} }
      writeFileSync(rules, JSON.stringify({ groups: [{ name: 'images', interval, rules: [alert] }] }))
      const series = 'keybuzz_image_update_available{namespace="dev",service="shop",container="app"}'
      // One sample every five minutes: an hour without an update, and three days and a half with one.
      const values = `0x11 ${Array(7).fill('1x141 stale stale').join(' ')}`
      const fires = (eval_time: string, value: number) => ({
        expr: 'count(ALERTS{alertstate="firing"}) or vector(0)',
        eval_time,
        exp_samples: [{ labels: '{}', value }]
      })
      const promql_expr_test = [fires('2h', 0), fires('3d', 0), fires('3d2h', 1), fires('3d10h', 1)]
      const scenario = { input_series: [{ series, values }], promql_expr_test }
      assert.equal(runPromtool(t, [scenario], { program, rules, interval: '5m' }), '')
    })
  })
}

suite('the daily message at an hour of its own', () => {
  const recipe = parse(from(read('docs/alerting.md'), /^```yaml\n(route:\n.+?)^```$/ms))
  const [daily] = recipe.route.routes

  test('differs from the shipped route in its turns alone', () => {
    const { group_interval, active_time_intervals, ...same } = daily
    const { group_interval: _day, ...shipped } = parse(read('alerts/alertmanager.yaml')).route.routes.at(-1)
    assert.deepEqual(same, shipped)
  })

  test('has one turn in that hour', () => {
    const [{ name, time_intervals }] = recipe.time_intervals
    assert.deepEqual(daily.active_time_intervals, [name])
    const [{ start_time, end_time }] = time_intervals[0].times
    assert.deepEqual([start_time, end_time, daily.group_interval], ['09:00', '10:00', '1h'])
  })

  for (const { name, amtool, missing } of [INSTALLED, NEWEST_PAIR]) {
    test(`is valid, by the ${name} amtool`, needs(missing), t => {
      const config = {
        ...parse(read('alerts/alertmanager.yaml')),
        time_intervals: recipe.time_intervals,
        templates: []
      }
      config.route.routes.splice(-1, 1, daily)
      const file = join(temporaryFolder(t), 'alertmanager.json')
      writeFileSync(file, JSON.stringify(config))
      const { status, stdout, stderr } = spawnSync(amtool, ['check-config', file], { encoding: 'utf8' })
      assert.equal(status, 0, `${stdout}${stderr}`)
    })
  }
})
