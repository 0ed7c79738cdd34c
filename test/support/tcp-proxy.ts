import { connect, createServer, type Socket } from 'node:net'

/** Passes bytes between clients and a server, and counts connections; on demand it acts like a faulty network. */
export interface TcpProxy {
  readonly port: number
  /** Connections begun so far. */
  connections(): number
  /** Cuts every connection now. */
  cut(): void
  /** Cuts each connection in the middle of the next chunk for the client. */
  cutInNextPiece(): void
  /** Keeps every connection open, new ones too, and passes nothing on. */
  stall(): void
  /** Cuts what was stalled, and passes bytes on again. */
  resume(): void
  close(): Promise<void>
}

/** Starts one on a free port of 127.0.0.1. */
export async function startTcpProxy(serverPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [client: Socket, server: Socket]>()
  let connections = 0
  let isStalled = false
  let isCutting: ReadonlySet<Socket> = new Set()

  const proxy = createServer(client => {
    connections += 1
    const server = connect(serverPort, '127.0.0.1')
    const pair = [client, server] as const
    pairs.add(pair)
    const end = (): void => {
      client.destroy()
      server.destroy()
      pairs.delete(pair)
    }
    // A reset is passed on as an end: the other side still sees that it was cut off.
    client.on('error', () => {}).on('close', end)
    server.on('error', () => {}).on('close', () => isStalled || end())
    client.on('data', data => isStalled || server.write(data))
    server.on('data', data => {
      if (isStalled) return
      if (isCutting.has(client)) client.write(data.subarray(0, Math.floor(data.length / 2)), end)
      else client.write(data)
    })
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port')

  const cut = (): void => {
    for (const [client] of pairs) client.destroy()
  }
  return {
    port: address.port,
    connections: () => connections,
    cut,
    cutInNextPiece: () => {
      isCutting = new Set([...pairs].map(([client]) => client))
    },
    stall: () => {
      isStalled = true
    },
    resume: () => {
      isStalled = false
      cut()
    },
    close: async () => {
      const closed = new Promise<void>(resolve => proxy.close(() => resolve()))
      cut()
      await closed
    }
  }
}
