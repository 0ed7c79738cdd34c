// A backslash before a letter or digit to which it gives no meaning; `\E` only ends a `\Q`.
const NO_ESCAPE = /\\(?:(?![ABCDPQSWabcdfnprstvwxz])[a-zA-Z]|[89]|[1-7](?![0-7])|$)/
const MOST_REPEATS = 1000
// A longer pattern takes quadratic time.
const MOST_CHARACTERS = 1000

/**
 * Whether Go compiles a regular expression; one that is too unusual or too long to tell passes. Source: RE2's syntax,
 * which lacks what needs more than linear time, such as `(?!` and `\1`.
 */
export function isRe2(pattern: string): boolean {
  if (pattern.length > MOST_CHARACTERS) return true
  const unquoted = pattern.replace(/\\Q[\s\S]*?(?:\\E|$)/g, 'q')
  if (NO_ESCAPE.test(unquoted.replaceAll('\\\\', ''))) return false
  const plain = unquoted
    .replace(/\\(?:[pPx]\{[^{}]*\}|[\s\S])/g, 'x')
    .replace(/\[\^?\]?(?:\[:\^?\w+:\]|[^\]])*\]/g, 'x')
    .replace(/[\^$]/g, 'x')
  // What JavaScript has and Go lacks, and then the other way round.
  if (/\(\?(?:[=!>#]|<[=!])/.test(plain)) return false
  const counts = [...plain.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].flatMap(([, least, most]) => [least, most])
  if (counts.some(count => Number(count ?? 0) > MOST_REPEATS)) return false
  try {
    new RegExp(plain.replace(/\(\?(?:P?<\w+>|[imsU-]+:?)/g, '(?:'))
    return true
  } catch {
    return false
  }
}
