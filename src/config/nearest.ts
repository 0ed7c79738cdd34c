import { closest, distance } from 'fastest-levenshtein'

/** The right name that a wrong one probably means; `null` where none is near: a third of its letters may differ. */
export function nearest(wrong: string, rightNames: readonly string[]): string | null {
  // Real names are short; the distance takes quadratic time.
  if (wrong.length > 64 || rightNames.length === 0) return null
  const right = closest(
    wrong.toLowerCase(),
    rightNames.map(name => name.toLowerCase())
  )
  const tolerated = Math.max(2, Math.floor(wrong.length / 3))
  if (distance(wrong.toLowerCase(), right) > tolerated) return null
  return rightNames.find(name => name.toLowerCase() === right) ?? null
}
