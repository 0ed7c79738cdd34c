/**
 * The first lines, and one that counts the rest, so that others cannot flood a page, a log or the memory.
 *
 * `noun` is what one of them is, `mistake` for `… and 50 more mistakes`; `more` is how many there are beyond `lines`.
 */
export function atMost(
  most: number,
  lines: readonly string[],
  { noun, more = 0 }: { readonly noun?: string; readonly more?: number } = {}
): readonly string[] {
  const rest = Math.max(0, lines.length - most) + more
  const kind = noun === undefined ? 'like these' : `${noun}${rest === 1 ? '' : 's'}`
  return rest > 0 ? [...lines.slice(0, most), `… and ${rest} more ${kind}`] : lines
}

/** The first few of a list in one line, and how many more there are: `a, b, c and 2 more`. */
export function firstFew(texts: readonly string[], most = 3): string {
  const more = texts.length - most
  return `${texts.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** As people count: `8,192 bytes`, `1 runbook`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${`${count}`.replace(/\B(?=(?:\d{3})+$)/g, ',')} ${count === 1 ? noun : plural}`
}

/** For sorting: by code units, so that the order is the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
