import type { RegistryReason } from '../domain/image-registry.ts'
import { type Unseen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import { textAt } from '../text/json.ts'

type Failure = Unseen<RegistryReason>

/** An answer that is no success, and what was asked. */
export interface RefusedAnswer {
  readonly status: number
  /** Of the answer's JSON, where there is one; a word of the server's. */
  readonly code: string | null
  /** What was asked for, for a person: `ghcr.io/shop/app`. */
  readonly name: string
  readonly hasCredential: boolean
  /** When a registry that is asked too much wants to be asked again, ms since the epoch; `null`: it does not say. */
  readonly retryAt: number | null
}

/** What an answer's status means. Every status has a reason, and words for a person. */
export function refusal({ status, code, name, hasCredential, retryAt }: RefusedAnswer): Failure {
  if (status === 429 || code === 'TOOMANYREQUESTS') return tooMany(name, retryAt)
  if (status === 401) return unseen('unauthorized', `${name} is missing or private: ${cure(hasCredential)}`)
  if (status === 403) return unseen('forbidden', `${name} may not be read: ${cure(hasCredential)}`)
  if (status === 404) return unseen('not_found', `${name} is not there${code === null ? '' : ` (${code})`}`)
  // Gateways say these of the registry behind them. A 500 is the registry's own, and comes again for the same question.
  if ([502, 503, 504].includes(status)) return unseen('unreachable', `${name}: the registry is down (HTTP ${status})`)
  return unseen('invalid', `${name}: the registry answers HTTP ${status}${code === null ? '' : ` (${code})`}`)
}

/** What a registry says that is asked too much. */
export function tooMany(name: string, retryAt: number | null): Failure {
  const until = retryAt === null ? '' : `, until ${new Date(retryAt).toISOString()}`
  return unseen('rate_limited', `${name}: the registry takes no more questions${until}`)
}

function cure(hasCredential: boolean): string {
  return hasCredential
    ? 'the credentials for it have no right to read it'
    : 'credentials for it belong into REGISTRY_AUTH_FILE'
}

/** The code of a registry's error, `NAME_UNKNOWN`; `null`: the body holds none. Source: OCI distribution specification. */
export function errorCode(body: Uint8Array): string | null {
  try {
    const code = textAt(JSON.parse(Buffer.from(body).toString()), 'errors', '0', 'code')
    return /^[A-Za-z_]{1,64}$/.test(code) ? code.toUpperCase() : null
  } catch {
    return null
  }
}

const UNKNOWN_AUTHORITY = 'its certificate is from an unknown authority'
const CLOSED = 'it closed the connection before all of the answer had come'

// The kernel's, OpenSSL's and undici's codes.
const WORDS: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'no such host'],
  ['EAI_AGAIN', 'the name server gives no answer'],
  ['ECONNREFUSED', 'it refuses connections'],
  ['ECONNRESET', CLOSED],
  ['EPIPE', CLOSED],
  ['UND_ERR_SOCKET', CLOSED],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', CLOSED],
  ['EHOSTUNREACH', 'no route leads there'],
  ['ENETUNREACH', 'no route leads there'],
  ['ETIMEDOUT', 'it takes no connection in time'],
  ['UND_ERR_CONNECT_TIMEOUT', 'it takes no connection in time'],
  ['UND_ERR_ABORTED', 'the proxy on the way refuses the connection'],
  ['UND_ERR_PRX_TLS', 'the certificate of the proxy on the way is for another host'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_AUTHORITY],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it has no TLS: name it in REGISTRY_INSECURE to ask it all the same'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'it has no TLS: name it in REGISTRY_INSECURE to ask it all the same']
])

// Answers that make no sense, rather than none.
const MALFORMED: readonly string[] = ['HTTPParserError', 'UND_ERR_HEADERS_OVERFLOW', 'Z_DATA_ERROR', 'Z_BUF_ERROR']

/** Why a host gave no answer; anything may have been thrown. */
export function connectionFailure(error: unknown, host: string): Failure {
  const { code, name } = (error instanceof Error ? error : {}) as { readonly code?: unknown; readonly name?: string }
  const cause = typeof code === 'string' ? code : (name ?? '')
  // undici's own abort is that of a tunnel, and has a code.
  if (cause === 'AbortError' || cause === 'UND_ERR_DESTROYED') {
    return unseen('unreachable', `${shown(host)} was not asked: the program ends`)
  }
  if (name === 'TimeoutError') return unseen('unreachable', `${shown(host)} cannot be reached: no answer in time`)
  if (MALFORMED.includes(cause)) return unseen('invalid', `${shown(host)} gives a malformed answer (${cause})`)
  return unseen('unreachable', `${shown(host)} cannot be reached: ${WORDS.get(cause) ?? shown(cause)}`)
}
