// The least that a request can cost in Node: it is written as bytes, and the first chunk of the answer is enough.
// Arguments: how many services, the port of their endpoints, `kept` or `closed`. For each message it asks all of them
// once.
import { connect, type Socket } from 'node:net'
import { endpointOf } from '../fleet.ts'

const [, , services, port, connection] = process.argv
const hosts = Array.from({ length: Number(services) }, (_, index) => new URL(endpointOf(index, Number(port))).hostname)
const kept = new Map<string, Socket>()
const REQUEST = 'GET /debug/version HTTP/1.1\r\nHost: bench\r\n\r\n'

process.on('message', () => {
  let waiting = hosts.length
  for (const host of hosts) {
    const socket = kept.get(host) ?? connect({ host, port: Number(port), noDelay: true })
    if (connection === 'kept') kept.set(host, socket)
    socket.once('data', () => {
      waiting -= 1
      if (waiting === 0) process.send?.({})
    })
    socket.write(REQUEST)
  }
})
