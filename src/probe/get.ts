import type { Dispatcher } from 'undici'
import type { Observed } from '../domain/observation.ts'
import { seen, unseen } from '../domain/observation.ts'
import type { FailureReason } from '../domain/probe.ts'
import { shown } from '../domain/text.ts'
import type { Connection, Headers } from './connection.ts'
import type { Connections } from './connections.ts'
import { failureOf } from './failure.ts'
import { ProbeError } from './probe-error.ts'

/** One GET of an exchange. */
export interface Request {
  readonly url: URL
  /** Beside those that each request has. */
  readonly headers: Headers
  readonly connections: Connections
  /** Aborted with a ProbeError: the connection is destroyed, whatever it is at. */
  readonly signal: AbortSignal
}

export interface Reply<Result> {
  /** `null`: no response came. */
  readonly httpStatus: number | null
  readonly result: Observed<Result, FailureReason>
}

export type Read<Result> = (response: Dispatcher.ResponseData) => Result | Promise<Result>

/**
 * Asks once, on a kept connection where there is one. A server may have closed that one in the meantime: when it gives
 * no byte of an answer, the same is asked once more, on a new connection.
 *
 * What `read` leaves of the body is not waited for: the connection is kept when all of it had come, else destroyed.
 * Never rejects.
 */
export async function get<Result>(request: Request, read: Read<Result>): Promise<Reply<Result>> {
  const { url, connections } = request
  const kept = connections.takeKept(url.origin)
  if (kept !== undefined) {
    const reply = await getOn(kept, request, read)
    const wasClosed = !reply.result.seen && reply.result.reason === 'connect'
    if (!wasClosed || !kept.isStale()) return reply
  }
  return getOn(connections.open(url.origin), request, read)
}

async function getOn<Result>(connection: Connection, request: Request, read: Read<Result>): Promise<Reply<Result>> {
  const { url, headers, connections, signal } = request
  const abort = () => void connection.destroy(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  let httpStatus: number | null = null
  try {
    signal.throwIfAborted()
    const response = await connection.get(url.pathname + url.search, headers)
    httpStatus = response.statusCode
    // A destroyed body emits its error for whom it may concern; here it concerns nobody.
    response.body.on('error', () => {})
    try {
      return { httpStatus, result: seen(await read(response)) }
    } finally {
      response.body.destroy()
    }
  } catch (error) {
    // One dead name server must not look like so many dead services.
    if (connection.isResolving() && error instanceof ProbeError && error.failure.reason === 'timeout') {
      return { httpStatus, result: unseen('dns', `cannot resolve ${shown(url.hostname)}: ${error.failure.message}`) }
    }
    const phase = httpStatus === null ? 'waiting' : 'answering'
    return { httpStatus, result: failureOf(error, { host: url.hostname, phase, certificate: null }) }
  } finally {
    signal.removeEventListener('abort', abort)
    connections.giveBack(connection)
  }
}
