import type { Clock } from '../../domain/ports.ts'
import type { ImageQuestion } from './wanted-image.ts'

export interface ImageClockParts {
  readonly clock: Clock
  /** Waits, or rejects when the signal is aborted. Passed in by tests. */
  readonly wait: (delayMs: number, signal: AbortSignal) => Promise<void>
  /** When the next pass over all images begins, after the given time; both in ms since the epoch. */
  readonly nextPass: (after: number) => number
  /** Checks these now; `null`: all of them again. Never rejects. */
  readonly check: (chosen: readonly ImageQuestion[] | null, signal: AbortSignal) => Promise<void>
  /** The failed questions that may succeed in a while. */
  readonly failing: () => readonly FailedQuestion[]
}

export interface FailedQuestion {
  readonly question: ImageQuestion
  /** Ms since the epoch. */
  readonly checkedAt: number
  /** Each group has its own pauses: a registry that is down does not make others wait. */
  readonly group: string
}

/** The next attempt at a group. */
interface Retry {
  /** Ms since the epoch. */
  readonly at: number
  /** The pause since the last attempt. */
  readonly pauseMs: number
}

/** When images are checked. */
export interface ImageClock {
  /** There is something that was never checked. */
  checkSoon(): void
  /** Nothing is checked before this is called. */
  start(unanswered: () => readonly ImageQuestion[]): void
  stop(): void
}

// A rollout or a start brings many new images at once.
const SOON_MS = 2_000
// The machine may sleep, or its time may be set: look at the clock from time to time.
const LOOK_MS = 60_000
const FIRST_RETRY_MS = 15 * 60_000
const LONGEST_RETRY_MS = 4 * 3_600_000

/** Makes passes at their times, checks what is new between them soon, and retries what failed with growing pauses. */
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
    let passedAt = clock()
    let lookedAt = clock()
    const retries = new Map<string, Retry>()
    for (;;) {
      await wait(Math.min(LOOK_MS, Math.max(0, passAt - clock())), signal)
      const backMs = lookedAt - clock()
      lookedAt = clock()
      // The clock was set back: nothing may wait until it reaches the old times again, which could take years.
      if (backMs > LOOK_MS) {
        passAt = Math.min(passAt, nextPass(lookedAt))
        passedAt -= backMs
        for (const [group, { at, pauseMs }] of retries) retries.set(group, { at: at - backMs, pauseMs })
      }
      // Nothing waits for the checks: one slow registry would hold up the next pass of all others.
      if (clock() >= passAt) {
        void check(null, signal)
        passedAt = clock()
        passAt = nextPass(passedAt)
        retries.clear()
      } else {
        const due = chooseDue(retries, passedAt)
        if (due.length > 0) void check(due, signal)
      }
    }
  }

  /** Chooses the groups that are due, and notes when each is due again. */
  function chooseDue(retries: Map<string, Retry>, passedAt: number): readonly ImageQuestion[] {
    const now = clock()
    const groups = Map.groupBy(failing(), ({ group }) => group)
    for (const group of retries.keys()) if (!groups.has(group)) retries.delete(group)
    return [...groups].flatMap(([group, failed]) => {
      const since = Math.max(passedAt, Math.min(now, ...failed.map(({ checkedAt }) => checkedAt)))
      const retry = retries.get(group) ?? { at: since + FIRST_RETRY_MS, pauseMs: FIRST_RETRY_MS }
      const { at, pauseMs } = retry
      retries.set(group, retry)
      if (now < at) return []
      const nextMs = Math.min(2 * pauseMs, LONGEST_RETRY_MS)
      retries.set(group, { at: now + nextMs, pauseMs: nextMs })
      return failed.map(({ question }) => question)
    })
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
