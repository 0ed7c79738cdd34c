import { shown } from '../domain/text.ts'
import type { CertificateFacts } from './certificate.ts'

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
export function tlsProblem(code: string, { host: name, certificate }: TlsContext): string {
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
