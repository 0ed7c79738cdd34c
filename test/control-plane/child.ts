import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 20_000
const POLL_MS = 50
const LOG_TAIL_CHARACTERS = 8_000

/**
 * util-linux's, through which the kernel ends a server together with this process, however that ends: a test runner
 * that ran out of patience kills its test files, and an 'exit' listener would not get to know.
 */
const LAUNCHER = 'setpriv'

export interface Program {
  readonly path: string
  readonly args: readonly string[]
  /** Gets both outputs, and goes on where an earlier run of the program ended. */
  readonly logFile: string
  /** Says whether it serves; a rejection means the same as `false`. */
  readonly isReady: () => Promise<boolean>
}

/** A server that a test started. */
export interface Child {
  /** Asks it to end (SIGTERM), waits for that, and ends it by force when it takes too long. */
  stop(): Promise<void>
  /** Ends it at once (SIGKILL), also when it is frozen. */
  kill(): Promise<void>
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
}

/** Starts a server and resolves when it is ready; rejects with the end of its log when it is not to be. */
export async function startChild({ path, args, logFile, isReady }: Program): Promise<Child> {
  const log = openSync(logFile, 'a')
  const child = spawn(LAUNCHER, ['--pdeathsig', 'KILL', '--', path, ...args], { stdio: ['ignore', log, log] })
  closeSync(log)
  let ended: string | undefined
  const end = once(child, 'exit').then(
    ([code, signal]) => {
      ended = `ended (${signal ?? code})`
    },
    error => {
      ended = `did not start: ${error}`
    }
  )

  const kill = async (): Promise<void> => {
    child.ref()
    child.kill('SIGKILL')
    await end
  }
  const stop = async (): Promise<void> => {
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    child.ref()
    child.kill('SIGTERM')
    await end
    clearTimeout(force)
  }

  const deadline = performance.now() + START_TIMEOUT_MS
  while (!(await isReady().catch(() => false))) {
    if (ended === undefined && performance.now() > deadline) {
      await kill()
      ended = `was not ready after ${START_TIMEOUT_MS / 1000} seconds`
    }
    if (ended !== undefined) throw new Error(`${path} ${ended}\n${readTail(logFile)}`)
    await pause(POLL_MS)
  }
  // A test that forgot to end it, or failed before it could, ends all the same.
  child.unref()
  return { stop, kill, signal: name => child.kill(name) }
}

function readTail(logFile: string): string {
  return readFileSync(logFile, 'utf8').slice(-LOG_TAIL_CHARACTERS)
}
