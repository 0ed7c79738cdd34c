import type { Socket } from 'node:net'
import { type buildConnector, Client, type Dispatcher } from 'undici'
import type { Observed, Unseen } from '../domain/observation.ts'
import { seen, unseen } from '../domain/observation.ts'
import type { ProbeReason } from '../domain/probe.ts'
import type { ConnectionUsed, Link } from '../domain/probe-trace.ts'
import { shown } from '../domain/text.ts'
import type { HttpProxy } from '../proxy-environment.ts'
import { LONGEST_TIMER_MS } from '../text/durations.ts'
import {
  type ConnectorSettings,
  type Destination,
  type Opening,
  openSocket,
  type TimedDestination
} from './connector.ts'
import { failureOf, ProbeError } from './failure.ts'
import { createHeadRepair, type HeadRepair } from './repair-head.ts'
import { type Answer, BODY_LIMIT, closes, type Head, REPORT_TOO_LARGE, type Reply } from './reply.ts'
import { spareStacks } from './spare-stacks.ts'

export interface ConnectionSettings extends ConnectorSettings {
  /** How long an idle connection is kept; a server's shorter hint is honoured. */
  readonly keepAliveMs: number
  /** Sent with every request. */
  readonly headers: RequestHeaders
}

/** Headers of one request, on top of those that every request has. */
export type RequestHeaders = Readonly<Record<string, string>>

/** One connection to one origin, for one exchange at a time; opened by the first `get`. */
export interface HttpConnection {
  readonly origin: string
  /** Whether a new connection to this origin would go the same way, under the same name. */
  isOnWayTo(to: Destination): boolean
  /**
   * Resolves when everything that is wanted has come, and never rejects; `wantsBody` is called with the answer's head.
   */
  get(url: URL, headers: RequestHeaders | null, wantsBody: (head: Head) => boolean): Promise<Reply>
  /** Of the current answer, or the last one. */
  bytesReceived(): number
  /** Whether it can be used again: it is open, and the last answer is complete. */
  isFree(): boolean
  /** Ends it in any phase; an exchange under way ends with this error. */
  destroy(error: Error): Promise<void>
}

const HEADERS_LIMIT = 16 * 1024
// Chunk sizes, chunk extensions, early hints and trailers are neither headers nor body, and have no limit of their own.
const ANSWER_LIMIT = 256 * 1024
const NOTHING = Buffer.alloc(0)

/** Prepares a connection; `onClosed` is called when its socket has closed, in use or idle. */
export function openConnection(
  to: TimedDestination,
  settings: ConnectionSettings,
  onClosed: () => void
): HttpConnection {
  return new Connection(to, settings, onClosed)
}

/**
 * It is undici's handler itself, and a class: closures would be that many more objects for the garbage collector with
 * each probe. undici's `request` turns an answer into a stream, and that into an iterator, which costs more than the
 * rest of a probe.
 */
class Connection implements HttpConnection, Dispatcher.DispatchHandler {
  readonly origin: string
  readonly #name: string
  readonly #proxy: HttpProxy | null
  readonly #client: Client
  // RFC 9112 section 3.2.2: a proxy gets the whole address.
  readonly #pathPrefix: string
  readonly #ours: RequestHeaders
  // Only until it is opened: thousands of connections are kept.
  #destination: TimedDestination | undefined
  #opening: Opening | undefined
  #link: Link | null = null
  #socket: Socket | undefined
  #endedBy: Error | undefined
  // What its socket failed with.
  #failure: Error | undefined

  // The current exchange, or the last one.
  #used: ConnectionUsed = 'new'
  #startedAt = 0
  #wantsBody: ((head: Head) => boolean) | null = null
  #resolve: ((reply: Reply) => void) | null = null
  // `null`: the next chunk begins an answer, and with it a repair.
  #repair: HeadRepair | null = asItIs
  #beginning: Uint8Array = NOTHING
  #bytes = 0
  #head: Head | null = null
  #headMs: number | null = null
  #isWanted = false
  #size = 0
  #chunks: Uint8Array[] | null = null
  #isAnswered = false
  #isLast = false

