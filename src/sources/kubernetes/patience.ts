import { ApiError } from './api-error.ts'

/** Bounds one exchange in time, step by step; `signal` is what ends it. */
export interface Patience {
  readonly signal: AbortSignal
  /** From now on, so long for the next step; the step before is over. */
  wait(ms: number): void
  /** Nothing is waited for from the other side. */
  rest(): void
  /** What the exchange really ended by: ran out of time, was told to stop, or the error itself. */
  explain(error: unknown): unknown
  /** The exchange is over, and what is left of its connection is closed. */
  end(): void
}

/** Ends with `parent`, which it does not burden: an AbortSignal.any() on a long-lived signal would pile up there. */
export function createPatience(parent: AbortSignal): Patience {
  const controller = new AbortController()
  const stop = (): void => controller.abort(parent.reason)
  let timer: NodeJS.Timeout | undefined
  if (parent.aborted) stop()
  else parent.addEventListener('abort', stop, { once: true })

  return {
    signal: controller.signal,
    wait: ms => {
      clearTimeout(timer)
      timer = setTimeout(() => controller.abort(new ApiError({ kind: 'timeout', afterMs: ms })), ms)
    },
    rest: () => clearTimeout(timer),
    explain: error => (controller.signal.aborted ? controller.signal.reason : error),
    end: () => {
      clearTimeout(timer)
      parent.removeEventListener('abort', stop)
      controller.abort()
    }
  }
}

/** Rejects with the signal's reason when that comes first: for work that cannot be aborted, such as a plugin's. */
export function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
}
