import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { temporaryFolder } from './guard-process.ts'
import { until } from './until.ts'

/** Why tests with Prometheus must be skipped, if they must. */
export const prometheusMissing =
  spawnSync('prometheus', ['--version']).error === undefined && spawnSync('promtool', ['--version']).error === undefined
    ? undefined
    : 'prometheus and promtool are not on the PATH; Debian has both in its package prometheus'

export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

export interface RunningPrometheus {
  /** An instant query. */
  query(expression: string): Promise<readonly Sample[]>
}

/** Starts a real Prometheus that scrapes these origins every 200 ms; ended with the test. */
export async function startPrometheus(t: TestContext, ...origins: readonly string[]): Promise<RunningPrometheus> {
  const folder = temporaryFolder(t)
  const config = join(folder, 'prometheus.yml')
  const targets = origins.map(origin => new URL(origin).host)
  const scrape = { job_name: 'guard', honor_labels: true, static_configs: [{ targets }] }
  writeFileSync(
    config,
    JSON.stringify({ global: { scrape_interval: '200ms', scrape_timeout: '200ms' }, scrape_configs: [scrape] })
  )
  const address = `127.0.0.1:${await freePort()}`
  const flags = [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`]
  const child = spawn('prometheus', flags, { stdio: 'ignore' })
  t.after(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  const query = async (expression: string) => {
    const response = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(expression)}`)
    const body = (await response.json()) as { status: string; data: { result: readonly Sample[] } }
    if (body.status !== 'success') throw new Error(JSON.stringify(body))
    return body.data.result
  }
  await until(() => query('1'))
  return { query }
}

/** What promtool has to say of an exposition; empty: nothing. Throws where it cannot be parsed. */
export function checkMetrics(exposition: string): string {
  return execFileSync('promtool', ['check', 'metrics'], { input: exposition, encoding: 'utf8', stdio: 'pipe' })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