  constructor(to: TimedDestination, settings: ConnectionSettings, onClosed: () => void) {
    const { origin, protocol } = to.url
    const proxy = protocol === 'http:' ? to.proxy : null
    const keepAliveTimeout = Math.max(1, Math.min(settings.keepAliveMs, LONGEST_TIMER_MS))
    this.origin = origin
    this.#name = to.name
    this.#proxy = to.proxy
    this.#pathPrefix = proxy === null ? '' : origin
    const authorization = proxy?.authorization
    this.#ours =
      authorization == null ? settings.headers : { ...settings.headers, 'proxy-authorization': authorization }
    this.#destination = to
    this.#client = new Client(origin, {
      connect: (_, done) => this.#open(settings, done),
      allowH2: false,
      maxHeaderSize: HEADERS_LIMIT,
      // One deadline bounds everything; undici's own timers could only contradict it.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout,
      keepAliveMaxTimeout: keepAliveTimeout
    })
    this.#client.on('disconnect', onClosed)
  }

  get({ pathname, search }: URL, headers: RequestHeaders | null, wantsBody: (head: Head) => boolean): Promise<Reply> {
    this.#used = this.#socket === undefined ? 'new' : 'kept'
    this.#startedAt = performance.now()
    this.#wantsBody = wantsBody
    this.#beginning = NOTHING
    this.#bytes = 0
    this.#head = null
    this.#headMs = null
    this.#size = 0
    this.#chunks = null
    this.#isAnswered = false
    this.#isLast = false
    const path = `${this.#pathPrefix}${pathname}${search}`
    const all = headers === null ? this.#ours : { ...headers, ...this.#ours }
    const dispatch = () => this.#client.dispatch({ method: 'GET', path, headers: all }, this)
    return new Promise(resolve => {
      this.#resolve = resolve
      // What came while it was idle is read first, and ends it: it must not be taken for the answer. undici looks for
      // it too, but when this runs in the poll phase of the event loop, only one turn later.
      if (this.#socket === undefined) dispatch()
      else setImmediate(dispatch)
    })
  }

  isOnWayTo({ name, proxy }: Destination): boolean {
    return this.#proxy === proxy && this.#name === name
  }

  bytesReceived(): number {
    return this.#bytes
  }

  isFree(): boolean {
    return this.#isAnswered && this.#socket !== undefined && !this.#socket.destroyed
  }

  async destroy(error: Error): Promise<void> {
    // Its socket is gone by now, and undici would make just as many promises as for an open one.
    if (this.#isLast && this.#isAnswered) return
    this.#endedBy ??= error
    const destroyed = this.#client.destroy(error)
    this.#opening?.destroy(error)
    this.#socket?.destroy(error)
    await destroyed
  }

  // Not earlier: undici ends an idle connection that receives something, and a repair might hold that back.
  onRequestStart(): void {
    this.#repair = null
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number, headers: Head['headers']): void {
    // RFC 9110 section 15.2: any number of these may come before the answer.
    if (statusCode < 200) return
    this.#headMs = performance.now() - this.#startedAt
    this.#head = { statusCode, headers }
    this.#isLast = closes(this.#head)
    this.#isWanted = this.#wantsBody?.(this.#head) ?? false
    if (!this.#isWanted) this.#end(this.#answerOf(this.#head))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (!this.#isWanted) return
    this.#size += chunk.length
    if (this.#size > BODY_LIMIT) controller.abort(new ProbeError('too_large', REPORT_TOO_LARGE))
    else if (this.#chunks === null) this.#chunks = [chunk]
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#isAnswered = true
    this.#repair = asItIs
    if (this.#isLast) {
      // undici would end it with an error, and having a stream format its stack costs a twentieth of a probe.
      this.#socket?.destroy()
      spareStacks()
    }
    if (!this.#isWanted || this.#head === null) return
    // undici takes a reset for the end of an answer that has no length.
    this.#end(this.#failure === undefined ? this.#answerOf(this.#head) : this.#explain(this.#failure))
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end(this.#explain(error))
  }

  #open(settings: ConnectionSettings, done: buildConnector.Callback): void {
    const to = this.#destination
    this.#destination = undefined
    // undici would reconnect by itself after a close, but trying again is for the caller to decide.
    if (to === undefined) done(new ProbeError('connect', `connection closed by ${shown(this.#name)}`), null)
    else {
      this.#opening = openSocket(to, settings, (error, opened) => {
        if (opened === null) return done(error ?? new Error('no socket'), null)
        this.#opening = undefined
        this.#follow(opened)
        done(null, opened)
      })
      this.#link = this.#opening.link
    }
  }

  /**
   * undici takes every byte with `read`: there they are counted, and the head is repaired before its parser sees it.
   */
  #follow(socket: Socket): void {
    this.#socket = socket
    // undici takes both for an ordinary end of the connection: a reset, and a last TLS alert from the server.
    socket.on('error', (one: NodeJS.ErrnoException) => {
      if (one.code === 'ECONNRESET' || one.code?.startsWith('ERR_SSL_')) this.#failure ??= one
    })
    const { read } = socket
    socket.read = size => {
      const chunk: Buffer | null = read.call(socket, size)
      if (chunk === null) return null
      if (this.#bytes === 0) this.#beginning = chunk
      this.#bytes += chunk.length
      if (this.#bytes > ANSWER_LIMIT) socket.destroy(new ProbeError('too_large', 'answer is larger than 256 KiB'))
      this.#repair ??= createHeadRepair()
      return this.#repair(chunk)
    }
  }

  #answerOf(head: Head): Observed<Answer, never> {
    return seen({ ...head, body: join(this.#chunks ?? [], this.#size), beginning: this.#beginning })
  }

  #end(answer: Reply['answer']): void {
    this.#resolve?.({
      answer,
      connection: this.#used,
      statusCode: this.#head?.statusCode ?? null,
      bytes: this.#bytes,
      link: this.#link,
      headMs: this.#headMs,
      wholeMs: performance.now() - this.#startedAt
    })
    // Thousands are kept, and each would keep all of its last exchange.
    this.#resolve = null
    this.#wantsBody = null
    this.#head = null
    this.#beginning = NOTHING
    this.#chunks = null
  }

  #explain(cause: Error): Unseen<ProbeReason> {
    const error = this.#endedBy ?? this.#failure ?? cause
    const isTimeout = error instanceof ProbeError && error.failure.reason === 'timeout'
    const name = this.#opening?.resolving() ?? null
    if (isTimeout && name !== null) {
      // One dead name server must not look like many dead services.
      return this.#opening?.whyWaiting() ?? unseen('dns', `cannot resolve ${shown(name)}: ${error.message}`)
    }
    // Only a person can find out whose fault it is.
    const way = this.#proxy === null ? '' : ` over the proxy ${shown(this.#proxy.url.host)}`
    if (isTimeout && error === this.#endedBy) return unseen('timeout', `${error.message}${way}`)
    const phase = this.#head === null ? 'waiting' : 'answering'
    return failureOf(error, { host: `${this.#name}${way}`, phase, certificate: null, beginning: this.#beginning })
  }
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)
}

function asItIs(chunk: Buffer): Buffer {
  return chunk
}
