import { stopped } from './deadline.ts'
import type { Connection, ConnectionSettings } from './http-connection.ts'
import { openConnection } from './http-connection.ts'

/** ConnectionPool of one degree of trust: those in use, and those that are kept for the next cycle. */
export interface ConnectionPool {
  /** A connection that has served before; `undefined`: none is free. */
  takeKept(origin: string): Connection | undefined
  open(origin: string): Connection
  /** Keeps a connection that can be asked again, else ends it. */
  giveBack(connection: Connection): void
  /** Ends those that nobody uses, for the descriptors that they hold. */
  endKept(): void
  /** Ends all of them; nothing is kept from then on. */
  close(): Promise<void>
}

// Each is a file descriptor and some 20 KiB: enough for the 10,000 services that one guard may have, and no end of memory.
const MOST_KEPT = 16_384

/** Starts without any connection. */
export function createConnectionPool(settings: ConnectionSettings): ConnectionPool {
  const kept = new Map<string, Set<Connection>>()
  const all = new Set<Connection>()
  // One for all: to make an error, and to have a stream format its stack, costs more than the rest of an end.
  const ended = stopped()
  let keptCount = 0
  let isClosed = false

  const unkeep = (connection: Connection): boolean => {
    const ofOrigin = kept.get(connection.origin)
    if (!ofOrigin?.delete(connection)) return false
    if (ofOrigin.size === 0) kept.delete(connection.origin)
    keptCount -= 1
    return true
  }
  const end = (connection: Connection) => {
    all.delete(connection)
    return connection.destroy(ended)
  }
  return {
    takeKept: origin => {
      const [connection] = kept.get(origin) ?? []
      if (connection !== undefined) unkeep(connection)
      return connection
    },
    open: origin => {
      const connection = openConnection(origin, settings, () => {
        if (unkeep(connection)) void end(connection)
      })
      all.add(connection)
      return connection
    },
    giveBack: connection => {
      if (isClosed || !connection.isFree() || keptCount >= MOST_KEPT) return void end(connection)
      keptCount += 1
      const ofOrigin = kept.get(connection.origin) ?? new Set()
      kept.set(connection.origin, ofOrigin.add(connection))
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
      await Promise.all([...all].map(end))
    }
  }
}
