/** Time as it passes for requests; tests pass their own. */
export interface Clock {
  /** Milliseconds since the epoch; never goes back. */
  now(): number
  /** Resolves when the time has passed, or at once when the program ends. */
  sleep(ms: number): Promise<void>
}

/** Waits until one more request may be sent. */
export type Budget = () => Promise<void>

const MINUTE_MS = 60_000

/** Lets no more than so many requests out within any minute; who comes first goes first. */
export function createBudget(perMinute: number, { now, sleep }: Clock): Budget {
  // When the last `perMinute` requests go out, the oldest at `next`.
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
