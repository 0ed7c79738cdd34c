import type { Clock } from '../../domain/ports.ts'
import type { ImageQuestion } from './wanted-image.ts'

export interface ImageClockParts {
  readonly clock: Clock
  /** Waits, or rejects when the signal is aborted. Passed in by tests. */
  readonly wait: (delayMs: number, signal: AbortSignal) => Promise<void>
  /** When the next pass over all images begins, after that time; both in ms since the epoch. */
  readonly nextPass: (after: number) => number
  /** Checks these now; `null`: all of them again. Never rejects. */
  readonly check: (chosen: readonly ImageQuestion[] | null, signal: AbortSignal) => Promise<void>
  /** Those that may succeed in a while. */
  readonly failing: () => readonly ImageQuestion[]
}

/** When images are checked. */
export interface ImageClock {
  /** There is something that was never checked. */
  checkSoon(): void
  /** Nothing is checked before this. */
  start(unanswered: () => readonly ImageQuestion[]): void
  stop(): void
}

// A rollout, or a start, brings many at once.
const SOON_MS = 2_000
// The machine may sleep, or its time be set: look at it from time to time.
const LOOK_MS = 60_000
const FIRST_RETRY_MS = 15 * 60_000
const LONGEST_RETRY_MS = 4 * 3_600_000

/** Passes at their times; what is new between them soon; what failed again and again, with growing pauses. */
export function createImageClock({ clock, wait, nextPass, check, failing }: ImageClockParts): ImageClock {
  const stopping = new AbortController()
  const { signal } = stopping
  let unanswered: (() => readonly ImageQuestion[]) | undefined
  let isSoon = false

  function checkSoon(): void {
    if (unanswered === undefined || isSoon) return
    isSoon = true
    void untilStopped(async () => {
      await wait(SOON_MS, signal)
      isSoon = false
      await check(unanswered?.() ?? [], signal)
    })
  }

  async function keepTime(): Promise<void> {
    let passAt = nextPass(clock())
    let retryMs = FIRST_RETRY_MS
    let retryAt = clock() + retryMs
    for (;;) {
      await wait(Math.min(LOOK_MS, Math.max(0, passAt - clock())), signal)
      // Nothing waits for the checks: one slow registry would hold up the next pass of all others.
      if (clock() >= passAt) {
        void check(null, signal)
        passAt = nextPass(clock())
        retryMs = FIRST_RETRY_MS
        retryAt = clock() + retryMs
      } else if (clock() >= retryAt) {
        const chosen = failing()
        if (chosen.length > 0) void check(chosen, signal)
        retryMs = chosen.length === 0 ? FIRST_RETRY_MS : Math.min(2 * retryMs, LONGEST_RETRY_MS)
        retryAt = clock() + retryMs
      }
    }
  }

  async function untilStopped(work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }

  return {
    checkSoon,
    start: source => {
      unanswered = source
      if (source().length > 0) checkSoon()
      void untilStopped(keepTime)
    },
    stop: () => stopping.abort()
  }
}
