import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { RULES, readAllRules } from '../alerts/shipped-rules.ts'
import { prometheusServer } from './alertmanager.ts'
import { findProgram } from './component.ts'
import { temporaryFolder } from './files.ts'
import { inDrill, inTest, scaleRules } from './scaled.ts'
import type { Lifetime } from './stage.ts'

/** Why tests with Prometheus must be skipped, if they must. */
export const prometheusMissing =
  findProgram('prometheus') === undefined || findProgram('promtool') === undefined
    ? 'prometheus and promtool are not on the PATH; Debian has both in its package prometheus'
    : undefined

export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

/** One series of an answer over a range. */
export interface Matrix {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [number, string])[]
}

export interface RunningPrometheus {
  /** An instant query. */
  query(expression: string): Promise<readonly Sample[]>
  /** A range query over the last seconds, at each step. */
  queryRange(expression: string, seconds: number, step: number): Promise<readonly Matrix[]>
  /** How many of these series it has ever had, including those that ended. */
  countSeries(selector: string): Promise<number>
}

/** Starts a real Prometheus that scrapes these origins every 200 ms; ended with the test. */
export function startPrometheus(t: TestContext, ...origins: readonly string[]): Promise<RunningPrometheus> {
  return startScraping(t, toScrape(origins))
}

/** The same, and it records what the shipped rules record, 60 times as fast. */
export function startRecording(t: TestContext, ...origins: readonly string[]): Promise<RunningPrometheus> {
  return startScraping(t, toScrape(origins), readAllRules(text => scaleRules(text, inDrill)).recordings)
}

function toScrape(origins: readonly string[]) {
  return { static_configs: [{ targets: origins.map(origin => new URL(origin).host) }] }
}

/** The same, with more settings of a `scrape_config`, and with these recording rules. */
export async function startScraping(
  t: TestContext,
  how: object,
  recordings: readonly object[] = []
): Promise<RunningPrometheus> {
  const folder = temporaryFolder(t)
  const scrape = { job_name: 'guard', honor_labels: true, ...how }
  writeFileSync(
    join(folder, 'rules.json'),
    JSON.stringify({ groups: [{ name: 'recordings', interval: '200ms', rules: recordings }] })
  )
  writeFileSync(
    join(folder, 'prometheus.json'),
    JSON.stringify({
      global: { scrape_interval: '200ms', scrape_timeout: '200ms' },
      rule_files: ['rules.json'],
      scrape_configs: [scrape]
    })
  )
  const prometheus = await prometheusServer(t, 'prometheus', folder)
  await prometheus.start()
  const ask = <Data>(path: string) => askPrometheus<Data>(prometheus.url, path)
  const query = async (expression: string) =>
    (await ask<{ result: readonly Sample[] }>(`query?query=${encodeURIComponent(expression)}`)).result
  return {
    query,
    queryRange: async (expression, seconds, step) => {
      const end = Date.now() / 1000
      const params = new URLSearchParams({
        query: expression,
        start: `${end - seconds}`,
        end: `${end}`,
        step: `${step}`
      })
      return (await ask<{ result: readonly Matrix[] }>(`query_range?${params}`)).result
    },
    countSeries: async selector =>
      (await ask<readonly unknown[]>(`series?match[]=${encodeURIComponent(selector)}`)).length
  }
}

export interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** Starts a real Prometheus with the shipped rules, 90 times as fast; gives what fires, whenever it is asked. */
export async function startAlerting(life: Lifetime, ...origins: readonly string[]) {
  const folder = temporaryFolder(life)
  writeFileSync(join(folder, 'rules.yaml'), scaleRules(readFileSync(RULES, 'utf8'), inTest))
  const pace = { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' }
  const scrape = { job_name: 'guard', honor_labels: true, ...toScrape(origins) }
  writeFileSync(
    join(folder, 'prometheus.json'),
    JSON.stringify({ global: pace, rule_files: ['rules.yaml'], scrape_configs: [scrape] })
  )
  const prometheus = await prometheusServer(life, 'prometheus', folder)
  await prometheus.start()
  return {
    url: prometheus.url,
    firing: async (): Promise<readonly FiringAlert[]> => {
      const { alerts } = await askPrometheus<{ alerts: readonly (FiringAlert & { state: string })[] }>(
        prometheus.url,
        'alerts'
      )
      return alerts.filter(({ state }) => state === 'firing')
    }
  }
}

/** What Prometheus answers to `PATH` of its API; rejects with its complaint. */
export async function askPrometheus<Data>(origin: string, path: string): Promise<Data> {
  const body = (await (await fetch(`${origin}/api/v1/${path}`)).json()) as { status: string; data: Data }
  if (body.status !== 'success') throw new Error(JSON.stringify(body))
  return body.data
}

/** What promtool has to say of an exposition; empty: nothing. Throws where it cannot be parsed. */
export function checkMetrics(exposition: string): string {
  return execFileSync('promtool', ['check', 'metrics'], { input: exposition, encoding: 'utf8', stdio: 'pipe' })
}
