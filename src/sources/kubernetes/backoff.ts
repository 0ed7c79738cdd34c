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

/**
 * What a `Retry-After` header asks for, in milliseconds, at most `maxMs`; 0 where it asks for nothing that we know.
 *
 * The API server writes seconds. A date (RFC 9110 10.2.3) is left to the backoff: our clock may not be the server's.
 */
export function retryAfterMs(header: string | undefined, maxMs: number): number {
  return header !== undefined && /^\d+$/.test(header) ? Math.min(maxMs, Number(header) * 1000) : 0
}
