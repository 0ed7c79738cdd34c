import { isDeepStrictEqual } from 'node:util'
import { type Collection, type Items, keyOf, reduceObject } from './collection.ts'
import type { Problem } from './failure.ts'
import type { WatchEvent } from './watch.ts'

/** Our copy of a collection, and how well it is known. A Reflector fills it, as in client-go. */
export interface Store<Value> {
  readonly collection: Collection<Value>
  /** From the last list, changed by what was watched since; stays while the server cannot be read. */
  items(): Items<Value>
  /** Why objects were passed over, by their keys. */
  passedOver(): ReadonlyMap<string, string>
  /** Whether it was ever listed. */
  wasRead(): boolean
  /** Why it may not be true now; `null`: it is. */
  problem(): Problem | null
  /**
   * The right to read it is missing since it was last known to be true; `null`: it is not. An outage is over soon, but
   * without a right, what has no age of its own would look new for months.
   */
  forbidden(): Problem | null
  /** When it was last known to be true, in milliseconds of the monotonic clock; `null`: never. */
  confirmedAt(): number | null
}

/** The writing end, for the Reflector. */
export interface StoreWriter<Value> extends Store<Value> {
  replace(listed: Items<Value>, asOf: number, passedOver?: ReadonlyMap<string, string>): void
  apply(events: readonly WatchEvent[], asOf: number): void
  succeed(): void
  fail(problem: Problem): void
}

export interface StoreOptions<Value> {
  /** Why it is unread at first. */
  readonly problem: Problem
  /** Called after each change except one of `confirmedAt`. */
  readonly onChange: () => void
  /** Called for each item that came (`before` is `null`), changed, or went (`after` is `null`), before `onChange`. */
  readonly onItem?: (before: Value | null, after: Value | null) => void
}

/** Starts empty and unread. */
export function createStore<Value>(
  collection: Collection<Value>,
  { problem: unread, onChange, onItem = () => {} }: StoreOptions<Value>
): StoreWriter<Value> {
  let items = new Map<string, Value>()
  let problem: Problem | null = unread
  let forbidden: Problem | null = null
  let confirmedAt: number | null = null
  let wasRead = false
  let passedOver = new Map<string, string>()

  const setProblem = (next: Problem | null): void => {
    if (next?.message === problem?.message) return
    problem = next
    onChange()
  }

  /** Returns whether that changed anything. */
  const applyEvent = ({ type, object }: WatchEvent): boolean => {
    if (type === 'BOOKMARK') return false
    const key = keyOf(object)
    const before = items.get(key) ?? null
    const value = type === 'DELETED' ? null : reduceObject(object, collection, items)
    const whyUnread = type === 'DELETED' || value !== null ? null : (collection.whyUnread?.(object) ?? null)
    const isReadAlike = (passedOver.get(key) ?? null) === whyUnread
    if (whyUnread === null) passedOver.delete(key)
    else passedOver.set(key, whyUnread)
    if (value === before) return !isReadAlike
    if (value === null) items.delete(key)
    else items.set(key, value)
    onItem(before, value)
    return true
  }

  const replaceItems = (listed: Items<Value>): boolean => {
    let isSame = wasRead
    for (const [key, value] of listed) {
      const before = items.get(key) ?? null
      if (before === value) continue
      onItem(before, value)
      isSame = false
    }
    for (const [key, value] of items) {
      if (listed.has(key)) continue
      onItem(value, null)
      isSame = false
    }
    if (isSame) return false
    items = new Map(listed)
    return true
  }

  return {
    collection,
    items: () => items,
    passedOver: () => passedOver,
    wasRead: () => wasRead,
    problem: () => problem,
    forbidden: () => forbidden,
    confirmedAt: () => confirmedAt,
    replace: (listed, asOf, unread = new Map()) => {
      const isPassedOverAlike = isDeepStrictEqual(passedOver, unread)
      const hasChanged = replaceItems(listed)
      passedOver = new Map(unread)
      wasRead = true
      confirmedAt = asOf
      if (hasChanged || !isPassedOverAlike) onChange()
    },
    apply: (events, asOf) => {
      confirmedAt = asOf
      // Every event counts, so no short-circuit here.
      if (events.map(applyEvent).includes(true)) onChange()
    },
    succeed: () => {
      forbidden = null
      setProblem(null)
    },
    fail: next => {
      if (next.isForbidden) forbidden = next
      setProblem(next)
    }
  }
}
