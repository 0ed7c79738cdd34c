/** The clock that requests go by; tests pass their own. */
export interface Clock {
  /** Milliseconds since the epoch; never goes back. */
  now(): number
  /** Resolves after the time, or early when the program stops. */
  sleep(ms: number): Promise<void>
}

/** Resolves when one more request may be sent. */
export type Budget = () => Promise<void>

const MINUTE_MS = 60_000

/** Allows at most `perMinute` requests within any minute, first come, first served. */
export function createBudget(perMinute: number, { now, sleep }: Clock): Budget {
  // A ring of the times of the last `perMinute` requests; `next` points at the oldest.
  const times: number[] = []
  let next = 0
  return async () => {
    const oldest = times[next] ?? Number.NEGATIVE_INFINITY
    const at = Math.max(now(), oldest + MINUTE_MS)
    times[next] = at
    next = (next + 1) % perMinute
    if (at > now()) await sleep(at - now())
  }
}
