import type { Observed } from '../domain/observation.ts'
import { seen, unseen } from '../domain/observation.ts'
import type { ProbeReason } from '../domain/probe.ts'
import { shown } from '../domain/text.ts'
import type { Pace } from '../pace.ts'
import type { ConnectionPool } from './connection-pool.ts'
import { failureOf, ProbeError } from './failure.ts'
import type { Answer, Connection, Head, RequestHeaders } from './http-connection.ts'

/** One GET of an exchange. */
export interface Request {
  readonly url: URL
  /** Beside those that each request has. */
  readonly headers: RequestHeaders
  readonly pool: ConnectionPool
  /** Waited for before an answer is read. */
  readonly pace: Pace
  /** Aborted with a ProbeError: the connection is destroyed, whatever it is at. */
  readonly signal: AbortSignal
}

export interface Reply<Result> {
  /** `null`: no response came. */
  readonly httpStatus: number | null
  readonly result: Observed<Result, ProbeReason>
}

/** What is made of an answer. */
export interface Reading<Result> {
  wantsBody(head: Head): boolean
  /** May throw a ProbeError. */
  read(answer: Answer): Result
}

/**
 * Asks once, on a kept connection where there is one. A server may have closed that one in the meantime: when it gives
 * no byte of an answer, the same is asked once more, on a new connection.
 *
 * A body that is not wanted is not waited for: the connection is kept when all of it had come, else destroyed.
 * Never rejects.
 */
export async function sendRequest<Result>(request: Request, reading: Reading<Result>): Promise<Reply<Result>> {
  const { url, pool } = request
  const kept = pool.takeKept(url.origin)
  if (kept !== undefined) {
    const reply = await getOn(kept, request, reading)
    const wasClosed = !reply.result.seen && reply.result.reason === 'connect'
    if (!wasClosed || !kept.isStale()) return reply
  }
  return getOn(pool.open(url.origin), request, reading)
}

async function getOn<Result>(
  connection: Connection,
  request: Request,
  { wantsBody, read }: Reading<Result>
): Promise<Reply<Result>> {
  const { url, headers, pool, pace, signal } = request
  const abort = () => void connection.destroy(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  let httpStatus: number | null = null
  try {
    signal.throwIfAborted()
    const answer = await connection.get(url.pathname + url.search, headers, head => {
      httpStatus = head.statusCode
      return wantsBody(head)
    })
    // It has come in time, however long it waits to be read.
    signal.removeEventListener('abort', abort)
    await pace()
    return { httpStatus, result: seen(read(answer)) }
  } catch (error) {
    // One dead name server must not look like so many dead services.
    if (connection.isResolving() && error instanceof ProbeError && error.failure.reason === 'timeout') {
      return { httpStatus, result: unseen('dns', `cannot resolve ${shown(url.hostname)}: ${error.failure.message}`) }
    }
    const phase = httpStatus === null ? 'waiting' : 'answering'
    return { httpStatus, result: failureOf(error, { host: url.hostname, phase, certificate: null }) }
  } finally {
    signal.removeEventListener('abort', abort)
    pool.giveBack(connection)
  }
}
