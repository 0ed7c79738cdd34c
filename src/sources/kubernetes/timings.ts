import type { BackoffLimits } from './backoff.ts'

/** How patient the source is; everything in milliseconds of a monotonic clock. */
export interface Timings {
  /** From sending a request, credentials included, to the head of its answer. */
  readonly answerTimeoutMs: number
  /** From the head of a page's answer to its last byte. */
  readonly pageTimeoutMs: number
  /** A watch that sent no byte for so long is dropped and resumed: its connection may be open at our end alone. */
  readonly silenceMs: number
  /** How long a watch is followed before everything is listed again; up to a tenth is added, so that lists spread. */
  readonly relistMs: number
  /** A watch that lived so long is resumed at once; after a shorter one everything is listed again, with backoff. */
  readonly steadyMs: number
  readonly backoff: BackoffLimits
  /** The longest `Retry-After` that is obeyed. */
  readonly retryAfterMaxMs: number
}

export const DEFAULT_TIMINGS: Timings = {
  answerTimeoutMs: 10_000,
  pageTimeoutMs: 30_000,
  // The API server sends a bookmark about every minute (defaultBookmarkFrequency in apiserver/pkg/storage/cacher).
  silenceMs: 90_000,
  relistMs: 300_000,
  steadyMs: 1_000,
  // An API server that is back is seen within 5 s, and one that is gone asked once in 1.5 s at the most.
  backoff: { baseMs: 500, maxMs: 3_000 },
  retryAfterMaxMs: 30_000
}
