/** Work whose runs never overlap. */
export interface OneAtATime {
  /** Whoever calls during a run gets the next one, which all callers share that wait for it. Rejects as the work does. */
  run(): Promise<void>
  /** Resolves when no run is under way, however it ended. */
  settled(): Promise<void>
}

export function oneAtATime(work: () => Promise<void>): OneAtATime {
  let last = Promise.resolve()
  let next: Promise<void> | undefined
  const settled = () => last.catch(() => {})
  return {
    run: () => {
      next ??= settled().then(() => {
        next = undefined
        last = work()
        return last
      })
      return next
    },
    settled
  }
}
