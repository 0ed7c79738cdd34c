/** What to log when a set of standing problems changes: each new line once, and that none is left. */
export interface StandingProblems {
  /** `false`: it was not logged, and is new again the next time. */
  onNew(line: string): unknown
  onNone?(): void
}

/** Follows a list of problems that is passed again and again; logs no repeats, and no end of what was not logged. */
export function logChanges({ onNew, onNone }: StandingProblems): (lines: readonly string[]) => void {
  let standing: ReadonlySet<string> = new Set()
  let hasTold = false
  return lines => {
    const told = lines.filter(line => standing.has(line) || onNew(line) !== false)
    if (told.length > 0) hasTold = true
    if (lines.length === 0 && hasTold) {
      hasTold = false
      onNone?.()
    }
    standing = new Set(told)
  }
}
