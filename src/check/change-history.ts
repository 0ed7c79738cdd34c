import type { ServiceChange } from '../domain/service-change.ts'

const MOST_OF_A_SERVICE = 20
// Some 5 MB: beyond it, those that have not changed for longest are forgotten.
const MOST_IN_ALL = 20_000

/** The last changes of each service, by target key; a service that never changes costs nothing. */
export interface ChangeHistory {
  note(key: string, changes: readonly ServiceChange[]): void
  /** The newest first, at most twenty; empty: none since this process started. */
  of(key: string): readonly ServiceChange[]
  forgetAllBut(keys: readonly string[]): void
}

/** Starts without any. */
export function createChangeHistory(): ChangeHistory {
  // In the order of their last change.
  const byKey = new Map<string, readonly ServiceChange[]>()
  let total = 0

  const forget = (key: string) => {
    total -= byKey.get(key)?.length ?? 0
    byKey.delete(key)
  }
  return {
    note: (key, changes) => {
      if (changes.length === 0) return
      const known = [...changes, ...(byKey.get(key) ?? [])].slice(0, MOST_OF_A_SERVICE)
      forget(key)
      byKey.set(key, known)
      total += known.length
      for (const [oldest] of byKey) {
        if (total <= MOST_IN_ALL) return
        forget(oldest)
      }
    },
    of: key => byKey.get(key) ?? [],
    forgetAllBut: keys => {
      if (byKey.size === 0) return
      const wanted = new Set(keys)
      for (const key of byKey.keys()) if (!wanted.has(key)) forget(key)
    }
  }
}
