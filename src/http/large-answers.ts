import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Connection, type Connections, whoCrowds } from './listener/connections.ts'
import { refuseForNow } from './responses.ts'

// The kernel takes a smaller answer whole, read or not, so it costs us nothing to wait for the client.
const LARGE_BYTES = 128 * 1024
const SLICE_BYTES = 64 * 1024
/** How many large answers of a kind are under way at once. */
const MOST_AT_ONCE = 8
/** A client that reads nothing for this long gives way to another that wants a large answer. */
const STALLED_MS = 1_000

interface Answer {
  readonly connection: Connection | undefined
  readonly address: string
  readonly since: number
}

/** Sends a body that others may share; `pieces` one after the other. */
export type SendBody = (request: FastifyRequest, reply: FastifyReply, pieces: readonly Buffer[]) => FastifyReply

/**
 * Sends bodies, a handful of large ones at once: beyond that, a client that does not read gives way, then an address
 * that has more of them; else the answer is 503. A large body goes out in slices, so each client costs a slice, not a
 * copy.
 */
export function createSendBody(connections: Connections): SendBody {
  const underWay = new Set<Answer>()

  function makeRoom(address: string): boolean {
    if (underWay.size < MOST_AT_ONCE) return true
    const answers = [...underWay]
    const stalled = answers.filter(({ connection }) => (connection?.stalledMs ?? 0) >= STALLED_MS)
    const leaving = stalled[0] ?? whoCrowds(answers, address)
    if (leaving === undefined) return false
    leaving.connection?.reset()
    underWay.delete(leaving)
    return true
  }

  return (request, reply, pieces) => {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
    if (length <= LARGE_BYTES) return reply.send(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces))
    if (request.method === 'HEAD') return reply.header('content-length', length).send(Readable.from([]))
    const connection = connections.of(request.raw.socket)
    const address = connection?.address ?? ''
    if (!makeRoom(address)) return refuseForNow(reply, 'too many large answers at once; try again')
    const answer = { connection, address, since: performance.now() }
    underWay.add(answer)
    reply.raw.once('close', () => underWay.delete(answer))
    return reply.header('content-length', length).send(Readable.from(inSlices(pieces)))
  }
}

function* inSlices(pieces: readonly Buffer[]): Generator<Buffer> {
  for (const piece of pieces) {
    for (let start = 0; start < piece.length; start += SLICE_BYTES) yield piece.subarray(start, start + SLICE_BYTES)
  }
}
