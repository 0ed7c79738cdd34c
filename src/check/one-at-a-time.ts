/** Work whose runs never overlap. */
export interface OneAtATime {
  /** A call during a run gets the next run, shared by all callers that wait for it. Rejects if the work does. */
  run(): Promise<void>
  /** Resolves when no run is under way or waited for, even if runs have failed. */
  settled(): Promise<void>
}

export function oneAtATime(work: () => Promise<void>): OneAtATime {
  let last = Promise.resolve()
  let next: Promise<void> | undefined
  return {
    run: () => {
      next ??= last
        .catch(() => {})
        .then(() => {
          next = undefined
          last = work()
          return last
        })
      return next
    },
    settled: () => (next ?? last).catch(() => {})
  }
}
