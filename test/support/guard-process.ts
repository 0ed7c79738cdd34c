import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { ROOT } from './files.ts'
import { killed } from './node-process.ts'
import type { Lifetime } from './stage.ts'
import { type Patience, until } from './until.ts'

/** The program as it is in the repository; GUARD_MAIN names another that is to pass the same tests, such as the bundle. */
const MAIN = process.env.GUARD_MAIN ?? join(ROOT, 'src/main.ts')
// Sources are compiled once for all the processes that are started here.
const COMPILE_CACHE = join(ROOT, 'node_modules/.cache/node')
const LISTENING_WITHIN_MS = 30_000

type Env = Readonly<Record<string, string>>

export interface GuardCommand {
  /** The environment, and no other. */
  readonly env?: Env
  readonly stdio?: StdioOptions
  /** Another file than the one that the tests are for. */
  readonly main?: string
  readonly execArgv?: readonly string[]
  /** A command that runs the one that follows it, in surroundings of its own. */
  readonly through?: readonly [] | readonly [string, ...string[]]
}

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Environment of a guard that watches these manifests, of services on this machine. */
export function watching(manifestsFile: string): Env {
  return {
    WORKLOAD_SOURCE: 'file',
    WORKLOADS_FILE: manifestsFile,
    // Endpoints from annotations may reach this machine only when it is named.
    ENDPOINT_ALLOW: '127.0.0.0/8'
  }
}

/** Starts the program; killed at the end. */
export function startProgram(life: Lifetime, args: readonly string[], command: GuardCommand = {}): ChildProcess {
  const { env = {}, stdio = 'pipe', main = MAIN, execArgv = [], through = [] } = command
  const [program = process.execPath, ...rest] = [...through, process.execPath, ...execArgv, main, ...args]
  const child = spawn(program, rest, { env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...env }, stdio })
  life.after(() => killed(child))
  return child
}

/** Starts a guard that serves, on a free port of 127.0.0.1 where `env` does not say otherwise. */
export function startGuard(life: Lifetime, { env, ...command }: GuardCommand): ChildProcess {
  return startProgram(life, ['serve'], { ...command, env: { HOST: '127.0.0.1', PORT: '0', ...env } })
}

/** Where a guard listens that was just started, by its log; rejects with what it said when it ends instead. */
export function listening(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let said = ''
  const hear = (chunk: Buffer) => {
    said += chunk
    const lines = said.slice(0, said.lastIndexOf('\n') + 1).split('\n')
    const line = lines.find(one => one.includes('"message":"Listening"'))
    if (line !== undefined) resolve(JSON.parse(line).address)
  }
  const collect = (chunk: Buffer) => {
    said += chunk
  }
  const fail = (what: string) => reject(new Error(`the guard ${what}: ${said}`))
  const tooLong = setTimeout(() => fail('does not listen'), LISTENING_WITHIN_MS)
  const gone = (code: number | null) => fail(`ended with ${code}`)
  child.stdout?.on('data', hear)
  child.stderr?.on('data', collect)
  child.on('close', gone)
  return promise.finally(() => {
    clearTimeout(tooLong)
    child.stdout?.off('data', hear)
    child.stderr?.off('data', collect)
    child.off('close', gone)
  })
}

/** Resolves when the guard at this origin is ready: it has read its workloads and checked every service once. */
export async function untilReady(origin: string, patience?: Patience): Promise<void> {
  await until(async () => {
    const response = await fetch(`${origin}/readyz`)
    if (!response.ok) throw new Error(`not ready: ${await response.text()}`)
  }, patience)
}

/** Runs the program to its end. */
export async function run(t: TestContext, args: readonly string[], env: Env, stdio?: StdioOptions): Promise<Outcome> {
  const child = startProgram(t, args, { env, ...(stdio && { stdio }) })
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr)
  ])
  return { code, stdout, stderr }
}

export interface RunningGuard {
  readonly url: string
  readonly child: ChildProcess
  /** All that was written to standard output and standard error so far. */
  written(): string
  /** The log's lines so far. */
  lines(): readonly Readonly<Record<string, unknown>>[]
  metrics(headers?: Env): Promise<string>
  get(path: string): Promise<Response>
}

/** A guard that serves until the end; resolves when it listens. */
export async function serveGuard(
  life: Lifetime,
  env: Env,
  through: readonly [] | readonly [string, ...string[]] = []
): Promise<RunningGuard> {
  const child = startGuard(life, { env, through })
  let output = ''
  child.stdout?.on('data', chunk => {
    output += chunk
  })
  let complaints = ''
  child.stderr?.on('data', chunk => {
    complaints += chunk
  })
  const url = await listening(child)
  const get = (path: string) => fetch(`${url}${path}`)
  return {
    url,
    child,
    written: () => output + complaints,
    lines: () =>
      output
        .slice(0, output.lastIndexOf('\n') + 1)
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line)),
    get,
    metrics: async headers => (await fetch(`${url}/metrics`, headers === undefined ? {} : { headers })).text()
  }
}
