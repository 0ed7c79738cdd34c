import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Where a server on 127.0.0.1 listens: its origin, such as `http://127.0.0.1:4242`. */
export function urlOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port')
  return `http://127.0.0.1:${address.port}`
}

/** A port of 127.0.0.1 that nobody listens on at the moment, for programs that cannot pick one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = new URL(urlOf(server))
  server.close()
  await once(server, 'close')
  return Number(port)
}
