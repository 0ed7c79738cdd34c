import { setTimeout as wait } from 'node:timers/promises'

interface Patience {
  readonly withinMs: number
  readonly signal: AbortSignal
  /** What there is to say when the time is over. */
  complaint(): string
}

const POLL_MS = 50

/** Asks until the answer is yes; a rejection is a no. Rejects with the complaint, or as `signal` aborts. */
export async function untilTrue(ask: () => Promise<boolean>, { withinMs, signal, complaint }: Patience): Promise<void> {
  const end = performance.now() + withinMs
  while (performance.now() < end) {
    if (await ask().catch(() => false)) return
    await wait(POLL_MS, undefined, { signal })
  }
  throw new Error(complaint())
}
