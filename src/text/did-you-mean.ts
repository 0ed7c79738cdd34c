import { closest, distance } from 'fastest-levenshtein'

// Real names are short, and the distance takes quadratic time.
const LONGEST_NAME = 64

/** `did you mean NAME?` for the right name that a wrong one probably means, by `nearestName`; `null`: none is near. */
export function didYouMean(wrong: string, rightNames: readonly string[], most?: number): string | null {
  const name = nearestName(wrong, rightNames, most)
  return name === null ? null : `did you mean ${name}?`
}

// Anything shorter is part of too many names.
const LEAST_PART = 3

/** The right names of which a wrong one is a part, in any case: people shorten names more often than they misspell them. */
export function namesWith(part: string, rightNames: readonly string[]): readonly string[] {
  const lower = part.toLowerCase()
  return lower.length < LEAST_PART ? [] : rightNames.filter(name => name.toLowerCase().includes(lower))
}

/**
 * The right name that a wrong one probably means; `null`: none is near.
 *
 * Case does not count. A third of the letters may differ, or two in a short name, but never all of them; `most` allows
 * fewer, for callers to whom a near miss means more than a hint.
 */
export function nearestName(
  wrong: string,
  rightNames: readonly string[],
  most = Number.POSITIVE_INFINITY
): string | null {
  if (wrong.length > LONGEST_NAME || rightNames.length === 0) return null
  const lower = wrong.toLowerCase()
  const right = closest(
    lower,
    rightNames.map(name => name.toLowerCase())
  )
  const allowed = Math.min(most, wrong.length - 1, Math.max(2, Math.floor(wrong.length / 3)))
  if (distance(lower, right) > allowed) return null
  return rightNames.find(name => name.toLowerCase() === right) ?? null
}
