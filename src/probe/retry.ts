import type { ConnectionPool } from './connection-pool.ts'
import type { Destination } from './connector.ts'
import { type Deadline, stopped } from './deadline.ts'
import type { HttpConnection, RequestHeaders } from './http-connection.ts'
import { closes, type Head, type Reply } from './reply.ts'

/** One GET of an exchange. */
export interface Request {
  readonly to: Destination
  /** On top of those that every request has; `null`: none. */
  readonly headers: RequestHeaders | null
  /** A connection of the pool that has served before; `undefined`: there was none. */
  readonly kept: HttpConnection | undefined
  readonly pool: ConnectionPool
  readonly deadline: Deadline
  wantsBody(head: Head): boolean
}

// A server may answer 408 when it closes an idle connection, and 421 when the request was not meant for it.
// RFC 9110 sections 15.5.9 and 15.5.20.
const FAREWELLS: readonly number[] = [408, 421]

/**
 * Asks on a kept connection if there is one. What goes wrong there is not the service's fault, so the request is sent
 * once more, on a new connection: after the kept one has failed or answered with a farewell, or in parallel if no byte
 * has come within a quarter of the time (after a redirect: of the time that was left), as happens when the network has
 * forgotten the connection. The first answer counts.
 *
 * Nobody waits for a body that is not wanted: the connection is kept if all of it has come already, else destroyed.
 * Never rejects.
 */
export function sendRequest(request: Request): Promise<Reply> {
  const { kept, pool, deadline } = request
  const ended = deadline.endedBy()
  if (ended === null) return kept === undefined ? sendOnNew(request) : sendOnKept(kept, request)
  if (kept !== undefined) pool.giveBack(kept)
  return Promise.resolve({ ...NOT_SENT, answer: ended.failure })
}

async function sendOnKept(kept: HttpConnection, request: Request): Promise<Reply> {
  const { deadline } = request
  let second: Promise<Reply> | undefined
  let isPending = true
  deadline.onQuarter(() => {
    if (kept.bytesReceived() > 0 || deadline.endedBy() !== null) return
    second = sendOnNew(request)
    // Once the kept connection has answered, it may already be in use by another exchange.
    void second.then(({ answer }) => (answer.seen && isPending ? kept.destroy(stopped()) : undefined))
  })
  const first = await begin(kept, request)
  isPending = false
  end(kept, request)
  deadline.onQuarter(null)
  const mayAskAgain = second !== undefined || deadline.endedBy() === null
  if (mayAskAgain && isFarewell(first)) {
    return { ...(await (second ?? sendOnNew(request))), connection: 'kept, then new' }
  }
  // A second request is of no use any more.
  deadline.endBound()
  return first
}

async function sendOnNew(request: Request): Promise<Reply> {
  const { pool, to, deadline } = request
  const connection = pool.open(to, deadline.leftMs())
  const reply = await begin(connection, request)
  end(connection, request)
  return reply
}

function begin(connection: HttpConnection, { to, headers, deadline, wantsBody }: Request): Promise<Reply> {
  deadline.bind(connection)
  return connection.get(to.url, headers, wantsBody)
}

function end(connection: HttpConnection, { pool, deadline }: Request): void {
  deadline.release(connection)
  pool.giveBack(connection)
}

const NOT_SENT = { connection: 'new', statusCode: null, bytes: 0, link: null, headMs: null, wholeMs: 0 } as const

function isFarewell({ answer }: Reply): boolean {
  if (!answer.seen) return ['connect', 'tls', 'timeout'].includes(answer.reason)
  const { statusCode } = answer.value
  return FAREWELLS.includes(statusCode) || (statusCode >= 400 && closes(answer.value))
}
