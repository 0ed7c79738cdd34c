import { spawnSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { freePort } from './address.ts'
import { type Child, startChild } from './child.ts'
import { until } from './until.ts'

/** One pair of versions that work together. */
export interface AlertingPair {
  readonly name: string
  readonly prometheus: string
  readonly alertmanager: string
  readonly amtool: string
  readonly promtool: string
  /** Why it cannot be had here, if it cannot. */
  readonly missing: string | undefined
}

const CACHE = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
const NEWEST = process.env.NEWEST_BIN ?? join(CACHE, 'keybuzz-version-guard/newest/bin')

/** Those that are installed; Debian has them in its packages prometheus and prometheus-alertmanager. */
export const INSTALLED: AlertingPair = pair('installed', '', 'apt-get install prometheus prometheus-alertmanager')

/** The newest that Debian has. */
export const NEWEST_PAIR: AlertingPair = pair('newest', `${NEWEST}/`, 'run test/alerts/fetch-newest')

function pair(name: string, folder: string, cure: string): AlertingPair {
  const programs = {
    prometheus: `${folder}prometheus`,
    promtool: `${folder}promtool`,
    alertmanager: `${folder}prometheus-alertmanager`,
    amtool: `${folder}amtool`
  }
  const gone = Object.values(programs).filter(path => spawnSync(path, ['--version']).error !== undefined)
  return { name, ...programs, missing: gone.length === 0 ? undefined : `${gone.join(', ')} not found: ${cure}` }
}

/** A server that can be stopped as an upgrade stops it, and started again with the same flags and storage. */
export interface Restartable {
  readonly url: string
  start(): Promise<void>
  stop(): Promise<void>
}

/** Prometheus with this configuration, which stays as it is over restarts; ended with the test. */
export function prometheusServer(t: TestContext, program: string, folder: string): Promise<Restartable> {
  return server(t, address => [
    program,
    `--config.file=${folder}/prometheus.json`,
    `--storage.tsdb.path=${folder}/prometheus`,
    `--web.listen-address=${address}`,
    '--web.enable-lifecycle',
    '--rules.alert.resend-delay=1s',
    '--rules.alert.for-grace-period=1s'
  ])
}

/** Alertmanager alone, without a cluster; ended with the test. */
export function alertmanagerServer(t: TestContext, program: string, folder: string): Promise<Restartable> {
  return server(t, address => [
    program,
    `--config.file=${folder}/alertmanager.json`,
    `--storage.path=${folder}/alertmanager`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=',
    '--data.maintenance-interval=1m'
  ])
}

async function server(t: TestContext, command: (address: string) => readonly string[]): Promise<Restartable> {
  const address = `127.0.0.1:${await freePort()}`
  const [program = '', ...args] = command(address)
  const url = `http://${address}`
  let child: Child | undefined
  t.after(() => child?.kill())
  return {
    url,
    start: async () => {
      const started = startChild({ program, args })
      child = started
      await until(async () => {
        const ready = await fetch(`${url}/-/ready`).catch(() => undefined)
        if (ready?.status !== 200) throw new Error(`${program} does not start: ${started.lastWords()}`)
      })
    },
    stop: async () => child?.kill('SIGTERM')
  }
}
