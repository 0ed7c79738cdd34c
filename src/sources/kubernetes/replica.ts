import { type Collection, type Kept, keyOf, reduceObject } from './collection.ts'
import type { WatchEvent } from './watch.ts'

/** Our copy of a collection, and how well it is known. */
export interface Replica<Value> {
  readonly collection: Collection<Value>
  /** Of the last list, changed by what was watched since; stays while the server cannot be read. */
  kept(): Kept<Value>
  /** Whether it was ever listed. */
  wasRead(): boolean
  /** What keeps it from being true now; `null`: nothing. */
  problem(): string | null
  /** When it was last known to be true, on the clock of `performance.now`; `null`: never. */
  confirmedAt(): number | null
}

/** The writing end, for the one who follows the collection. */
export interface ReplicaWriter<Value> extends Replica<Value> {
  replace(listed: Kept<Value>, asOf: number): void
  apply(events: readonly WatchEvent[]): void
  succeed(): void
  fail(problem: string): void
}

/** Starts unread, for the reason `problem`; `onChange` is called after each change but those of `confirmedAt`. */
export function createReplica<Value>(
  collection: Collection<Value>,
  { problem: unread, onChange }: { readonly problem: string; readonly onChange: () => void }
): ReplicaWriter<Value> {
  let kept = new Map<string, Value>()
  let problem: string | null = unread
  let confirmedAt: number | null = null
  let wasRead = false

  const setProblem = (next: string | null): void => {
    if (next === problem) return
    problem = next
    onChange()
  }

  /** Tells whether that changed anything. */
  const applyEvent = ({ type, object }: WatchEvent): boolean => {
    if (type === 'BOOKMARK') return false
    const key = keyOf(object)
    const value = type === 'DELETED' ? null : reduceObject(object, collection, kept)
    if (value === null) return kept.delete(key)
    if (kept.get(key) === value) return false
    kept.set(key, value)
    return true
  }

  return {
    collection,
    kept: () => kept,
    wasRead: () => wasRead,
    problem: () => problem,
    confirmedAt: () => confirmedAt,
    replace: (listed, asOf) => {
      const isSame =
        wasRead && listed.size === kept.size && [...listed].every(([key, value]) => kept.get(key) === value)
      kept = new Map(listed)
      wasRead = true
      confirmedAt = asOf
      if (!isSame) onChange()
    },
    apply: events => {
      confirmedAt = performance.now()
      // Every event counts, so no short-circuit here.
      if (events.map(applyEvent).includes(true)) onChange()
    },
    succeed: () => setProblem(null),
    fail: setProblem
  }
}
