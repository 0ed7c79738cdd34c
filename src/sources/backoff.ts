import { setTimeout as wait } from 'node:timers/promises'

/** A monotonic clock, in milliseconds, and the waiting by it. */
export interface Timer {
  now(): number
  /** Resolves after that time, or when `signal` is aborted. */
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
 * How long to wait after so many failures in a row, in milliseconds: doubled each time, the upper half of it random.
 *
 * Half is always waited, unlike with full jitter, so that the number of requests has a bound that holds.
 */
export function backoffMs(failures: number, { baseMs, maxMs }: BackoffLimits): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** (failures - 1))
  return (ceiling + ceiling * Math.random()) / 2
}
