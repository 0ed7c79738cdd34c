/** Runs never overlap. Whoever calls during a run gets the next one, which all callers share that wait for it. */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let last = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    next ??= last.then(() => {
      next = undefined
      last = work()
      return last
    })
    return next
  }
}
