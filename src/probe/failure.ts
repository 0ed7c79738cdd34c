import type { Unseen } from '../domain/observation.ts'
import { unseen } from '../domain/observation.ts'
import type { ProbeReason } from '../domain/probe.ts'
import { shown } from '../domain/text.ts'
import type { TlsContext } from './tls-failure.ts'
import { describeTlsFailure } from './tls-failure.ts'

/** A failure that is understood already, on its way through code that only carries errors (sockets, streams, undici). */
export class ProbeError extends Error {
  readonly failure: Unseen<ProbeReason>

  constructor(reason: ProbeReason, message: string) {
    super(message)
    this.name = 'ProbeError'
    this.failure = unseen(reason, message)
  }
}

/** Where an exchange was when it failed. */
export interface FailureContext extends TlsContext {
  /** `handshake`: TCP was connected and TLS not yet. */
  readonly phase: 'connecting' | 'handshake' | 'waiting' | 'answering'
}

type CodedError = Error & { readonly code?: unknown; readonly syscall?: unknown }

type Failure = readonly [reason: ProbeReason, words: string]

// The kernel's and undici's codes (undici: lib/core/errors.js) to a reason and words; `…` stands for the host.
const FAILURES: ReadonlyMap<string, Failure> = new Map<string, Failure>([
  ['ECONNREFUSED', ['connect', 'connection to … refused']],
  ['ECONNRESET', ['connect', 'connection reset by …']],
  ['ECONNABORTED', ['connect', 'connection to … aborted']],
  ['EPIPE', ['connect', 'connection closed by …']],
  ['EHOSTUNREACH', ['connect', '… is unreachable']],
  ['EHOSTDOWN', ['connect', '… is unreachable']],
  ['ENETUNREACH', ['connect', 'no network route to …']],
  ['EACCES', ['connect', 'this machine forbids connections to …']],
  ['EPERM', ['connect', 'this machine forbids connections to …']],
  ['ETIMEDOUT', ['timeout', 'connection to … timed out']],
  ['HTTPParserError', ['connect', 'malformed HTTP answer of …']],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', ['connect', 'the answer of … is not as long as it says']],
  ['UND_ERR_HEADERS_OVERFLOW', ['too_large', 'headers are larger than 16 KiB']]
])

// What is used up here says nothing of who was to be asked. Without the host, so that a thousand targets have one line.
const OURS: ReadonlyMap<string, string> = new Map([
  ['EMFILE', 'too many open files here: raise the limit of this process'],
  ['ENFILE', 'too many open files on this machine'],
  ['EADDRNOTAVAIL', 'no local address or port left'],
  ['ENOBUFS', 'no room left for network buffers on this machine'],
  ['ENOMEM', 'no memory left on this machine']
])

// A machine without IPv6 fails on these first, whatever the IPv4 address then says.
const NO_ROUTE: readonly unknown[] = ['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']

/** What went wrong, for a person; anything may have been thrown, and nothing is ever without a reason. */
export function failureOf(error: unknown, context: FailureContext): Unseen<ProbeReason> {
  if (error instanceof ProbeError) return error.failure
  if (error instanceof AggregateError && error.errors.length > 0) return failureOf(mostTelling(error.errors), context)
  const { code, syscall, message, name } = asCoded(error)
  // undici's parser has a name for its errors, and no code.
  const cause = typeof code === 'string' ? code : name
  const ours = OURS.get(cause)
  if (ours !== undefined) return unseen('not_asked', ours)
  const host = shown(context.host)
  if (syscall === 'getaddrinfo' || cause.startsWith('EAI_')) return unseen('dns', describeDnsFailure(cause, host))
  if (context.phase === 'handshake' || cause.startsWith('ERR_SSL_'))
    return unseen('tls', describeTlsFailure(cause, context))
  const [reason, words] =
    cause === 'UND_ERR_SOCKET' ? closed(message, context.phase) : (FAILURES.get(cause) ?? unexpected(cause))
  // Not as a string, in which `$&` would have a meaning.
  const inserted = words.replace('…', () => host)
  return unseen(reason, inserted)
}

// undici calls an answer that makes no sense where it comes a socket error as well: `bad response`, `bad upgrade`.
function closed(message: string, phase: FailureContext['phase']): Failure {
  if (message.startsWith('bad ')) return ['connect', 'malformed HTTP answer of …']
  return ['connect', phase === 'answering' ? 'connection closed by … in mid-answer' : '… closed without answering']
}

function unexpected(cause: string): Failure {
  return ['connect', `asking … failed (${shown(cause)})`]
}

function describeDnsFailure(code: string, host: string): string {
  if (code === 'ENOTFOUND' || code === 'EAI_NONAME') return `cannot resolve ${host}: no such host`
  if (code === 'EAI_AGAIN') return `cannot resolve ${host}: the name server gives no answer`
  if (code === 'ENODATA' || code === 'EAI_NODATA') return `cannot resolve ${host}: it has no address`
  return `cannot resolve ${host}: ${shown(code)}`
}

function mostTelling(errors: readonly unknown[]): unknown {
  const telling = errors.filter(error => !NO_ROUTE.includes(asCoded(error).code))
  // Where one address could not be tried, what the others say is not all.
  return telling.find(error => OURS.has(String(asCoded(error).code))) ?? telling[0] ?? errors[0]
}

function asCoded(error: unknown): CodedError {
  return error instanceof Error ? error : new Error('not an error')
}
