/** What to log when a set of standing problems changes: each new line once, and that none is left. */
export interface StandingProblems {
  onNew(line: string): unknown
  onNone?(): void
}

/** Follows a list of problems that is passed again and again; logs no repeats. */
export function logChanges({ onNew, onNone }: StandingProblems): (lines: readonly string[]) => void {
  let standing: ReadonlySet<string> = new Set()
  return lines => {
    for (const line of lines) if (!standing.has(line)) onNew(line)
    if (lines.length === 0 && standing.size > 0) onNone?.()
    standing = new Set(lines)
  }
}
