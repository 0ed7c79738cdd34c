import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Stage } from './stage.ts'

export interface NodeProcess {
  readonly pid: number
  readonly child: ChildProcess
  /** Sends a message and resolves with the next one that comes. */
  ask(message: object): Promise<unknown>
}

export interface NodeProgram {
  /** A file of this folder, or an absolute path. */
  readonly file: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly execArgv?: readonly string[]
}

/** Starts a program of Node in a process of its own, with no environment but `env`; ended with the stage. */
export function startNode(stage: Stage, { file, args = [], env = {}, execArgv = [] }: NodeProgram): NodeProcess {
  const path = join(import.meta.dirname, file)
  const child = fork(file.startsWith('/') ? file : path, args, {
    env,
    execArgv: [...execArgv],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc']
  })
  child.stdout?.resume()
  stage.after(() => endOf(child))
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

export async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
