import { setTimeout as wait } from 'node:timers/promises'

/**
 * Asks again and again until the answer is there; fails with the last refusal after a time that is long enough for a
 * slow machine and never waited for otherwise.
 */
export async function until<Value>(ask: () => Promise<Value> | Value, withinMs = 30_000): Promise<Value> {
  const end = performance.now() + withinMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (performance.now() > end) throw error
      await wait(20)
    }
  }
}
