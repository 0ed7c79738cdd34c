import type { RegistryReason } from '../domain/image-registry.ts'
import { type Unseen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import { faultOfProxy, type HttpProxy } from '../proxy-environment.ts'
import { parseJson, textAt } from '../text/json.ts'
import type { Credential } from './docker-config.ts'

type Failure = Unseen<RegistryReason>

/** An answer with an error status, and what was asked for. */
export interface RefusedAnswer {
  readonly status: number
  readonly body: Uint8Array
  /** For messages: `ghcr.io/shop/app`. */
  readonly name: string
  /** The credential that was sent; `null`: none. */
  readonly credential: Credential | null
  /** When the registry wants the next request, ms since the epoch; `null`: it does not say. */
  readonly retryAt: number | null
}

// What Go, nginx, Apache and Tomcat say to a request without TLS on a port that wants it.
const NEEDS_TLS = /to an HTTPS server|plain HTTP|requires TLS/i

/** The reason for an error status, with words for a person. */
export function refusal({ status, body, name, credential, retryAt }: RefusedAnswer): Failure {
  const code = errorCode(body)
  if (status === 429 || code === 'TOOMANYREQUESTS') return tooMany(name, retryAt)
  if (status === 401) return unseen('unauthorized', `${name} is missing or private: ${cure(credential)}`)
  if (status === 403) return unseen('forbidden', `${name} is forbidden: ${cure(credential)}`)
  if (status === 404) return unseen('not_found', `${name} does not exist${code === null ? '' : ` (${code})`}`)
  if (isFromGateway(status)) return unseen('unreachable', `${name}: the registry is down (HTTP ${status})`)
  if (status === 400 && NEEDS_TLS.test(Buffer.from(body).toString())) {
    return unseen('invalid', `${name}: the registry wants TLS: remove it from REGISTRY_INSECURE`)
  }
  return unseen('invalid', `${name}: the registry answered HTTP ${status}${code === null ? '' : ` (${code})`}`)
}

/**
 * Whether a gateway in front of the registry answered. A 500 is the registry's own: the next attempt would get it
 * again.
 */
export function isFromGateway(status: number): boolean {
  return [502, 503, 504].includes(status)
}

/** The registry limits requests. */
export function tooMany(name: string, retryAt: number | null): Failure {
  const until = retryAt === null ? '' : `, until ${new Date(retryAt).toISOString()}`
  return unseen('rate_limited', `${name}: the registry limits requests${until}`)
}

// The users of cloud registries whose passwords are tokens, and how long these last.
const HOURS: ReadonlyMap<string, number> = new Map([
  ['AWS', 12],
  ['oauth2accesstoken', 1],
  ['00000000-0000-0000-0000-000000000000', 3]
])

function cure(credential: Credential | null): string {
  if (credential === null) return 'if it is private, add credentials to REGISTRY_AUTH_FILE'
  const user = credential.kind === 'basic' ? credential.user : ''
  const hours = HOURS.get(user)
  const lifetime = hours === undefined ? '' : `, or have expired: a password of ${user} lasts ${hours} h`
  return `the credentials have no read access${lifetime}`
}

/**
 * The error code in a registry's answer, such as `NAME_UNKNOWN`; `null`: none. Source: OCI distribution specification.
 */
function errorCode(body: Uint8Array): string | null {
  const code = textAt(parseJson(body), 'errors', '0', 'code')
  return /^[A-Za-z_]{1,64}$/.test(code) ? code.toUpperCase() : null
}

const UNKNOWN_AUTHORITY = 'its certificate is from an unknown authority'
const CLOSED = 'the connection was closed before the response was complete'

/** The error code of a lookup that found only forbidden addresses. */
export const ADDRESS_REFUSED = 'ERR_ADDRESS_REFUSED'

// Error codes of the kernel, OpenSSL and undici.
const WORDS: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'no such host'],
  [ADDRESS_REFUSED, 'that address may not be reached: name the host in REGISTRY_INSECURE or REGISTRY_AUTH_FILE'],
  ['EAI_AGAIN', 'the name server does not answer or reports a failure'],
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', CLOSED],
  ['EPIPE', CLOSED],
  ['UND_ERR_SOCKET', CLOSED],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', CLOSED],
  ['EHOSTUNREACH', 'no route to host'],
  ['ENETUNREACH', 'no route to host'],
  ['ETIMEDOUT', 'the connection timed out'],
  ['UND_ERR_CONNECT_TIMEOUT', 'the connection timed out'],
  ['UND_ERR_PRX_TLS', 'the certificate of the proxy is for another host'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_AUTHORITY],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS: to use it anyway, add it to REGISTRY_INSECURE'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'it does not speak TLS: to use it anyway, add it to REGISTRY_INSECURE']
])

// The host answered, but not with valid HTTP.
const MALFORMED: readonly string[] = ['HTTPParserError', 'UND_ERR_HEADERS_OVERFLOW', 'Z_DATA_ERROR', 'Z_BUF_ERROR']

/**
 * The reason for an error that was thrown while a host was asked. Takes anything. `proxy`: the one on the way, if any.
 */
export function connectionFailure(error: unknown, host: string, proxy: HttpProxy | null = null): Failure {
  const name = error instanceof Error ? error.name : 'unknown error'
  const cause = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : name
  // An abort of ours. undici's own abort, of a proxy tunnel, has the code UND_ERR_ABORTED.
  if (cause === 'AbortError' || cause === 'UND_ERR_DESTROYED') {
    return unseen('unreachable', `${shown(host)} was not asked: shutting down`)
  }
  const fault = proxy === null ? null : faultOfProxy(error, proxy)
  if (fault !== null) return unseen('unreachable', `${shown(host)} cannot be reached: ${fault}`)
  // Only a person can find out whether the rest is the proxy's fault or the host's.
  const way = proxy === null ? '' : ` over the proxy ${proxy.url.host}`
  if (name === 'TimeoutError') return unseen('unreachable', `${shown(host)} cannot be reached${way}: timeout`)
  if (MALFORMED.includes(cause)) return unseen('invalid', `${shown(host)} sent a malformed response${way} (${cause})`)
  return unseen('unreachable', `${shown(host)} cannot be reached${way}: ${WORDS.get(cause) ?? shown(cause)}`)
}
