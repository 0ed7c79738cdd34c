import { isIP, type Socket } from 'node:net'
import { Client, type Dispatcher } from 'undici'
import { LONGEST_TIMER_MS } from '../text/durations.ts'
import { type ConnectorSettings, connect } from './connector.ts'
import { ProbeError } from './failure.ts'
import { BODY_LIMIT, tooLarge } from './parse-report.ts'

export interface ConnectionSettings extends ConnectorSettings {
  /** How long an idle connection is kept; a server's shorter hint is honoured. */
  readonly keepAliveMs: number
  readonly userAgent: string
}

/** Headers of a request, beside those that each has. */
export type RequestHeaders = Readonly<Record<string, string>>

/** One connection to one origin, for one exchange at a time; made on the first `get`. */
export interface Connection {
  readonly origin: string
  /** Resolves when all has come that is wanted; `wantsBody` is called with the head of the answer. */
  get(path: string, headers: RequestHeaders, wantsBody: (head: Head) => boolean): Promise<Answer>
  /** Whether the last `get` went out on a socket that had served before, and no byte of an answer came. */
  isStale(): boolean
  /** Whether the host's name has not been resolved yet. */
  isResolving(): boolean
  /** Whether more can be asked on it: it is open, and the last answer has come to its end. */
  isFree(): boolean
  /** Ends it in any phase; an exchange under way rejects with the error. */
  destroy(error: Error): Promise<void>
}

const HEADERS_LIMIT = 16 * 1024
// Chunk sizes, chunk extensions, early hints and trailers are neither headers nor body, and have no end by themselves.
const ANSWER_LIMIT = 256 * 1024

/** Prepares a connection; `onClosed` is called when its socket has closed, in use or idle. */
export function openConnection(origin: string, settings: ConnectionSettings, onClosed: () => void): Connection {
  const { userAgent, keepAliveMs } = settings
  const keepAliveTimeout = Math.max(1, Math.min(keepAliveMs, LONGEST_TIMER_MS))
  let socket: Socket | undefined
  let askedOn: Socket | undefined
  let received = 0
  let isResolving = false
  let isAnswered = false

  const count = (from: Socket) => {
    received += from.readableLength
    if (received > ANSWER_LIMIT) from.destroy(new ProbeError('too_large', 'answer is larger than 256 KiB'))
  }
  const client = new Client(origin, {
    connect: (to, done) => {
      const made = connect(to, settings, (...outcome) => {
        // Ahead of undici's own listener, which empties the buffer.
        if (outcome[1] !== null) made.on('readable', () => count(made))
        done(...outcome)
      })
      isResolving = isIP(to.hostname) === 0
      made.once('lookup', () => {
        isResolving = false
      })
      socket = made.once('close', onClosed)
    },
    allowH2: false,
    maxHeaderSize: HEADERS_LIMIT,
    // One deadline bounds everything; undici's own timers would be a second truth.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout,
    keepAliveMaxTimeout: keepAliveTimeout
  })
  return {
    origin,
    get: (path, headers, wantsBody) => {
      received = 0
      askedOn = socket
      isAnswered = false
      const onEnd = () => {
        isAnswered = true
      }
      const ours = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': userAgent }
      const options = { method: 'GET', path, headers: { ...headers, ...ours } } as const
      return new Promise((onAnswer, onError) => {
        client.dispatch(options, collectAnswer({ wantsBody, onAnswer, onEnd, onError }))
      })
    },
    isStale: () => askedOn !== undefined && askedOn === socket && received === 0,
    isResolving: () => isResolving,
    isFree: () => isAnswered && socket !== undefined && !socket.destroyed,
    destroy: async error => {
      const destroyed = client.destroy(error)
      // undici forgets a socket that still connects.
      socket?.destroy(error)
      await destroyed
    }
  }
}

/** The beginning of an answer. */
export interface Head {
  readonly statusCode: number
  readonly headers: AnswerHeaders
}

/** Names in lower case; one that came several times has its values in a list. */
type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>

/** An answer as it was sent, encoded as its headers say. */
export interface Answer extends Head {
  /** Empty where nobody wanted it. */
  readonly body: Uint8Array
}

/** Who waits for an answer. */
interface AnswerPorts {
  /** Called with the final head; false: what follows it is not waited for. */
  wantsBody(head: Head): boolean
  onAnswer(answer: Answer): void
  /** Called once the last byte has come, also of a body that nobody wanted. */
  onEnd(): void
  onError(error: Error): void
}

/**
 * Collects an answer from undici's events: what its `request` makes of them, a stream and an iterator of it, costs more
 * than all the rest of a probe. A body beyond 64 KiB on the wire ends the connection with a ProbeError.
 */
function collectAnswer({ wantsBody, onAnswer, onEnd, onError }: AnswerPorts): Dispatcher.DispatchHandler {
  let head: Head | undefined
  let isWanted = false
  const chunks: Uint8Array[] = []
  let size = 0
  return {
    onRequestStart: () => {},
    onResponseStart: (_controller, statusCode, headers) => {
      // RFC 9110 section 15.2: any number of these may come before the answer.
      if (statusCode < 200) return
      head = { statusCode, headers }
      isWanted = wantsBody(head)
      if (!isWanted) onAnswer({ ...head, body: Buffer.alloc(0) })
    },
    onResponseData: (controller, chunk) => {
      if (!isWanted) return
      size += chunk.length
      if (size > BODY_LIMIT) controller.abort(tooLarge())
      else chunks.push(chunk)
    },
    onResponseEnd: () => {
      onEnd()
      if (isWanted && head !== undefined) onAnswer({ ...head, body: Buffer.concat(chunks, size) })
    },
    onResponseError: (_controller, error) => onError(error)
  }
}
