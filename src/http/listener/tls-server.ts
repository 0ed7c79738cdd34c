import { createServer, type Server, type ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import { isLetIn } from './client-certificate.ts'
import { endsOf } from './connections.ts'
import type { TlsRules } from './rules.ts'

/**
 * An HTTPS server whose rules may change: each connection keeps those that it began under. A client that the rules do
 * not let in is cut off after the handshake, before a byte of its request is read.
 */
export function createTlsServer(rules: () => TlsRules, options: ServerOptions): Server {
  let applied = rules()
  const begunUnder = new Map<string, TlsRules>()
  // Whether a client's certificate is enough is decided below.
  const server = createServer({ ...options, ...applied.context, ...wishFor(applied), ALPNProtocols: ['http/1.1'] })

  function applyNewRules(): void {
    const current = rules()
    if (current === applied) return
    // A new context knows none of the old one's sessions: nobody resumes what the old rules allowed.
    server.setSecureContext(current.context)
    // Node reads these properties of its server at each connection; there is no method to set them.
    Object.assign(server, wishFor(current))
    applied = current
  }

  server.prependListener('connection', (socket: Socket) => {
    applyNewRules()
    const ends = endsOf(socket)
    begunUnder.set(ends, applied)
    socket.once('close', () => begunUnder.delete(ends))
  })
  server.prependListener('secureConnection', socket => {
    if (
      !isLetIn(begunUnder.get(endsOf(socket)) ?? rules(), {
        certificate: socket.getPeerX509Certificate(),
        verified: socket.authorized
      })
    ) {
      socket.destroy()
    }
  })
  return server
}

function wishFor({ clientAuth }: TlsRules): Pick<ServerOptions, 'requestCert' | 'rejectUnauthorized'> {
  return {
    requestCert: clientAuth !== 'NoClientCert',
    rejectUnauthorized: clientAuth === 'RequireAndVerifyClientCert'
  }
}
