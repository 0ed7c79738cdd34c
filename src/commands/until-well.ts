export interface Waiting<Outcome> {
  readonly look: () => Promise<Outcome>
  /** Whether nobody needs to look again. */
  readonly isWell: (outcome: Outcome) => boolean
  /** How long to look again; `null`: once is enough. */
  readonly waitMs: number | null
  /** From one look's start to the next's; a look that takes longer delays the next. */
  readonly intervalMs: number
  /** Called before each pause; `leftMs` is until the time is over. */
  readonly onWait: (outcome: Outcome, leftMs: number) => void
  /** Never jumps. */
  readonly monotonic: () => number
  readonly pause: (ms: number) => Promise<unknown>
}

/**
 * Looks until all is well or the time is over, and gives what the last look saw.
 *
 * No look begins after the time is over, and the last one begins just then, however long the interval is.
 */
export async function untilWell<Outcome>(waiting: Waiting<Outcome>): Promise<Outcome> {
  const { look, isWell, waitMs, intervalMs, onWait, monotonic, pause } = waiting
  const end = monotonic() + (waitMs ?? 0)
  for (;;) {
    const start = monotonic()
    const outcome = await look()
    const leftMs = end - monotonic()
    if (leftMs <= 0 || isWell(outcome)) return outcome
    onWait(outcome, leftMs)
    await pause(Math.min(Math.max(0, start + intervalMs - monotonic()), leftMs))
  }
}
