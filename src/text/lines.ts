/**
 * The first lines, and one that counts the rest: what others can make many of must fill neither page nor log nor memory.
 * `kind` says what is counted: `… and 50 more mistakes`.
 */
export function atMost(most: number, lines: readonly string[], kind = 'of the kind'): readonly string[] {
  const more = lines.length - most
  return more > 0 ? [...lines.slice(0, most), `… and ${more} more ${kind}`] : lines
}

/** For sorting: by code units, so that the order is the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
