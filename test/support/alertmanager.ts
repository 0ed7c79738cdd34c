import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { until } from './until.ts'

/** One pair of versions that work together. */
export interface AlertingPair {
  readonly name: string
  readonly prometheus: string
  readonly alertmanager: string
  readonly amtool: string
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
  const programs = { prometheus: 'prometheus', alertmanager: 'prometheus-alertmanager', amtool: 'amtool' }
  const paths = Object.values(programs).map(program => `${folder}${program}`)
  const [prometheus = '', alertmanager = '', amtool = ''] = paths
  const gone = paths.filter(path => spawnSync(path, ['--version']).error !== undefined)
  const missing = gone.length === 0 ? undefined : `${gone.join(', ')} not found: ${cure}`
  return { name, prometheus, alertmanager, amtool, missing }
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
  const [program = '', ...flags] = command(address)
  const url = `http://${address}`
  let child: ChildProcess | undefined
  let complaints = ''
  const end = async (signal: NodeJS.Signals) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  t.after(() => end('SIGKILL'))
  return {
    url,
    start: async () => {
      child = spawn(program, flags, { stdio: ['ignore', 'ignore', 'pipe'] })
      child.stderr?.on('data', chunk => {
        complaints = `${complaints}${chunk}`.slice(-2000)
      })
      await until(async () => {
        const ready = await fetch(`${url}/-/ready`).catch(() => undefined)
        if (ready?.status !== 200) throw new Error(`${program} does not start: ${complaints}`)
      })
    },
    stop: () => end('SIGTERM')
  }
}

/** A port of 127.0.0.1 that was free a moment ago; for servers that cannot tell which one they got. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
