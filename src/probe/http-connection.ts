import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Client, type Dispatcher } from 'undici'
import type { Observed, Unseen } from '../domain/observation.ts'
import { seen, unseen } from '../domain/observation.ts'
import type { ProbeReason } from '../domain/probe.ts'
import type { Link } from '../domain/probe-trace.ts'
import { shown } from '../domain/text.ts'
import { LONGEST_TIMER_MS } from '../text/durations.ts'
import { type ConnectorSettings, type Destination, type Opening, openSocket } from './connector.ts'
import { failureOf, ProbeError } from './failure.ts'
import { createHeadRepair, type HeadRepair } from './repair-head.ts'

export interface ConnectionSettings extends ConnectorSettings {
  /** How long an idle connection is kept; a server's shorter hint is honoured. */
  readonly keepAliveMs: number
  readonly userAgent: string
}

/** Headers of a request, beside those that each has. */
export type RequestHeaders = Readonly<Record<string, string>>

/** The beginning of an answer. */
export interface Head {
  readonly statusCode: number
  /** Names in lower case; one that came several times has its values in a list. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** An answer as it was sent, encoded as its headers say. */
export interface Answer extends Head {
  /** Empty where nobody wanted it. */
  readonly body: Uint8Array
  /** Of what came on the wire, as far as it came in one piece. */
  readonly beginning: Uint8Array
}

/** What became of one GET. */
export interface Reply {
  readonly answer: Observed<Answer, ProbeReason>
  /** `null`: no response came. */
  readonly statusCode: number | null
  /** That came on the wire. */
  readonly bytes: number
  /** How the connection was made; `null`: none was begun. */
  readonly link: Link | null
  /** From the request to the head of the answer, a new connection included, and to its end. `null`: none came. */
  readonly headMs: number | null
  readonly wholeMs: number
}

/** One connection to one origin, for one exchange at a time; made on the first `get`. */
export interface HttpConnection {
  readonly origin: string
  /**
   * Resolves when all has come that is wanted, and never rejects; `wantsBody` is called with the head of the answer.
   */
  get(url: URL, headers: RequestHeaders, wantsBody: (head: Head) => boolean): Promise<Reply>
  /** Of the present answer, or the last one. */
  bytesReceived(): number
  /** Whether more can be asked on it: it is open, and the last answer has come to its end. */
  isFree(): boolean
  /** Ends it in any phase; an exchange under way ends with this error. */
  destroy(error: Error): Promise<void>
}

/** Of a body, on the wire and decoded. */
export const BODY_LIMIT = 64 * 1024
export const REPORT_TOO_LARGE = 'report is larger than 64 KiB'
const HEADERS_LIMIT = 16 * 1024
// Chunk sizes, chunk extensions, early hints and trailers are neither headers nor body, and have no end by themselves.
const ANSWER_LIMIT = 256 * 1024
// Some servers have nothing but a type of their own to offer, and refuse who does not take it.
const ACCEPT = 'application/json, */*;q=0.1'
const NOTHING = Buffer.alloc(0)

/** Prepares a connection; `onClosed` is called when its socket has closed, in use or idle. */
export function openConnection(
  to: Destination & { readonly timeoutMs: number },
  settings: ConnectionSettings,
  onClosed: () => void
): HttpConnection {
  const { origin, protocol } = to.url
  const proxy = protocol === 'http:' ? to.proxy : null
  // RFC 9112 section 3.2.2: a proxy gets the whole address.
  const pathPrefix = proxy === null ? '' : origin
  const ours: RequestHeaders = {
    accept: ACCEPT,
    'accept-encoding': 'identity',
    'user-agent': settings.userAgent,
    ...(proxy?.authorization == null ? {} : { 'proxy-authorization': proxy.authorization })
  }
  const keepAliveTimeout = Math.max(1, Math.min(settings.keepAliveMs, LONGEST_TIMER_MS))
  let isBegun = false
  // Until it is open: thousands are kept.
  let opening: Opening | undefined
  let link: Link | null = null
  let socket: Socket | undefined
  let beginning: Uint8Array = NOTHING
  let bytes = 0
  let statusCode: number | null = null
  let isAnswered = false
  let endedBy: Error | undefined
  let alert: Error | undefined
  let repair: HeadRepair = asItIs

  // undici takes every byte by `read`: they are counted there, and the head is repaired, ahead of its parser.
  const countReads = (from: Socket) => {
    const { read } = from
    from.read = size => {
      const chunk: Buffer | null = read.call(from, size)
      if (chunk === null) return null
      if (bytes === 0) beginning = chunk
      bytes += chunk.length
      if (bytes > ANSWER_LIMIT) from.destroy(new ProbeError('too_large', 'answer is larger than 256 KiB'))
      return repair(chunk)
    }
  }
  const client = new Client(origin, {
    connect: (_, done) => {
      // undici would connect again by itself: one that was closed is another's to try again.
      if (isBegun) return done(new ProbeError('connect', `connection closed by ${shown(to.name)}`), null)
      isBegun = true
      opening = openSocket(to, settings, (error, opened) => {
        if (opened === null) return done(error ?? new Error('no socket'), null)
        opening = undefined
        socket = opened.on('close', onClosed)
        // A server's last word in TLS, which undici takes for an end of the connection like any other.
        if (opened instanceof TLSSocket) {
          opened.on('error', (one: NodeJS.ErrnoException) => {
            if (one.code?.startsWith('ERR_SSL_')) alert ??= one
          })
        }
        countReads(opened)
        done(null, opened)
      })
      link = opening.link
    },
    allowH2: false,
    maxHeaderSize: HEADERS_LIMIT,
    // One deadline bounds everything; undici's own timers would be a second truth.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout,
    keepAliveMaxTimeout: keepAliveTimeout
  })
  const explain = (cause: Error): Unseen<ProbeReason> => {
    const error = endedBy ?? alert ?? cause
    const isTimeout = error instanceof ProbeError && error.failure.reason === 'timeout'
    const name = opening?.resolving() ?? null
    if (isTimeout && name !== null) {
      // One dead name server must not look like so many dead services.
      return opening?.whyWaiting() ?? unseen('dns', `cannot resolve ${shown(name)}: ${error.message}`)
    }
    const phase = statusCode === null ? 'waiting' : 'answering'
    return failureOf(error, { host: to.name, phase, certificate: null, beginning })
  }
  return {
    origin,
    get: ({ pathname, search }, headers, wantsBody) => {
      beginning = NOTHING
      bytes = 0
      statusCode = null
      isAnswered = false
      const startedAt = performance.now()
      let headMs: number | null = null
      return new Promise(resolve => {
        const end = (answer: Reply['answer']) => {
          beginning = NOTHING
          const wholeMs = performance.now() - startedAt
          resolve({ answer, statusCode, bytes, link, headMs, wholeMs })
        }
        let head: Head | undefined
        let isWanted = false
        let size = 0
        let chunks: Uint8Array[] | undefined
        // undici's `request` makes a stream of an answer, and an iterator of that: more than all the rest of a probe.
        const handler: Dispatcher.DispatchHandler = {
          // Not before: what it would hold of an idle connection would hide that from undici, which ends such a connection.
          onRequestStart: () => {
            repair = createHeadRepair()
          },
          onResponseStart: (_controller, status, answerHeaders) => {
            // RFC 9110 section 15.2: any number of these may come before the answer.
            if (status < 200) return
            statusCode = status
            headMs = performance.now() - startedAt
            head = { statusCode: status, headers: answerHeaders }
            isWanted = wantsBody(head)
            if (!isWanted) end(seen({ ...head, body: NOTHING, beginning }))
          },
          onResponseData: (controller, chunk) => {
            if (!isWanted) return
            size += chunk.length
            if (size > BODY_LIMIT) controller.abort(new ProbeError('too_large', REPORT_TOO_LARGE))
            else if (chunks === undefined) chunks = [chunk]
            else chunks.push(chunk)
          },
          onResponseEnd: () => {
            isAnswered = true
            repair = asItIs
            // undici would end it with an error, and to have a stream format its stack costs a twentieth of a probe.
            if (closes(head)) socket?.destroy()
            if (isWanted && head !== undefined) end(seen({ ...head, body: join(chunks, size), beginning }))
          },
          onResponseError: (_controller, error) => end(explain(error))
        }
        const path = `${pathPrefix}${pathname}${search}`
        const dispatch = () => client.dispatch({ method: 'GET', path, headers: { ...headers, ...ours } }, handler)
        // What came while it was idle is read first, and ends it: it must not be taken for the answer. undici looks for it
        // as well, but where this is the poll phase of the event loop, not before another turn of it.
        if (socket === undefined) dispatch()
        else setImmediate(dispatch)
      })
    },
    bytesReceived: () => bytes,
    isFree: () => isAnswered && socket !== undefined && !socket.destroyed,
    destroy: async error => {
      endedBy ??= error
      const destroyed = client.destroy(error)
      opening?.destroy(error)
      socket?.destroy(error)
      await destroyed
    }
  }
}

function join(chunks: readonly Uint8Array[] = [], size: number): Uint8Array {
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)
}

function asItIs(chunk: Buffer): Buffer {
  return chunk
}

/** Whether a server ends the connection behind this answer. */
export function closes(head: Head | undefined): boolean {
  return /\bclose\b/i.test(String(head?.headers.connection))
}
