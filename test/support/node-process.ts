import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Lifetime } from './stage.ts'

/** A program of Node in a process of its own, with which one can talk. */
export interface NodeProcess {
  readonly pid: number
  readonly child: ChildProcess
  /** Sends a message and resolves with the next one that comes. */
  ask(message: object): Promise<unknown>
}

export interface NodeProgram {
  /** An absolute path. */
  readonly file: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly execArgv?: readonly string[]
}

/** Starts a program of Node with no environment but `env`; killed at the end. What it prints is dropped. */
export function startNode(life: Lifetime, { file, args = [], env = {}, execArgv = [] }: NodeProgram): NodeProcess {
  const child = fork(file, args, { env, execArgv: [...execArgv], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  child.stdout?.resume()
  life.after(() => killed(child))
  return {
    pid: child.pid ?? 0,
    child,
    ask: async message => {
      const answered = nextMessage(child)
      child.send(message)
      return answered
    }
  }
}

/** The next message that a process sends; rejects when it ends instead. */
export async function nextMessage(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  const gone = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${code}`)
  })
  const message = once(child, 'message', { signal: ended.signal })
  try {
    return (await Promise.race([message, gone]))[0]
  } finally {
    ended.abort()
    await Promise.allSettled([message, gone])
  }
}

/** Kills a process and resolves when it is gone. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
