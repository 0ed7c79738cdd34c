import { closest, distance } from 'fastest-levenshtein'

// Real names are short, and the distance takes quadratic time.
const LONGEST_NAME = 64

/** `did you mean NAME?` for the right name that a wrong one probably means, by `nearestName`; `null`: none is near. */
export function didYouMean(wrong: string, rightNames: readonly string[], most?: number): string | null {
  const name = nearestName(wrong, rightNames, most)
  return name === null ? null : `did you mean ${name}?`
}

/**
 * The right name that a wrong one probably means; `null`: none is near.
 *
 * Letters may differ in case. Otherwise a third of them may differ, and two in a short name; `most` allows fewer, for
 * callers to whom a near miss means more than a hint.
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
  if (distance(lower, right) > Math.min(most, Math.max(2, Math.floor(wrong.length / 3)))) return null
  return rightNames.find(name => name.toLowerCase() === right) ?? null
}
