import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { type Patience, until } from './until.ts'

/** A program that runs in a process of its own. */
export interface Child {
  /** `undefined`: it did not start. */
  readonly pid: number | undefined
  /** The end of what it has printed on both streams: the first thing to read when it does not do its work. */
  lastWords(): string
  hasEnded(): boolean
  signal(name: NodeJS.Signals): void
  /** Ends it and resolves when it is gone; by force when it takes too long after a milder signal than SIGKILL. */
  kill(signal?: NodeJS.Signals): Promise<void>
}

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  /** In place of the environment of this process. */
  readonly env?: NodeJS.ProcessEnv
  /** Gets both streams, after what an earlier run left in it, and does not keep this process running. */
  readonly logFile?: string
}

const LAST_WORDS = 8_000
const FORCED_AFTER_MS = 20_000

/** Starts a program. A missing one counts as ended. */
export function startChild({ program, args, env, logFile }: Command): Child {
  const log = logFile === undefined ? 'pipe' : openSync(logFile, 'a')
  const child = spawn(program, args, { stdio: ['ignore', log, log], ...(env && { env }) })
  if (typeof log === 'number') {
    closeSync(log)
    child.unref()
  }
  let output = ''
  let didNotStart = false
  const collect = (chunk: Buffer) => {
    output = `${output}${chunk}`.slice(-LAST_WORDS)
  }
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  child.on('error', error => {
    output = error.message
    didNotStart = child.pid === undefined
  })
  const hasEnded = () => didNotStart || child.exitCode !== null || child.signalCode !== null
  return {
    pid: child.pid,
    lastWords: () =>
      `${logFile === undefined ? '' : readFileSync(logFile, 'utf8')}${output}`.slice(-LAST_WORDS).trimEnd(),
    hasEnded,
    signal: name => void child.kill(name),
    kill: async (signal = 'SIGKILL') => {
      if (child.pid === undefined || hasEnded()) return
      child.ref()
      const gone = once(child, 'exit')
      child.kill(signal)
      const force = setTimeout(() => child.kill('SIGKILL'), FORCED_AFTER_MS)
      await gone
      clearTimeout(force)
    }
  }
}

/** Starts a server and resolves when it is ready; a rejection of `isReady` means: not yet. Rejects with its last words. */
export async function startServer(
  command: Command,
  isReady: () => Promise<boolean>,
  patience?: Patience
): Promise<Child> {
  const child = startChild(command)
  const explain = (what: string) => new Error(`${command.program} ${what}. It said last:\n${child.lastWords()}`)
  try {
    await until(async () => {
      if (child.hasEnded() || (await isReady().catch(() => false))) return
      throw explain('is not ready')
    }, patience)
    if (child.hasEnded()) throw explain('ended')
    return child
  } catch (error) {
    await child.kill()
    throw error
  }
}
