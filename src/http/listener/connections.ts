import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import ipaddr from 'ipaddr.js'

export interface ConnectionLimits {
  /** Connections at once. */
  readonly most: number
  /** How many of these may have requests under way at once; on any other, only health paths are answered. */
  readonly mostBusy: number
  /** A client that takes nothing of its answer for this long is cut off. */
  readonly drainMs: number
}

/** A connection that is held. */
export interface Connection {
  /** Of the client. For IPv6 it is the /64, for one client may have all of it. */
  readonly address: string
  /** For how long the client has been seen to take nothing of its answer; 0: it takes it, or nothing waits for it. */
  readonly stalledMs: number
  /** Ends it at once. Unlike `destroy`, it makes the kernel drop what is not sent. */
  reset(): void
}

export interface Connections {
  /** The connection that a request came on; `undefined`: none of this server's. */
  of(socket: Socket): Connection | undefined
  /** Whether it was ended while requests on it still come; they want no answer. */
  isCutOff(socket: Socket): boolean
  /**
   * Whether there is room for the request that has come on this socket; a connection of a crowding address may be ended
   * for it.
   */
  hasRoomFor(socket: Socket): boolean
}

/** The part of a connection that decides who gives way. */
export interface Held {
  readonly address: string
  /** Whether a request on it is not answered in full. */
  readonly isBusy: boolean
  /** Since when it has been busy, or at rest, in ms. */
  readonly since: number
}

// How many times a client is seen to take nothing before it is cut off. A pause of our own counts as one, however long.
const LOOKS = 5
// Requests under way on one connection. No ordinary client sends another before the answer is there (pipelining, RFC
// 9112 section 9.3.2), and one packet of such requests could ask for gigabytes. The second is for the moment before the
// end of an answer is seen.
const MOST_ON_A_CONNECTION = 2

/** Bounds the connections of a server. A client that is idle, crowds or does not read gives way to a new one. */
export function limitConnections(server: Server, { most, mostBusy, drainMs }: ConnectionLimits): Connections {
  const held = new Map<string, ReturnType<typeof hold>>()
  const cutOff = new WeakSet<Socket>()
  // Node refuses any connection beyond this without asking anybody, so it must never come to that.
  server.maxConnections = most

  server.prependListener('connection', (accepted: Socket) => {
    const ends = endsOf(accepted)
    const address = clientOf(accepted.remoteAddress ?? '')
    if (held.size >= most - 1) {
      const leaving = whoGivesWay([...held.values()], address)
      // Not before the server's own listeners have seen it: they take it for open.
      if (leaving === undefined) return queueMicrotask(() => accepted.resetAndDestroy())
      leaving.reset()
    }
    held.set(
      ends,
      hold(accepted, address, () => held.delete(ends))
    )
  })

  server.prependListener('request', ({ socket }, response) => {
    const connection = held.get(endsOf(socket))
    if (connection === undefined) return
    response.once('close', connection.begin(socket))
    if (connection.underWay <= MOST_ON_A_CONNECTION) return
    cutOff.add(socket)
    stopParsing(socket)
    connection.reset()
  })

  server.once('listening', () => {
    const lookMs = drainMs / LOOKS
    const look = () => {
      for (const connection of held.values()) {
        connection.look(lookMs)
        if (connection.stalledMs >= drainMs) connection.reset()
      }
    }
    const looking = setInterval(look, lookMs).unref()
    server.once('close', () => clearInterval(looking))
  })

  return {
    of: socket => held.get(endsOf(socket)),
    isCutOff: socket => cutOff.has(socket),
    hasRoomFor: socket => {
      if (held.size <= mostBusy) return true
      const own = held.get(endsOf(socket))
      const others = [...held.values()].filter(each => each.isBusy && each !== own)
      if (own === undefined || others.length < mostBusy) return true
      const leaving = whoCrowds(others, own.address)
      leaving?.reset()
      return leaving !== undefined
    }
  }
}

/**
 * Which connection gives way to a new one of this address: of those at rest, one of the address that has the most
 * connections, counting the new one, and of these the one that has rested longest. No address loses one to another that
 * would then have more.
 */
export function whoGivesWay<C extends Held>(held: readonly C[], address: string): C | undefined {
  const counts = countByAddress([...held, { address }])
  return oldestOfMost(held, each => (each.isBusy ? 0 : countOf(counts, each)), countOf(counts, { address }))
}

/** The oldest of the address that has the most of these, if it has more than this address would have with one more. */
export function whoCrowds<C extends Omit<Held, 'isBusy'>>(all: readonly C[], address: string): C | undefined {
  const counts = countByAddress(all)
  return oldestOfMost(all, each => countOf(counts, each), countOf(counts, { address }) + 2)
}

/** Both ends of a connection. Node has no other way from a TLS socket to the one inside it: theirs are the same. */
export function endsOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`
}

// One read may hold thousands of requests, and Node's parser goes through all of them though their connection has
// ended, unless it is told that what follows is no longer HTTP, as after an upgrade (node: lib/_http_server.js). That
// interface is not documented; without it, those requests cost time, and no more.
const NO_HTTP_FOLLOWS = 2

function stopParsing(socket: Socket & { readonly parser?: { onIncoming: unknown } | null }): void {
  if (socket.parser) socket.parser.onIncoming = () => NO_HTTP_FOLLOWS
}

function hold(accepted: Socket, address: string, onEnd: () => void) {
  let underWay = 0
  let since = performance.now()
  // The socket that requests come on; with TLS it is not the one that was accepted.
  let socket: Socket | undefined
  let sent = 0
  let stalledMs = 0
  let hasEnded = false

  function end(): void {
    if (!hasEnded) onEnd()
    hasEnded = true
  }

  accepted.once('close', end)
  return {
    address,
    get underWay() {
      return underWay
    },
    get isBusy() {
      return underWay > 0
    },
    get since() {
      return since
    },
    /** A request came on this socket; returns what is to be called when its answer has ended. */
    begin: (on: Socket) => {
      socket = on
      if (underWay === 0) since = performance.now()
      underWay += 1
      return () => {
        underWay -= 1
        if (underWay === 0) since = performance.now()
      }
    },
    get stalledMs() {
      return stalledMs
    },
    look: (sinceLastMs: number) => {
      const waiting = socket?.writableLength ?? 0
      const sentNow = (socket?.bytesWritten ?? 0) - waiting
      stalledMs = waiting > 0 && sentNow === sent ? stalledMs + sinceLastMs : 0
      sent = sentNow
    },
    reset: () => {
      end()
      accepted.resetAndDestroy()
    }
  }
}

// IPv4 in its IPv6 form is IPv4, whatever the listener is bound to.
function clientOf(text: string): string {
  if (!ipaddr.isValid(text)) return text
  const address = ipaddr.process(text)
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, 4).join(':') : address.toString()
}

type Counts = ReadonlyMap<string, number>

function countByAddress(all: readonly { readonly address: string }[]): Counts {
  const counts = new Map<string, number>()
  for (const { address } of all) counts.set(address, (counts.get(address) ?? 0) + 1)
  return counts
}

function countOf(counts: Counts, { address }: { readonly address: string }): number {
  return counts.get(address) ?? 0
}

// Of those with the highest count, which must be at least `least`, and at least 1.
function oldestOfMost<C extends { readonly since: number }>(
  all: readonly C[],
  count: (each: C) => number,
  least: number
): C | undefined {
  let found: C | undefined
  let most = Math.max(least, 1)
  for (const each of all) {
    const own = count(each)
    if (own < most || (own === most && found !== undefined && each.since >= found.since)) continue
    found = each
    most = own
  }
  return found
}
