import type { ConnectionUsed } from '../domain/probe-trace.ts'
import type { ConnectionPool } from './connection-pool.ts'
import type { Destination } from './connector.ts'
import type { Deadline } from './deadline.ts'
import { closes, type Head, type HttpConnection, type Reply, type RequestHeaders } from './http-connection.ts'

/** One GET of an exchange. */
export interface Request {
  readonly to: Destination
  /** Beside those that each request has. */
  readonly headers: RequestHeaders
  readonly pool: ConnectionPool
  readonly deadline: Deadline
  wantsBody(head: Head): boolean
}

export interface Asked extends Reply {
  readonly connection: ConnectionUsed
}

// A server that closes an idle connection may answer with the first, one that is not meant for the second.
// RFC 9110 sections 15.5.9 and 15.5.20.
const FAREWELLS: readonly number[] = [408, 421]

/**
 * Asks on a kept connection where there is one. Whatever a server does to that one is not the service's fault, so the
 * same is asked once more, on a new connection: when the kept one failed, or its answer was a good-bye; and beside it,
 * when a quarter of the time is gone and no byte has come, as it is where the network has forgotten the connection. The
 * first answer counts.
 *
 * A body that is not wanted is not waited for: the connection is kept when all of it had come, else destroyed.
 * Never rejects.
 */
export async function sendRequest(request: Request): Promise<Asked> {
  const { pool, to, deadline } = request
  const kept = pool.takeKept(to.url.origin)
  if (kept === undefined) return { ...(await sendOnNew(request)), connection: 'new' }
  let second: Promise<Reply> | undefined
  const askAnew = () => {
    second ??= sendOnNew(request)
    return second
  }
  const { promise, resolve } = Promise.withResolvers<Asked>()
  const answerFirst = async () => {
    const reply = await sendOn(kept, request)
    const isLast = !isFarewell(reply) || (deadline.endedBy() !== null && second === undefined)
    resolve(isLast ? { ...reply, connection: 'kept' } : { ...(await askAnew()), connection: 'kept, then new' })
  }
  const askBeside = async () => {
    if (kept.bytesReceived() > 0) return
    const reply = await askAnew()
    if (reply.answer.seen) resolve({ ...reply, connection: 'kept, then new' })
  }
  deadline.onQuarter(() => void askBeside())
  void answerFirst()
  const asked = await promise
  deadline.onQuarter(null)
  deadline.endBound()
  return asked
}

function sendOnNew(request: Request): Promise<Reply> {
  const { pool, to, deadline } = request
  return sendOn(pool.open(to, deadline.leftMs()), request)
}

async function sendOn(connection: HttpConnection, request: Request): Promise<Reply> {
  const { to, headers, pool, deadline, wantsBody } = request
  const ended = deadline.endedBy()
  if (ended !== null) {
    pool.giveBack(connection)
    return { answer: ended.failure, statusCode: null, bytes: 0, link: null, headMs: null, wholeMs: 0 }
  }
  deadline.bind(connection)
  const reply = await connection.get(to.url, headers, wantsBody)
  deadline.release(connection)
  pool.giveBack(connection)
  return reply
}

function isFarewell({ answer }: Reply): boolean {
  if (!answer.seen) return ['connect', 'tls', 'timeout'].includes(answer.reason)
  const { statusCode } = answer.value
  return FAREWELLS.includes(statusCode) || (statusCode >= 400 && closes(answer.value))
}
