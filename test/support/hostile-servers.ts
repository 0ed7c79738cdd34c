import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { Certificate } from './certificates.ts'

/** A server on a free port, of 127.0.0.1 unless another address was wanted. */
export interface RunningServer {
  readonly port: number
  /** Connections accepted so far. */
  connections(): number
  /** Ends the server and every connection to it. */
  close(): Promise<void>
}

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void

/** Serves well-formed HTTP. */
export function serveHttp(handler: HttpHandler, address?: string): Promise<RunningServer> {
  return listen(createHttpServer({ keepAliveTimeout: 60_000 }, handler), address)
}

/** Serves HTTP over TLS. */
export function serveTls(certificate: Certificate, handler: HttpHandler, address?: string): Promise<RunningServer> {
  return listen(createTlsServer({ ...certificate, keepAliveTimeout: 60_000 }, handler), address)
}

/** Serves whatever the function writes, from the moment a connection is accepted. */
export function serveTcp(onConnection: (socket: Socket) => void): Promise<RunningServer> {
  return listen(createTcpServer(onConnection))
}

/** Serves whatever the function writes, for each request; the function is given the request's path. */
export function serveRaw(onRequest: (socket: Socket, path: string) => void): Promise<RunningServer> {
  return serveTcp(socket => {
    socket.on('data', request => {
      const [, path = ''] = String(request).split(' ')
      onRequest(socket, path)
    })
  })
}

/** Makes a server listen on a free port. */
export async function listen(server: Server, address = '127.0.0.1'): Promise<RunningServer> {
  const sockets = new Set<Socket>()
  let accepted = 0
  server.on('connection', (socket: Socket) => {
    accepted += 1
    sockets.add(socket)
    // Clients may break off at any moment, just as a hostile server does.
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, address, resolve))
  const { port } = addressOf(server)
  return {
    port,
    connections: () => accepted,
    close: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    }
  }
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  return address
}
