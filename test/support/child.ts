import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program that a drill runs. */
export interface Child {
  /** What it has printed last, on both streams: what one wants to read when it does not do its work. */
  lastWords(): string
  hasEnded(): boolean
  /** Ends it, at once where no milder signal is given; resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
}

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

const LAST_WORDS = 2_000

/** Starts a program; with the environment of this process, or with `env` alone. A missing program counts as ended. */
export function startChild({ program, args, env }: Command): Child {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(env === undefined ? {} : { env }) })
  let output = ''
  const collect = (chunk: Buffer) => {
    output = `${output}${chunk}`.slice(-LAST_WORDS)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  child.on('error', error => {
    output = error.message
  })
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  return {
    lastWords: () => output.trimEnd(),
    hasEnded,
    kill: async (signal = 'SIGKILL') => {
      if (hasEnded()) return
      const gone = once(child, 'exit')
      child.kill(signal)
      await gone
    }
  }
}
