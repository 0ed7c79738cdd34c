import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Lifetime } from './stage.ts'

export interface NodeProgram {
  /** An absolute path. */
  readonly file: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly execArgv?: readonly string[]
}

/** Starts a program of Node with no environment but `env`; killed at the end. What it prints is dropped. */
export function startNode(life: Lifetime, { file, args = [], env = {}, execArgv = [] }: NodeProgram): ChildProcess {
  const child = fork(file, args, { env, execArgv: [...execArgv], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  child.stdout?.resume()
  life.after(() => killed(child))
  return child
}

/** Sends a message to a process and resolves with the next one that comes from it. */
export async function askProcess(child: ChildProcess, message: object): Promise<unknown> {
  const answered = nextMessage(child)
  child.send(message)
  return answered
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
