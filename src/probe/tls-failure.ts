import { shown } from '../domain/text.ts'

export interface TlsContext {
  /** Of the address that was asked. */
  readonly host: string
  /** Of the server; `null`: the handshake never got that far, or this is not TLS. */
  readonly certificate: CertificateFacts | null
  /** The setting that holds the CA certificates to trust; absent: `ENDPOINT_CA_FILE`. */
  readonly caSetting?: string
}

// OpenSSL's verdicts that have one cure, by Node's names (node: src/crypto/crypto_common.cc).
const UNKNOWN_AUTHORITY: readonly string[] = [
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_UNTRUSTED'
]
const NOT_FOR_SERVERS: readonly string[] = ['INVALID_PURPOSE', 'INVALID_CA']
const NOT_TLS: readonly string[] = [
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_UNKNOWN_PROTOCOL'
]
/** Follows the host in a message, whether the handshake or the first bytes show it. */
export const ONLY_HTTP2 = 'speaks only HTTP/2, and the guard only HTTP/1.1'

const OTHER_VERSION = 'speaks no TLS version that the guard supports (1.2 and 1.3)'
const WANTS_CERTIFICATE = 'wants a client certificate, and the guard has none'
// A server's alerts. OpenSSL puts a version of TLS before their names, and which one differs between its own versions.
// To a client without a certificate, TLS 1.3 says that one is required (RFC 8446 section 6.2), and TLS 1.2 something
// else.
const ALERT = /^ERR_SSL_(?:.*ALERT_|TLSV1_)(\w+)$/
const ALERTS: Readonly<Record<string, string>> = {
  CERTIFICATE_REQUIRED: WANTS_CERTIFICATE,
  BAD_CERTIFICATE: WANTS_CERTIFICATE,
  HANDSHAKE_FAILURE:
    'refused the TLS handshake: it wants a client certificate, or ciphers that the guard does not offer',
  NO_APPLICATION_PROTOCOL: ONLY_HTTP2,
  PROTOCOL_VERSION: OTHER_VERSION,
  UNRECOGNIZED_NAME: 'serves no host with this name'
}
const CLOSED: readonly string[] = ['ECONNRESET', 'EPIPE', 'ECONNABORTED']
const NAMES_SHOWN = 3

/** What is wrong with a server's TLS, and the fix if there is one; `code` as Node gives it. */
export function describeTlsFailure(code: string, context: TlsContext): string {
  const { host: name, certificate, caSetting = 'ENDPOINT_CA_FILE' } = context
  const host = shown(name)
  if (code === 'CERT_HAS_EXPIRED') return `certificate expired${on(certificate?.expires)} (${host})`
  if (code === 'CERT_NOT_YET_VALID') return `certificate not valid before${on(certificate?.begins)} (${host})`
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT') {
    return `certificate is self-signed (${host}): to trust it, add it to ${caSetting}`
  }
  if (UNKNOWN_AUTHORITY.includes(code)) {
    return `certificate is from an unknown authority (${host}): to trust it, add it to ${caSetting}`
  }
  if (NOT_FOR_SERVERS.includes(code)) {
    return `certificate, or one above it, does not allow this use (${host}): look at extendedKeyUsage, keyUsage and basicConstraints`
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return describeHolder(host, certificate?.names)
  if (NOT_TLS.includes(code)) return `${host} does not speak TLS on this port`
  if (code === 'ERR_SSL_UNSUPPORTED_PROTOCOL') return `${host} ${OTHER_VERSION}`
  const alert = ALERTS[ALERT.exec(code)?.[1] ?? '']
  if (alert !== undefined) return `${host} ${alert}`
  if (CLOSED.includes(code)) return `${host} closed the connection during the TLS handshake`
  return `TLS with ${host} failed (${shown(code)})`
}

function on(day: string | null | undefined): string {
  return day === null || day === undefined ? '' : ` ${day}`
}

function describeHolder(host: string, names: readonly string[] | null = []): string {
  if (names === null) return `certificate has no subjectAltName, which must name ${host}`
  if (names.length === 0) return `certificate is not for ${host}`
  if (names.includes(host))
    return `certificate has ${host} in its subjectAltName as a DNS name, and needs it as an IP address`
  const first = names.slice(0, NAMES_SHOWN).map(shown).join(', ')
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : ''
  return `certificate is for ${first}${more}, not for ${host}`
}

/** The facts that explain a failed verification. */
export interface CertificateFacts {
  /** When the first certificate of the chain expires; `YYYY-MM-DD`, `null` if unknown. */
  readonly expires: string | null
  /** When the last certificate of the chain begins to be valid; as above. */
  readonly begins: string | null
  /** Host names and addresses of the server's certificate; `null`: it has no subjectAltName; empty: not to be shown. */
  readonly names: readonly string[] | null
}

/** What is read from Node's `DetailedPeerCertificate`; a strange one may lack any field, whatever its types say. */
export interface ReadCertificate {
  readonly valid_from?: string
  readonly valid_to?: string
  readonly subjectaltname?: string | undefined
  /** The last certificate of a chain is its own issuer. */
  readonly issuerCertificate?: ReadCertificate
}

/** Reads the facts from the server's certificate and those above it. */
export function certificateFacts(certificate: ReadCertificate): CertificateFacts {
  const chain = chainOf(certificate)
  return {
    expires: day(Math.min(...chain.map(({ valid_to }) => Date.parse(valid_to ?? '')))),
    begins: day(Math.max(...chain.map(({ valid_from }) => Date.parse(valid_from ?? '')))),
    names: namesOf(certificate)
  }
}

function chainOf(certificate: ReadCertificate): ReadCertificate[] {
  const chain = new Set<ReadCertificate>()
  for (let next: ReadCertificate | undefined = certificate; next !== undefined && !chain.has(next); ) {
    chain.add(next)
    next = next.issuerCertificate
  }
  return [...chain]
}

/** The host names and addresses that a certificate is for; `null`: it has no subjectAltName. */
export function namesOf({ subjectaltname }: Pick<ReadCertificate, 'subjectaltname'>): string[] | null {
  return subjectaltname?.split(', ').map(name => name.replace(/^(?:DNS|IP Address):/, '')) ?? null
}

function day(ms: number): string | null {
  return Number.isNaN(ms) ? null : new Date(ms).toISOString().slice(0, 10)
}
