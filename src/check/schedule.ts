import { setTimeout as wait } from 'node:timers/promises'

/** Waits, or rejects when the signal is aborted. Passed in by tests. */
type Wait = (delayMs: number, signal: AbortSignal) => Promise<void>

const waitForReal: Wait = (delayMs, signal) => wait(delayMs, undefined, { signal })

export interface Schedule {
  readonly intervalMs: number
  /** Never jumps. */
  readonly monotonic: () => number
  readonly signal: AbortSignal
  readonly wait?: Wait
}

/**
 * Runs the work at once, then every `intervalMs` from start to start. If the work outlasts the interval, the next run
 * follows at once; runs never overlap. Resolves when the signal is aborted; rejects when the work does.
 */
export async function repeat(
  work: () => Promise<void>,
  { intervalMs, monotonic, signal, wait = waitForReal }: Schedule
): Promise<void> {
  while (!signal.aborted) {
    const start = monotonic()
    await work()
    const restMs = Math.max(0, intervalMs - (monotonic() - start))
    await wait(restMs, signal).catch((cause: unknown) => {
      if (!signal.aborted) throw cause
    })
  }
}

/**
 * Turns many calls into few runs: the first call at once, those in the next `gapMs` together when the gap is over.
 * No call is lost: each is followed by a run that starts with or after it.
 */
export function throttle(run: () => void, gapMs: number): { call: () => void; stop: () => void } {
  let gap: NodeJS.Timeout | undefined
  let calledInGap = false

  function call(): void {
    if (gap !== undefined) {
      calledInGap = true
      return
    }
    gap = setTimeout(() => {
      gap = undefined
      if (calledInGap) call()
    }, gapMs)
    calledInGap = false
    run()
  }

  return { call, stop: () => clearTimeout(gap) }
}
