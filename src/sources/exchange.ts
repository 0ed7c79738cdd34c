/** One request to a server and its answer, as far as they can be ended. */
export interface Exchange {
  /** What ends it. */
  readonly signal: AbortSignal
  end(reason: unknown): void
  /** What it really ended by: the reason for which somebody ended it, or the error itself. */
  reasonOf(error: unknown): unknown
  /** It is over, and what is left of its connection is closed. */
  close(): void
}

/**
 * Ends with `parent`, which it does not burden: an AbortSignal.any() on a long-lived signal would pile up there.
 *
 * `translate` is given the reason of `parent`; absent: it stays.
 */
export function openExchange(
  parent: AbortSignal,
  translate: (reason: unknown) => unknown = reason => reason
): Exchange {
  const controller = new AbortController()
  const stop = (): void => controller.abort(translate(parent.reason))
  if (parent.aborted) stop()
  else parent.addEventListener('abort', stop, { once: true })
  return {
    signal: controller.signal,
    end: reason => controller.abort(reason),
    reasonOf: error => (controller.signal.aborted ? controller.signal.reason : error),
    close: () => {
      parent.removeEventListener('abort', stop)
      controller.abort()
    }
  }
}
