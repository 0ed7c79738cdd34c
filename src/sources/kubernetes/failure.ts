import { shown } from '../../domain/text.ts'
import { valueAt } from '../../text/json.ts'
import { type Collection, nameCollection } from './collection.ts'

/** Why the API server gave no usable answer; what the network did stays an error of Node's with its code. */
export type ApiFailure =
  /** `message` is that of the Kubernetes Status in the answer, empty where there was none. */
  | { readonly kind: 'status'; readonly code: number; readonly message: string; readonly retryAfterMs: number }
  | { readonly kind: 'timeout'; readonly afterMs: number }
  | { readonly kind: 'credentials' }
  | { readonly kind: 'not_kubernetes' }
  | { readonly kind: 'too_large'; readonly limit: number }

/** Thrown from wherever in an exchange it went wrong, to the one place that waits and tries again. */
export class ApiError extends Error {
  readonly failure: ApiFailure

  constructor(failure: ApiFailure, cause?: unknown) {
    super(`API server: ${failure.kind}`, { cause })
    this.failure = failure
  }
}

/** The HTTP status of a failure, also of one that was told within a watch; `null`: no answer at all. */
export function statusOf(error: unknown): number | null {
  return error instanceof ApiError && error.failure.kind === 'status' ? error.failure.code : null
}

/** The code of a failure of the network, of TLS or of a stream; empty: another failure. */
export function networkCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** How long the server asked to be left alone, in milliseconds; 0: it did not. */
export function retryAfterOf(error: unknown): number {
  return error instanceof ApiError && error.failure.kind === 'status' ? error.failure.retryAfterMs : 0
}

export type Verb = 'list' | 'watch'

/** The line that the source's health shows of a failure. */
export interface Problem {
  readonly message: string
  /** `server`: all collections share it. A server that is gone is one problem, not fifty. */
  readonly concerns: 'server' | 'collection'
}

/** What was tried when it failed. */
export interface Attempt {
  readonly verb: Verb
  readonly collection: Pick<Collection<unknown>, 'resource' | 'namespace'>
}

const LONG_WORD = /[\w+=~-]{16,}/g

const API_SERVER = 'Kubernetes API server'

const CERTIFICATE_UNTRUSTED = 'its certificate is not signed by the CA in the configuration'

/** Node's codes (`tls`, OpenSSL's verify errors, libuv) in the words of the one who mends it. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ERR_STREAM_PREMATURE_CLOSE: 'connection reset',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name not found, the name server does not answer',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  CERT_SIGNATURE_FAILURE: CERTIFICATE_UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE_UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE_UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: CERTIFICATE_UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE_UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE_UNTRUSTED
}

/** For a person: what cannot be seen, why, and where it is known, the cure. Only what is of a collection names it. */
export function describeFailure(error: unknown, attempt: Attempt): Problem {
  if (error instanceof ApiError) return describeApiFailure(error.failure, { attempt, cause: error.cause })
  const words = WORDS[networkCodeOf(error)]
  if (words !== undefined) return ofServer(`${API_SERVER}: ${words}${whereOf(error)}`)
  return ofServer(`${API_SERVER}: ${shown(error instanceof Error ? error.message : String(error))}`)
}

function ofServer(message: string): Problem {
  return { message, concerns: 'server' }
}

function ofCollection(message: string): Problem {
  return { message, concerns: 'collection' }
}

function whereOf(error: unknown): string {
  const address = valueAt(error, 'address')
  const port = valueAt(error, 'port')
  const hostname = valueAt(error, 'hostname')
  if (typeof address === 'string') return ` (${shown(typeof port === 'number' ? `${address}:${port}` : address)})`
  return typeof hostname === 'string' ? ` (${shown(hostname)})` : ''
}

function describeApiFailure(failure: ApiFailure, { attempt, cause }: { attempt: Attempt; cause: unknown }): Problem {
  const answer = `${API_SERVER}: what it answers to ${attempt.verb} ${nameCollection(attempt.collection)}`
  switch (failure.kind) {
    case 'timeout':
      return ofServer(`${API_SERVER}: no answer within ${failure.afterMs / 1000} s`)
    case 'credentials':
      return ofServer(`Kubernetes credentials: ${describeCredentials(cause)}`)
    case 'not_kubernetes':
      return ofCollection(`${answer} is not Kubernetes' JSON`)
    case 'too_large':
      return ofCollection(`${answer} is longer than ${failure.limit} characters`)
    case 'status':
      return describeStatus(failure, attempt)
  }
}

// What a credential plugin printed, or a part of it, is in these errors: words for a person at best, a token at worst.
function describeCredentials(cause: unknown): string {
  if (cause instanceof SyntaxError) return 'what the plugin printed is not JSON'
  const words = cause instanceof Error ? cause.message : String(cause)
  return shown(words.replace(LONG_WORD, word => (/\d/.test(word) && /[a-z]/i.test(word) ? '…' : word)))
}

function describeStatus({ code, message }: { code: number; message: string }, { verb, collection }: Attempt): Problem {
  const name = nameCollection(collection)
  if (code === 401)
    return ofServer(`${API_SERVER}: unauthorized, it does not accept the token or certificate; renew it`)
  if (code !== 403)
    return ofCollection(`${API_SERVER}: HTTP ${code} to ${verb} ${name}${message === '' ? '' : `: ${shown(message)}`}`)
  // The API server's message begins with: deployments.apps is forbidden: User "…" cannot list resource "deployments" …
  const user = /User "([^"]+)"/.exec(message)?.[1]
  const who = user === undefined ? 'this account' : shown(user)
  return ofCollection(`forbidden: ${who} cannot ${verb} ${name}; grant get, list, watch`)
}
