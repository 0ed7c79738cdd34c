import type { Destination } from './connector.ts'
import { stopped } from './deadline.ts'
import { type ConnectionSettings, type HttpConnection, openConnection } from './http-connection.ts'

/** Connections of one level of trust: those in use, and those kept for the next cycle. */
export interface ConnectionPool {
  /** A connection that has served before, goes the same way and is not too old; `undefined`: none is free. */
  takeKept(to: Destination): HttpConnection | undefined
  open(to: Destination, timeoutMs: number): HttpConnection
  /** Keeps a connection that can be used again, and ends any other. */
  giveBack(connection: HttpConnection): void
  /** Ends the idle ones, to free their descriptors. */
  endKept(): void
  /** Ends all of them, and keeps none from then on. */
  close(): Promise<void>
}

export interface PoolSettings extends ConnectionSettings {
  /** How old a connection may grow; called for each. */
  readonly greatestAgeMs: () => number
  /** Never jumps. */
  readonly monotonic: () => number
}

// Each holds a file descriptor and some 20 KiB. Enough for the 10,000 services that one guard may have.
const MOST_KEPT = 16_384

/** Starts without any connection. */
export function createConnectionPool(settings: PoolSettings): ConnectionPool {
  const { greatestAgeMs, monotonic } = settings
  const kept = new Map<string, HttpConnection[]>()
  // With the time from which each is too old to be used again.
  const all = new Map<HttpConnection, number>()
  // One for all: making an error, and having a stream format its stack, costs more than everything else about an end.
  const ended = stopped()
  let keptCount = 0
  let isClosed = false

  const unkeep = (connection: HttpConnection): boolean => {
    const ofOrigin = kept.get(connection.origin) ?? []
    const place = ofOrigin.lastIndexOf(connection)
    if (place === -1) return false
    ofOrigin.splice(place, 1)
    if (ofOrigin.length === 0) kept.delete(connection.origin)
    keptCount -= 1
    return true
  }
  const end = (connection: HttpConnection) => {
    all.delete(connection)
    return connection.destroy(ended)
  }
  const isYoung = (connection: HttpConnection) => monotonic() < (all.get(connection) ?? 0)
  return {
    takeKept: to => {
      for (;;) {
        const ofOrigin = kept.get(to.url.origin)
        // Nearly all connections to an origin go the same way.
        const latest = ofOrigin?.at(-1)
        const connection = latest?.isOnWayTo(to) ? latest : ofOrigin?.findLast(one => one.isOnWayTo(to))
        if (connection === undefined) return undefined
        unkeep(connection)
        if (isYoung(connection)) return connection
        void end(connection)
      }
    },
    open: (to, timeoutMs) => {
      const connection = openConnection({ ...to, timeoutMs }, settings, () => {
        if (unkeep(connection)) void end(connection)
      })
      all.set(connection, monotonic() + greatestAgeMs())
      return connection
    },
    giveBack: connection => {
      if (isClosed || !connection.isFree() || !isYoung(connection) || keptCount >= MOST_KEPT) {
        return void end(connection)
      }
      keptCount += 1
      const ofOrigin = kept.get(connection.origin)
      // A list, not a Set: most origins have one connection, and a Set of one takes four times the memory.
      if (ofOrigin === undefined) kept.set(connection.origin, [connection])
      else ofOrigin.push(connection)
    },
    endKept: () => {
      for (const connection of [...kept.values()].flatMap(ofOrigin => [...ofOrigin])) {
        unkeep(connection)
        void end(connection)
      }
    },
    close: async () => {
      isClosed = true
      kept.clear()
      await Promise.all([...all.keys()].map(end))
    }
  }
}
