/** A string in three parts: what is between `before` and `after` differs from the other string. */
export interface Marked {
  readonly before: string
  readonly differing: string
  readonly after: string
}

// Numbers and words stay whole: in 1.12 against 1.13 the 12 and the 13 differ, not the 2 and the 3.
const TOKENS = /\d+|\p{L}+|./gsu

/** Where two strings differ, token by token: what they share at both ends is left unmarked. */
export function markDifference(one: string, other: string): readonly [Marked, Marked] {
  const tokens = one.match(TOKENS) ?? []
  const others = other.match(TOKENS) ?? []
  const start = sharedLength(tokens, others)
  const end = sharedLength(tokens.slice(start).reverse(), others.slice(start).reverse())
  return [split(tokens, start, end), split(others, start, end)]
}

function sharedLength(one: readonly string[], other: readonly string[]): number {
  const firstDifference = one.findIndex((token, index) => token !== other[index])
  return firstDifference === -1 ? one.length : firstDifference
}

function split(tokens: readonly string[], start: number, end: number): Marked {
  const stop = tokens.length - end
  return {
    before: tokens.slice(0, start).join(''),
    differing: tokens.slice(start, stop).join(''),
    after: tokens.slice(stop).join('')
  }
}
