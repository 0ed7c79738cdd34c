import type { LookupFunction, Socket } from 'node:net'
import { connect as connectTcp, isIP } from 'node:net'
import type { DetailedPeerCertificate, SecureContext } from 'node:tls'
import { connect as connectTls } from 'node:tls'
import type { buildConnector } from 'undici'
import type { FailureContext } from './failure.ts'
import { failureOf, ProbeError } from './failure.ts'
import { certificateFacts } from './tls-failure.ts'

/** How connections of one degree of trust are made. */
export interface ConnectorSettings {
  readonly secureContext: SecureContext
  readonly lookup: LookupFunction
}

const TCP_KEEP_ALIVE_AFTER_MS = 60_000

/**
 * Connects, with TLS for `https:`, and hands undici the socket, or a ProbeError that says what a person needs.
 *
 * Our own instead of undici's connector: an exchange that ends must be able to destroy a socket that still connects,
 * and an expired certificate is only there to be read until Node's verification has destroyed the connection. No TLS
 * session is ever resumed, for Node does not verify the host's name again when one is.
 */
export function connect(
  to: buildConnector.Options,
  settings: ConnectorSettings,
  done: buildConnector.Callback
): Socket {
  const isSecure = to.protocol === 'https:'
  const host = to.hostname
  const port = to.port === '' ? (isSecure ? 443 : 80) : Number(to.port)
  let phase: FailureContext['phase'] = 'connecting'
  let certificate: DetailedPeerCertificate | undefined
  let isDone = false

  const connectSecure = () => {
    // RFC 6066 section 3: the server's name is sent without the root's dot, and addresses are not sent.
    const servername = isIP(host) === 0 ? host.replace(/\.$/, '') : ''
    const socket = connectTls({ host, port, servername, ALPNProtocols: ['http/1.1'], ...settings })
    return socket.prependOnceListener('secure', () => {
      // Not getPeerX509Certificate: after it, Node 24 finds no alternative names when it verifies the host's name.
      certificate = socket.getPeerCertificate(true)
    })
  }
  const socket = isSecure ? connectSecure() : connectTcp({ host, port, lookup: settings.lookup })
  socket
    .setNoDelay(true)
    .setKeepAlive(true, TCP_KEEP_ALIVE_AFTER_MS)
    .once('connect', () => {
      if (isSecure) phase = 'handshake'
    })
    .once(isSecure ? 'secureConnect' : 'connect', () => {
      isDone = true
      done(null, socket)
    })
    .on('error', error => {
      if (isDone) return
      isDone = true
      const facts = certificate === undefined ? null : certificateFacts(certificate)
      const { reason, message } = failureOf(error, { host, phase, certificate: facts })
      done(new ProbeError(reason, message), null)
    })
  return socket
}
