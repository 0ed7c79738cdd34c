import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { until } from './until.ts'

/** The program as it is in the repository; GUARD_MAIN names another one that is to pass the same tests, such as the bundle. */
const MAIN = process.env.GUARD_MAIN ?? join(import.meta.dirname, '../../src/main.ts')
// Sources are compiled once for all the processes that tests start.
const COMPILE_CACHE = join(tmpdir(), 'keybuzz-version-guard-compile-cache')

type Env = Readonly<Record<string, string>>

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder that goes when the test has ended. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'keybuzz-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Starts the program with this environment and no other; killed when the test has ended. */
export function start(
  t: TestContext,
  args: readonly string[],
  env: Env,
  stdio: StdioOptions = 'pipe',
  through: readonly string[] = []
): ChildProcess {
  const [command = process.execPath, ...rest] = [...through, process.execPath, MAIN, ...args]
  const child = spawn(command, rest, { env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...env }, stdio })
  t.after(() => child.kill('SIGKILL'))
  return child
}

/** Runs the program to its end. */
export async function run(t: TestContext, args: readonly string[], env: Env, stdio?: StdioOptions): Promise<Outcome> {
  const child = start(t, args, env, stdio)
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

/**
 * Serves on a free port of 127.0.0.1 until the test has ended; resolves when it listens. `through`: a command that runs
 * the one that follows it, in surroundings of its own.
 */
export async function serveGuard(
  t: TestContext,
  env: Env,
  through: readonly [] | readonly [string, ...string[]] = []
): Promise<RunningGuard> {
  const child = start(t, ['serve'], { HOST: '127.0.0.1', PORT: '0', ...env }, 'pipe', through)
  let output = ''
  child.stdout?.on('data', chunk => {
    output += chunk
  })
  let complaints = ''
  child.stderr?.on('data', chunk => {
    complaints += chunk
  })
  const lines = () =>
    output
      .slice(0, output.lastIndexOf('\n') + 1)
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line))
  const url = await until(() => {
    const address: unknown = lines().find(({ message }) => message === 'Listening')?.address
    if (typeof address !== 'string') throw new Error(`does not listen: ${output}${complaints}`)
    return address
  })
  const get = (path: string) => fetch(`${url}${path}`)
  return {
    url,
    child,
    written: () => output + complaints,
    lines,
    get,
    metrics: async headers => (await fetch(`${url}/metrics`, headers === undefined ? {} : { headers })).text()
  }
}
