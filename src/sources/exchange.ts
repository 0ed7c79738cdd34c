/** One request to a server with its answer, and how to end it. */
export interface Exchange {
  /** Aborted when it ends. */
  readonly signal: AbortSignal
  end(reason: unknown): void
  /** Why it really ended: the reason that somebody gave to end it, or the error itself. */
  reasonOf(error: unknown): unknown
  /** Ends it when it is over, and closes what is left of its connection. */
  close(): void
}

/**
 * Ends with `parent`, and leaves nothing behind on it: on a long-lived signal, calls of AbortSignal.any() would pile
 * up.
 *
 * `translate` turns the reason of `parent` into that of the exchange; absent: it stays the same.
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
