import type { ServiceReport } from '../domain/report.ts'
import { changesBetween, type LastSeen, lastSeen, type ServiceChange } from '../domain/service-change.ts'

const MOST_OF_A_SERVICE = 20
// Some 5 MB: beyond it, the services that have not changed for the longest time are forgotten.
const MOST_IN_ALL = 20_000

/** The last changes of each service, by target key; a service that never changes costs nothing. */
export interface ChangeHistory {
  note(key: string, changes: readonly ServiceChange[]): void
  /** Notes what differs. What is not seen now is compared when it is seen again. */
  compare(key: string, reports: readonly [before: ServiceReport, after: ServiceReport], at: number): void
  /** The newest first, at most twenty; empty: none since this process started. */
  of(key: string): readonly ServiceChange[]
  forgetAllBut(keys: readonly string[]): void
}

/** Starts without any. */
export function createChangeHistory(): ChangeHistory {
  // In the order of the services' last changes.
  const byKey = new Map<string, readonly ServiceChange[]>()
  const lastSeenByKey = new Map<string, LastSeen>()
  let total = 0

  const forget = (key: string) => {
    total -= byKey.get(key)?.length ?? 0
    byKey.delete(key)
  }
  const note: ChangeHistory['note'] = (key, changes) => {
    if (changes.length === 0) return
    const known = [...changes, ...(byKey.get(key) ?? [])].slice(0, MOST_OF_A_SERVICE)
    forget(key)
    byKey.set(key, known)
    total += known.length
    for (const [oldest] of byKey) {
      if (total <= MOST_IN_ALL) return
      forget(oldest)
    }
  }
  return {
    note,
    compare: (key, [before, after], at) => {
      if (before === after) return
      const known = lastSeenByKey.get(key)
      const since = known === undefined ? before : { ...before, ...known }
      note(key, changesBetween(since, after, at))
      const unseen = lastSeen(since, after)
      if (unseen !== null) lastSeenByKey.set(key, unseen)
      else if (known !== undefined) lastSeenByKey.delete(key)
    },
    of: key => byKey.get(key) ?? [],
    forgetAllBut: keys => {
      if (byKey.size + lastSeenByKey.size === 0) return
      const wanted = new Set(keys)
      for (const key of byKey.keys()) if (!wanted.has(key)) forget(key)
      for (const key of lastSeenByKey.keys()) if (!wanted.has(key)) lastSeenByKey.delete(key)
    }
  }
}
