import { parentPort, Worker, workerData } from 'node:worker_threads'
import type { Exposition } from './exposition.ts'
import { type NoExposition, parseExposition } from './parse-exposition.ts'

interface Question {
  readonly role: typeof ROLE
  readonly body: string
  readonly contentType: string
}

// This file is also the thread's program; the bundle keeps it as a file of its own for that.
const PROGRAM = new URL(import.meta.url)
const ROLE = 'read an exposition'
// A megabyte keeps the event loop busy for a third of a second and more; a thread takes a twentieth to start.
const MOST_CHARACTERS_HERE = 64 * 1024
// Three times what the names and labels of the largest body that is read were measured to take.
const MOST_MEMORY_MB = 512

/**
 * Parses the answer to a scrape. A large one is parsed on a thread of its own, which ends with its memory, so that
 * probes and scrapes of this process do not wait for it. Rejects when `signal` aborts, or if the thread does not end
 * well.
 */
export async function readExposition(
  { body, contentType }: Pick<Question, 'body' | 'contentType'>,
  signal: AbortSignal
): Promise<Exposition | NoExposition> {
  if (body.length <= MOST_CHARACTERS_HERE) return parseExposition(body, contentType)
  const question: Question = { role: ROLE, body, contentType }
  const resourceLimits = { maxOldGenerationSizeMb: MOST_MEMORY_MB }
  // Neither flags nor environment of the process are its business.
  const worker = new Worker(PROGRAM, { workerData: question, resourceLimits, execArgv: [], env: {} })
  const { promise, resolve, reject } = Promise.withResolvers<Exposition | NoExposition>()
  worker.on('message', resolve).on('error', reject)
  worker.on('exit', code => reject(new Error(`the thread that reads an exposition ended with ${code}`)))
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', stop)
    await worker.terminate()
  }
}

if (workerData?.role === ROLE) {
  const { body, contentType }: Question = workerData
  parentPort?.postMessage(parseExposition(body, contentType))
}
