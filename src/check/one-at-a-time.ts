/** Work whose runs never overlap. */
export interface OneAtATime {
  /** A caller during a run gets the next one, shared by all callers that wait for it. Rejects as the work does. */
  run(): Promise<void>
  /** Resolves when no run is under way or waited for, however they ended. */
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
