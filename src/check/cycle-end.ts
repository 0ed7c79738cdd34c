import { setTimeout as wait } from 'node:timers/promises'
import type { Lane } from './fair-slots.ts'

/** One probe of a cycle. */
export interface Asking {
  readonly lane: Lane
  readonly done: Promise<void>
}

export interface CycleWait {
  /** The most that the cycle waits for anybody. */
  readonly longestMs: number
  /** The most that it waits for services that are slow or never answered. */
  readonly slowMs: number
}

/**
 * Resolves when a cycle is over: all that are quick have answered, and the others have too, or had their time. Probes that
 * are under way then go on beside the next cycle.
 */
export async function cycleEnd(asking: readonly Asking[], { longestMs, slowMs }: CycleWait): Promise<void> {
  const over = new AbortController()
  const after = (ms: number) => wait(ms, undefined, { signal: over.signal, ref: false }).catch(() => undefined)
  const longest = after(longestMs)
  const slow = slowMs < longestMs ? after(slowMs) : longest
  const all = Promise.all(asking.map(({ done }) => done))
  const quick = Promise.all(asking.filter(({ lane }) => lane === 'quick').map(({ done }) => done))
  await Promise.race([Promise.all([quick, Promise.race([all, slow])]), longest]).finally(() => over.abort())
}
