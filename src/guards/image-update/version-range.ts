import Range from 'semver/classes/range.js'
import { type Observed, seen, unseen } from '../../domain/observation.ts'
import { shown } from '../../domain/text.ts'

const LONGEST_RANGE = 512

/** Reads the annotation `semver-range`, in the syntax of npm's semver: `^15`, `~1.5`, `<2 || >2.1`. */
export function parseVersionRange(source: string): Observed<Range, 'invalid'> {
  if (source.length > LONGEST_RANGE) return refused(source, `longer than ${LONGEST_RANGE} characters`)
  try {
    return seen(new Range(source))
  } catch {
    return refused(source, 'not a range of versions; examples: ^15, ~1.5, >=2.1 <3')
  }
}

/** Whether a version is in a range. Its first three numbers count; missing ones are 0. */
export function isInRange(range: Range | null, version: readonly string[]): boolean {
  const [major = 0, minor = 0, patch = 0] = version.map(safeNumber)
  return range === null || range.test(`${major}.${minor}.${patch}`)
}

// semver accepts no leading zeros and no numbers above 2^53.
function safeNumber(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER)
}

function refused(source: string, why: string): Observed<never, 'invalid'> {
  return unseen('invalid', `semver-range "${shown(source)}" is refused: ${why}`)
}
