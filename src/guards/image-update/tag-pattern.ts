import { type Observed, seen, unseen } from '../../domain/observation.ts'
import { shown } from '../../domain/text.ts'
import { readTags, type ShapedTag, type TagsByShape } from './tag-shape.ts'

const LONGEST_PATTERN = 512
const LINEAR = 'l'

/**
 * Compiles the annotation `tag-pattern` for the linear engine, which no pattern and no tag can keep busy. Look-around,
 * back-references and great repetitions are refused, in words for a person. The process must have been started with, or
 * have set, `--enable-experimental-regexp-engine`; without it every pattern is refused.
 */
export function compileTagPattern(source: string): Observed<RegExp, 'invalid'> {
  if (source.length > LONGEST_PATTERN) return refused(source, `longer than ${LONGEST_PATTERN} characters`)
  try {
    return seen(new RegExp(source, LINEAR))
  } catch (error) {
    return refused(source, reasonOf(error))
  }
}

/**
 * Reads tags as a pattern sees them: the numbers in its groups, or in the whole tag where it has none, are the version.
 * Only tags that match and have as many numbers as the running one are compared. A running tag that does not match a
 * pattern with groups has no version.
 */
export function readTagsByPattern(runningTag: string, tags: Iterable<string>, pattern: RegExp): TagsByShape {
  const { running } = readTags(runningTag, [])
  const version = versionByPattern(runningTag, pattern) ?? (hasGroups(pattern) ? [] : numbersIn(runningTag))
  const isTime = running.isTime && version[0] === running.version[0]
  const read = (tag: string, numbers: readonly string[]): ShapedTag => ({
    tag,
    shape: pattern.source,
    version: numbers,
    preRelease: null,
    counters: [],
    isTime
  })
  const same: ShapedTag[] = []
  for (const tag of tags) {
    const numbers = tag === runningTag ? null : versionByPattern(tag, pattern)
    if (numbers?.length === version.length) same.push(read(tag, numbers))
  }
  return { running: read(runningTag, version), same, other: [] }
}

function versionByPattern(tag: string, pattern: RegExp): readonly string[] | null {
  const match = pattern.exec(tag)
  if (match === null) return null
  return match.length === 1 ? numbersIn(tag) : match.slice(1).flatMap(group => numbersIn(group ?? ''))
}

// Whatever it is given: the empty alternative matches, and has the groups.
function hasGroups({ source, flags }: RegExp): boolean {
  return (new RegExp(`(?:${source})|`, flags).exec('')?.length ?? 1) > 1
}

function numbersIn(text: string): readonly string[] {
  return text.match(/\d+/g) ?? []
}

function reasonOf(error: unknown): string {
  const { message } = error as SyntaxError
  if (message.endsWith('Cannot be executed in linear time')) {
    return 'the linear engine cannot run it: it takes no look-around, no back-references, no flags, and repeats at most 16 times'
  }
  if (message.startsWith('Invalid flags')) return 'it runs on no other engine than the linear one, which is not there'
  return message.slice(message.lastIndexOf(': ') + 2).toLowerCase()
}

function refused(source: string, why: string): Observed<never, 'invalid'> {
  return unseen('invalid', `tag-pattern "${shown(source)}" is refused: ${why}`)
}
