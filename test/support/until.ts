import { setTimeout as wait } from 'node:timers/promises'

export interface Patience {
  /** Long enough for a slow machine: a test only waits this long if the answer never comes. */
  readonly withinMs?: number
  /** Ends the wait. */
  readonly signal?: AbortSignal
}

const POLL_MS = 20

/**
 * Asks again and again until an answer comes, that is, until `ask` no longer throws or rejects. Rejects with the last
 * refusal when the time is over, or when `signal` aborts.
 */
export async function until<Value>(ask: () => Promise<Value> | Value, patience: Patience = {}): Promise<Value> {
  const { withinMs = 30_000, signal } = patience
  const end = performance.now() + withinMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (performance.now() > end) throw error
      await wait(POLL_MS, undefined, { ...(signal && { signal }) })
    }
  }
}
