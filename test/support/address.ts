import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

const HOST = '127.0.0.1'

/** Where a server on 127.0.0.1 listens: its origin, such as `http://127.0.0.1:4242`. */
export function urlOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port')
  return `http://${HOST}:${address.port}`
}

/**
 * A free port of 127.0.0.1 for a program that cannot pick one itself; it stays ours between a stop and the next start.
 *
 * Port 0 would give one of the range that the kernel also takes for outgoing connections: while the server is
 * stopped, any client can get it, and one that keeps dialling a port of that range in the end reaches itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer()
    server.listen(port, HOST)
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false
    )
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
