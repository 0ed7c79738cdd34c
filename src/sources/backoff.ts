import { setTimeout as wait } from 'node:timers/promises'

/** A monotonic clock, in milliseconds, and how to wait by it. */
export interface Timer {
  now(): number
  /** Resolves after `ms`, or when `signal` is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>
}

export const SYSTEM_TIMER: Timer = {
  now: () => performance.now(),
  pause: (ms, signal) => wait(ms, undefined, { signal }).catch(() => {})
}

export interface BackoffLimits {
  readonly baseMs: number
  readonly maxMs: number
}

/**
 * How long to wait after this many failures in a row, in milliseconds: doubled each time, the upper half of it random.
 *
 * Unlike with full jitter, half of it is always waited, so that the number of requests is bounded.
 */
export function backoffMs(failures: number, { baseMs, maxMs }: BackoffLimits): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** (failures - 1))
  return (ceiling + ceiling * Math.random()) / 2
}
