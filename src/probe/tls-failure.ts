import { shown } from '../domain/text.ts'

export interface TlsContext {
  /** Of the address that was asked. */
  readonly host: string
  /** Of the server; `null`: it never came to that, or it is no TLS. */
  readonly certificate: CertificateFacts | null
}

// OpenSSL's verdicts, in Node's names (node: src/crypto/crypto_common.cc), for which there is one cure.
const UNKNOWN_AUTHORITY: readonly string[] = [
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_UNTRUSTED'
]
const NOT_TLS: readonly string[] = [
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_UNKNOWN_PROTOCOL'
]
const CLOSED: readonly string[] = ['ECONNRESET', 'EPIPE', 'ECONNABORTED']
const NAMES_SHOWN = 3

/** What is wrong with a server's TLS, and the cure where there is one; `code` as Node gives it. */
export function describeTlsFailure(code: string, { host: name, certificate }: TlsContext): string {
  const host = shown(name)
  if (code === 'CERT_HAS_EXPIRED') return `certificate expired${on(certificate?.expires)} (${host})`
  if (code === 'CERT_NOT_YET_VALID') return `certificate not valid before${on(certificate?.begins)} (${host})`
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT') {
    return `certificate is self-signed (${host}): to trust it, add it to ENDPOINT_CA_FILE`
  }
  if (UNKNOWN_AUTHORITY.includes(code)) {
    return `certificate is from an unknown authority (${host}): to trust it, add it to ENDPOINT_CA_FILE`
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `certificate is for ${holders(certificate?.names)}, not for ${host}`
  if (NOT_TLS.includes(code)) return `${host} does not speak TLS on this port`
  if (CLOSED.includes(code)) return `${host} closed the connection in the TLS handshake`
  return `TLS with ${host} failed (${shown(code)})`
}

function on(day: string | null | undefined): string {
  return day === null || day === undefined ? '' : ` ${day}`
}

function holders(names: readonly string[] = ['another host']): string {
  const first = names.slice(0, NAMES_SHOWN).map(shown).join(', ')
  return names.length > NAMES_SHOWN ? `${first} and ${names.length - NAMES_SHOWN} more` : first
}

/** What a failed verification is explained with. */
export interface CertificateFacts {
  /** When the first certificate of the chain ends to be valid; `YYYY-MM-DD`, `null` where it cannot be told. */
  readonly expires: string | null
  /** When the last certificate of the chain begins to be valid; as above. */
  readonly begins: string | null
  /** Host names and addresses that the server's certificate is for. */
  readonly names: readonly string[]
}

/** What is read of a `DetailedPeerCertificate` of Node; each field may be missing in a strange one, whatever its types say. */
export interface ReadCertificate {
  readonly valid_from?: string
  readonly valid_to?: string
  readonly subjectaltname?: string | undefined
  readonly subject?: { readonly CN?: string | string[] }
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

function namesOf({ subjectaltname, subject }: ReadCertificate): string[] {
  if (subjectaltname === undefined) return [String(subject?.CN ?? 'nobody')]
  return subjectaltname.split(', ').map(name => name.replace(/^(?:DNS|IP Address):/, ''))
}

function day(ms: number): string | null {
  return Number.isNaN(ms) ? null : new Date(ms).toISOString().slice(0, 10)
}
