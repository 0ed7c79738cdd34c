import { isIP } from 'node:net'
import type { Unseen } from '../domain/observation.ts'
import { unseen } from '../domain/observation.ts'
import type { ProbeReason } from '../domain/probe.ts'
import { shown } from '../domain/text.ts'
import type { TlsContext } from './tls-failure.ts'
import { describeTlsFailure, ONLY_HTTP2 } from './tls-failure.ts'

/**
 * A failure that is understood already, on its way through code that only carries errors (sockets, streams, undici).
 */
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
  /** `handshake`: TCP is connected, TLS not yet. */
  readonly phase: 'connecting' | 'handshake' | 'waiting' | 'answering'
  /** The first bytes of the answer; absent: none came. */
  readonly beginning?: Uint8Array
}

type CodedError = Error & { readonly code?: unknown; readonly syscall?: unknown; readonly address?: unknown }

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
  ['EINVAL', ['connect', 'no network route to …']],
  ['EADDRNOTAVAIL', ['connect', 'this machine has no IPv6 address to reach … from']],
  ['EAFNOSUPPORT', ['connect', 'this machine has no IPv6 to reach … with']],
  ['EACCES', ['connect', 'this machine forbids connections to …']],
  ['EPERM', ['connect', 'this machine forbids connections to …']],
  ['ETIMEDOUT', ['timeout', 'connection to … timed out']],
  ['UND_ERR_CONNECT_TIMEOUT', ['timeout', 'connection to … timed out']],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', ['connect', 'the answer from … does not match its Content-Length']],
  ['UND_ERR_HEADERS_OVERFLOW', ['too_large', 'headers are larger than 16 KiB']]
])

const DESCRIPTORS: ReadonlyMap<string, string> = new Map([
  ['EMFILE', 'too many open files here: raise the limit of this process'],
  ['ENFILE', 'too many open files on this machine']
])
// What is used up here says nothing about the endpoint. Without the host, so that a thousand targets share one line.
const USED_UP: ReadonlyMap<string, string> = new Map([
  ...DESCRIPTORS,
  ['EADDRNOTAVAIL', 'no local port left'],
  ['ENOBUFS', 'no room left for network buffers on this machine'],
  ['ENOMEM', 'no memory left on this machine']
])

// A machine without IPv6 fails with these first, whatever the IPv4 address then says.
const NO_ROUTE: readonly unknown[] = ['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']

/** What went wrong, for a person. Takes anything that was thrown, and always gives a reason. */
export function failureOf(error: unknown, context: FailureContext): Unseen<ProbeReason> {
  if (error instanceof ProbeError) return error.failure
  if (error instanceof AggregateError && error.errors.length > 0) return failureOf(mostTelling(error.errors), context)
  const usedUp = usedUpHere(error)
  if (usedUp !== undefined) return unseen('not_asked', usedUp)
  const { code, syscall, message, name } = asCoded(error)
  // Errors of undici's parser have a name and no code.
  const cause = typeof code === 'string' ? code : name
  const host = shown(context.host)
  if (syscall === 'getaddrinfo' || cause.startsWith('EAI_')) return unseen('dns', describeDnsFailure(cause, host))
  if (context.phase === 'handshake' || cause.startsWith('ERR_SSL_')) {
    // Node has no name for some of OpenSSL's verdicts, and passes on its words.
    return unseen('tls', describeTlsFailure(cause === 'UNSPECIFIED' ? message : cause, context))
  }
  const isCut = cause === 'UND_ERR_SOCKET' || message.includes(CUT_IN_CHUNKS)
  const [reason, words] = isMalformed(cause, message, context)
    ? malformed(context.beginning)
    : isCut
      ? closed(context.phase)
      : (FAILURES.get(cause) ?? unexpected(cause))
  // A function: in a string, `$&` would have a meaning.
  const inserted = words.replace('…', () => host)
  return unseen(reason, inserted)
}

/** Whether a failure comes from a lack of descriptors, which idle connections hold too. */
export function isOutOfDescriptors({ message }: Unseen<ProbeReason>): boolean {
  return [...DESCRIPTORS.values()].includes(message)
}

function usedUpHere(error: unknown): string | undefined {
  const { code, address } = asCoded(error)
  // For an IPv6 address, every machine without one of its own says this.
  if (code === 'EADDRNOTAVAIL' && isIP(String(address)) === 6) return undefined
  return USED_UP.get(String(code))
}

// From llhttp, which reads the end of a connection as a part of the answer if the server had announced that end.
const CUT_IN_CHUNKS = 'Invalid EOF state'

// undici also reports an answer that makes no sense at this point as a socket error (`bad response`, `bad upgrade`),
// and anything wrong with the headers after a Content-Length as a body of another length.
function isMalformed(cause: string, message: string, { phase }: FailureContext): boolean {
  return (
    (cause === 'HTTPParserError' && !message.includes(CUT_IN_CHUNKS)) ||
    cause.startsWith('HPE_') ||
    (cause === 'UND_ERR_SOCKET' && message.startsWith('bad ')) ||
    (cause === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' && phase === 'waiting')
  )
}

/** Describes a server that sends something before it is asked. */
export function describeEager(host: string, beginning: Uint8Array): string {
  return `${shown(host)} ${isHttp2(beginning) ? ONLY_HTTP2 : 'sends data before it is asked'}`
}

// RFC 9113 sections 3.4 and 4.1: a server's first frame is SETTINGS, of stream 0; many gRPC servers send it at once.
function isHttp2(beginning: Uint8Array): boolean {
  return /^\0[\s\S]{2}\x04[\s\S]\0{4}/.test(Buffer.from(beginning).toString('latin1'))
}

function malformed(beginning: Uint8Array = Buffer.alloc(0)): Failure {
  const text = Buffer.from(beginning).toString('latin1')
  // RFC 8446 section 5.1: an alert or a handshake.
  if (/^[\x15\x16]\x03/.test(text)) return ['connect', '… speaks TLS on this port: the address must begin with https']
  if (isHttp2(beginning)) return ['connect', `… ${ONLY_HTTP2}`]
  const [head = ''] = text.split('\r\n\r\n', 1)
  if ((head.match(/^content-length[ \t]*:/gim)?.length ?? 0) > 1) return ['connect', '… sends Content-Length twice']
  return ['connect', 'malformed HTTP answer from …']
}

function closed(phase: FailureContext['phase']): Failure {
  return [
    'connect',
    phase === 'answering' ? 'connection closed by … mid-answer' : '… closed the connection without answering'
  ]
}

function unexpected(cause: string): Failure {
  return ['connect', `the request to … failed (${shown(cause)})`]
}

function describeDnsFailure(code: string, host: string): string {
  if (code === 'ENOTFOUND' || code === 'EAI_NONAME') return `cannot resolve ${host}: no such host`
  if (code === 'EAI_AGAIN') return `cannot resolve ${host}: the name server does not answer or reports a failure`
  if (code === 'ENODATA' || code === 'EAI_NODATA') return `cannot resolve ${host}: it has no address`
  return `cannot resolve ${host}: ${shown(code)}`
}

function mostTelling(errors: readonly unknown[]): unknown {
  const telling = errors.filter(error => !NO_ROUTE.includes(asCoded(error).code))
  // If one address could not be tried, the errors of the others are not the whole truth.
  return errors.find(error => usedUpHere(error) !== undefined) ?? telling[0] ?? errors[0]
}

function asCoded(error: unknown): CodedError {
  return error instanceof Error ? error : new Error('not an error')
}
