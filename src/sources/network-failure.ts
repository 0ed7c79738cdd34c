import { shown } from '../domain/text.ts'
import { valueAt } from '../text/json.ts'
import { withoutUrlSecrets } from '../text/url-secrets.ts'

const CERTIFICATE_UNTRUSTED =
  'its certificate is not signed by the CA in the configuration, or by a public one where it has none'

/** Node's codes (`tls`, OpenSSL's verify errors, libuv) in the words of the person who fixes them. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ERR_STREAM_PREMATURE_CLOSE: 'connection reset',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name not found, the name server does not answer or reports a failure',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ERR_PROXY_TUNNEL: 'the proxy cannot connect to it',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  CERT_SIGNATURE_FAILURE: CERTIFICATE_UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE_UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE_UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: CERTIFICATE_UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE_UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE_UNTRUSTED,
  // When one of the two is replaced before the other.
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'the client key in the configuration is not that of the client certificate'
}

// OpenSSL's errors about our own files; its errors in a handshake have codes that begin with ERR_SSL_.
const OWN_FILE = /^ERR_OSSL_/
const FILE_UNREADABLE = 'the client certificate or its key in the configuration is not valid PEM'

// What a server says about our certificate, in OpenSSL's words for the alerts of RFC 8446 section 6.2. TLS 1.3 tells a
// client without one `certificate required`; earlier versions say `handshake failure` or `bad certificate`.
const ALERT = /\balert ([a-z ]+)/
const ALERTS: Readonly<Record<string, string>> = {
  'certificate expired': 'it refuses the client certificate, which has expired: renew it',
  'certificate revoked': 'it refuses the client certificate, which was revoked: get another one',
  'unknown ca': 'it refuses the client certificate, which is from an authority that it does not know',
  'certificate required': 'it wants a client certificate',
  'bad certificate': 'it refuses the client certificate, or wants one',
  'certificate unknown': 'it refuses the client certificate',
  'unsupported certificate': 'it refuses the client certificate',
  'handshake failure': 'it refuses the TLS handshake, and may want a client certificate'
}
const NOT_TLS = /wrong version number|packet length too long|http request/

/** Why a TLS handshake failed, by OpenSSL's message; `undefined`: it was something else. */
function describeOpenSslError({ message }: Error): string | undefined {
  if (!isOfOpenSsl(message)) return undefined
  return NOT_TLS.test(message) ? 'it does not speak TLS on this port' : ALERTS[ALERT.exec(message)?.[1] ?? '']
}

function isOfOpenSsl(message: string): boolean {
  return message.includes(':SSL routines:')
}

/** Whether a TLS handshake failed, over a certificate (theirs or ours) or anything else. */
export function isOfTls(error: unknown): boolean {
  // An alert of TLS 1.2 has the code EPROTO, like other errors.
  if (error instanceof Error && isOfOpenSsl(error.message)) return true
  return /CERT|SSL|TLS|ISSUER|SIGNATURE/.test(networkCodeOf(error))
}

/** For a person: why a connection failed, and which address. What comes from outside is cut. */
export function describeNetworkError(thrown: unknown): string {
  // If there are several addresses, each has failed; the first stands for all.
  const error = thrown instanceof AggregateError ? (thrown.errors[0] ?? thrown) : thrown
  const code = networkCodeOf(error)
  const ofFile = OWN_FILE.test(code) ? FILE_UNREADABLE : undefined
  const words = WORDS[code] ?? ofFile ?? (error instanceof Error ? describeOpenSslError(error) : undefined)
  if (words !== undefined) return `${words}${whereOf(error)}`
  // The SOCKS client keeps only the message of an AggregateError, which is empty.
  return shown(withoutUrlSecrets(error instanceof Error ? error.message : String(error))) || 'connection failed'
}

function whereOf(error: unknown): string {
  const status = valueAt(error, 'statusCode')
  // Node parses a status from whatever a proxy sends.
  if (Number.isNaN(status)) return ', it does not answer as an HTTP proxy does'
  if (typeof status === 'number') return ` (HTTP ${status})`
  const address = valueAt(error, 'address')
  const port = valueAt(error, 'port')
  const hostname = valueAt(error, 'hostname')
  if (typeof address === 'string') return ` (${shown(typeof port === 'number' ? `${address}:${port}` : address)})`
  return typeof hostname === 'string' ? ` (${shown(hostname)})` : ''
}

/** Node's code of an error; empty: it has none. */
export function networkCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
