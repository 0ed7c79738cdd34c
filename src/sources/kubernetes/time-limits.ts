import type { BackoffLimits } from '../backoff.ts'
import { type Exchange, openExchange } from '../exchange.ts'
import { ApiError, type Awaited } from './failure.ts'

/** How long the source waits, in milliseconds of a monotonic clock. */
export interface TimeLimits {
  /** From sending a request to the head of its answer; as much again for the credentials before it. */
  readonly answerTimeoutMs: number
  /** From the head of a page's answer to its last byte. */
  readonly pageTimeoutMs: number
  /** A watch that sent no byte for this long is dropped and resumed: its connection may be open only at our end. */
  readonly silenceMs: number
  /** How long a collection is watched before it is listed again; pods are many, and cost the server most. */
  readonly relistMs: number
  readonly relistPodsMs: number
  /** A watch that lived this long is resumed at once; after a shorter one, everything is listed again, with backoff. */
  readonly steadyMs: number
  /** After a watch that was accepted and then failed, the next one must live this long before that failure is over. */
  readonly believedMs: number
  /** After failed lists; after watches that fail in a row, the pauses grow longer. */
  readonly backoff: BackoffLimits
  /** The longest `Retry-After` that is obeyed. */
  readonly retryAfterMaxMs: number
}

export const DEFAULT_TIME_LIMITS: TimeLimits = {
  answerTimeoutMs: 10_000,
  pageTimeoutMs: 30_000,
  // The API server sends a bookmark about every minute (defaultBookmarkFrequency in apiserver/pkg/storage/cacher).
  silenceMs: 90_000,
  relistMs: 300_000,
  relistPodsMs: 3_600_000,
  steadyMs: 1_000,
  // Longer than such a failure takes to come back, and short enough for a single one to be over before an alert.
  believedMs: 20_000,
  // The return of an API server is seen within 5 s, and one that is gone is asked at most once in 1.5 s.
  backoff: { baseMs: 500, maxMs: 3_000 },
  retryAfterMaxMs: 30_000
}

/**
 * What a `Retry-After` header asks for, in milliseconds, at most `maxMs`; 0: nothing that we know.
 *
 * The API server writes seconds. A date (RFC 9110 10.2.3) is left to the backoff: our clock may not be the server's.
 */
export function retryAfterMs(header: string | undefined, maxMs: number): number {
  return header !== undefined && /^\d+$/.test(header) ? Math.min(maxMs, Number(header) * 1000) : 0
}

/** Limits the time of one exchange, step by step; aborts `signal` when it is up. */
export interface StepTimeout extends Omit<Exchange, 'end'> {
  /** Ends the step before, and allows `ms` for the next one. */
  start(ms: number, awaited?: Awaited): void
  /** Stops the clock until the next step: nothing is waited for from the other side. */
  pause(): void
}

const ANSWER: Awaited = { of: 'answer', proxy: '' }

/** Ends with `parent`. */
export function createStepTimeout(parent: AbortSignal): StepTimeout {
  let awaited = ANSWER
  const timedOut = (afterMs: number | null): ApiError => new ApiError({ kind: 'timeout', afterMs, ...awaited })
  // A single read has one time limit for everything. When that is up, the error names what was waited for.
  const exchange = openExchange(parent, reason => (isTimeout(reason) ? timedOut(null) : reason))
  let timer: NodeJS.Timeout | undefined

  return {
    signal: exchange.signal,
    start: (ms, next = ANSWER) => {
      clearTimeout(timer)
      awaited = next
      timer = setTimeout(() => exchange.end(timedOut(ms)), ms)
    },
    pause: () => clearTimeout(timer),
    reasonOf: exchange.reasonOf,
    close: () => {
      clearTimeout(timer)
      exchange.close()
    }
  }
}

/** Whether it is the reason of an `AbortSignal.timeout()`. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}
