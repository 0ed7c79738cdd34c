import { parentPort, Worker, workerData } from 'node:worker_threads'

interface Comparison {
  readonly password: string
  readonly hash: string
}

/** Compares passwords with bcrypt hashes off the event loop, one after the other. */
export interface BcryptThread {
  /** Rejects if the thread ends; the next call starts another. */
  compare(comparison: Comparison): Promise<boolean>
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (isSame: boolean) => void
  readonly reject: (cause: Error) => void
}

// This file is also the thread's program; the bundle keeps it as a file of its own for that.
const PROGRAM = new URL(import.meta.url)
const ROLE = 'compare passwords'
const MOST_MEMORY_MB = 32

/** Starts its thread with the first comparison; the thread does not keep the process running. */
export function createBcryptThread(): BcryptThread {
  let worker: Worker | undefined
  let waiting: Waiting[] = []

  function start(): Worker {
    const resourceLimits = { maxOldGenerationSizeMb: MOST_MEMORY_MB }
    // It gets neither the flags nor the environment of the process.
    const started = new Worker(PROGRAM, { workerData: ROLE, resourceLimits, execArgv: [], env: {} })
    const end = (cause: Error) => {
      if (worker !== started) return
      worker = undefined
      for (const { reject } of waiting) reject(cause)
      waiting = []
    }
    started.on('message', (isSame: boolean) => waiting.shift()?.resolve(isSame))
    started.on('error', end)
    started.on('exit', code => end(new Error(`the thread that compares passwords ended with ${code}`)))
    started.unref()
    return started
  }

  return {
    compare: comparison =>
      new Promise((resolve, reject) => {
        worker ??= start()
        waiting.push({ resolve, reject })
        worker.postMessage(comparison)
      }),
    close: async () => {
      await worker?.terminate()
    }
  }
}

// One comparison takes a tenth of a second and more: on a thread of its own it delays only the one who logs in.
if (workerData === ROLE) {
  const { compareSync } = await import('bcryptjs')
  parentPort?.on('message', ({ password, hash }: Comparison) => {
    parentPort?.postMessage(compareSync(password, hash))
  })
}
