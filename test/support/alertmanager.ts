import { homedir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './address.ts'
import { type Child, startServer } from './child.ts'
import { findProgram, isExecutable } from './component.ts'
import type { Lifetime } from './stage.ts'
import type { Patience } from './until.ts'

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

// Names of the projects and of Debian, and the package of Debian that has it.
const PROGRAMS = {
  prometheus: { names: ['prometheus'], debian: 'prometheus' },
  promtool: { names: ['promtool'], debian: 'prometheus' },
  alertmanager: { names: ['alertmanager', 'prometheus-alertmanager'], debian: 'prometheus-alertmanager' },
  amtool: { names: ['amtool'], debian: 'prometheus-alertmanager' }
} as const

/** Those on the PATH. */
export const INSTALLED: AlertingPair = installedPair()

/** The newest that Debian has. */
export const NEWEST_PAIR: AlertingPair = newestPair()

function installedPair(): AlertingPair {
  const find = (name: keyof typeof PROGRAMS) => findProgram(...PROGRAMS[name].names)
  const missing = Object.entries(PROGRAMS)
    .filter(([, { names }]) => findProgram(...names) === undefined)
    .map(([name, { debian }]) => `${name} is not on the PATH; Debian: apt install ${debian}`)
  return {
    name: 'installed',
    prometheus: find('prometheus') ?? 'prometheus',
    promtool: find('promtool') ?? 'promtool',
    alertmanager: find('alertmanager') ?? 'alertmanager',
    amtool: find('amtool') ?? 'amtool',
    missing: missing.length === 0 ? undefined : missing.join('\n')
  }
}

function newestPair(): AlertingPair {
  const programs = {
    prometheus: `${NEWEST}/prometheus`,
    promtool: `${NEWEST}/promtool`,
    alertmanager: `${NEWEST}/prometheus-alertmanager`,
    amtool: `${NEWEST}/amtool`
  }
  const gone = Object.values(programs).filter(path => !isExecutable(path))
  const missing = gone.length === 0 ? undefined : `${gone.join(', ')} not found: run test/alerts/fetch-newest`
  return { name: 'newest', ...programs, missing }
}

/** A server that can be stopped as an upgrade stops it, and started again with the same flags and storage. */
export interface Restartable {
  readonly url: string
  /** Resolves when it is ready; rejects with its last words. */
  start(patience?: Patience): Promise<void>
  stop(): Promise<void>
  /** The end of what it has printed since it was started. */
  lastWords(): string
}

/** Prometheus with this configuration, which stays as it is over restarts; ended with the test or the stage. */
export function prometheusServer(life: Lifetime, program: string, folder: string): Promise<Restartable> {
  return server(life, address => [
    program,
    `--config.file=${folder}/prometheus.json`,
    `--storage.tsdb.path=${folder}/prometheus`,
    `--web.listen-address=${address}`,
    '--web.enable-lifecycle',
    '--rules.alert.resend-delay=1s',
    '--rules.alert.for-grace-period=1s'
  ])
}

/** Alertmanager alone, without a cluster; ended with the test or the stage. */
export function alertmanagerServer(life: Lifetime, program: string, folder: string): Promise<Restartable> {
  return server(life, address => [
    program,
    `--config.file=${folder}/alertmanager.json`,
    `--storage.path=${folder}/alertmanager`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=',
    '--data.maintenance-interval=1m'
  ])
}

async function server(life: Lifetime, command: (address: string) => readonly string[]): Promise<Restartable> {
  const address = `127.0.0.1:${await freePort()}`
  const [program = '', ...args] = command(address)
  const url = `http://${address}`
  let child: Child | undefined
  life.after(() => child?.kill())
  return {
    url,
    start: async patience => {
      child = await startServer({ program, args }, async () => (await fetch(`${url}/-/ready`)).ok, patience)
    },
    stop: async () => child?.kill('SIGTERM'),
    lastWords: () => child?.lastWords() ?? ''
  }
}
