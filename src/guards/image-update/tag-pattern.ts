import { type Observed, seen, unseen } from '../../domain/observation.ts'
import { shown } from '../../domain/text.ts'
import { compareNumbers } from './tag-order.ts'
import { readTags, type ShapedTag, type TagsByShape } from './tag-shape.ts'

const LONGEST_PATTERN = 256
const LINEAR = 'l'

/**
 * Compiles the annotation `tag-pattern` for V8's linear engine, where no pattern can take exponential time. The engine
 * refuses look-around, back-references and large repetitions; the message says so. V8 needs the flag
 * `--enable-experimental-regexp-engine`, set before the first pattern is compiled; without it every pattern is refused.
 *
 * Linear is not free: the worst pattern takes some milliseconds for each tag. Give `findNewerTags` a list that ends when
 * its time is up (`endEarly`).
 */
export function compileTagPattern(source: string): Observed<RegExp, 'invalid'> {
  if (source.length > LONGEST_PATTERN) return refused(source, `longer than ${LONGEST_PATTERN} characters`)
  try {
    return seen(new RegExp(source, LINEAR))
  } catch (error) {
    return refused(source, reasonOf(error))
  }
}

/** A list of tags that may end before its last one. */
export interface EndedEarly {
  readonly tags: Iterable<string>
  /** Whether it ended before its last tag. Known once the list has been read. */
  wasCut(): boolean
}

/** Gives tags for as long as `isTimeUp` is false. */
export function endEarly(tags: Iterable<string>, isTimeUp: () => boolean): EndedEarly {
  let wasCut = false
  function* untilTimeIsUp(): Iterable<string> {
    for (const tag of tags) {
      wasCut = isTimeUp()
      if (wasCut) return
      yield tag
    }
  }
  return { tags: untilTimeIsUp(), wasCut: () => wasCut }
}

/**
 * Reads tags through a pattern: the version is the numbers in its groups, or in the whole tag where it has no groups. Only
 * tags that match, with as many numbers as the running tag, are compared. Where the pattern has groups and the running tag
 * does not match, the running tag has no version.
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
  const newer: ShapedTag[] = []
  for (const tag of tags) {
    const numbers = versionByPattern(tag, pattern)
    if (numbers?.length === version.length && compareNumbers(numbers, version) > 0) newer.push(read(tag, numbers))
  }
  return { running: read(runningTag, version), newer, lengths: [], newerElsewhere: [] }
}

function versionByPattern(tag: string, pattern: RegExp): readonly string[] | null {
  const match = pattern.exec(tag)
  if (match === null) return null
  return match.length === 1 ? numbersIn(tag) : match.slice(1).flatMap(group => numbersIn(group ?? ''))
}

// With an empty alternative the pattern matches any text, and the match shows its groups.
function hasGroups({ source, flags }: RegExp): boolean {
  return (new RegExp(`(?:${source})|`, flags).exec('')?.length ?? 1) > 1
}

function numbersIn(text: string): readonly string[] {
  return text.match(/\d+/g) ?? []
}

function reasonOf(error: unknown): string {
  const { message } = error as SyntaxError
  if (message.endsWith('Cannot be executed in linear time')) {
    return 'the linear engine supports no look-around, no back-references, no inline flags and at most 16 repetitions'
  }
  if (message.startsWith('Invalid flags')) return 'it needs the linear engine, which is not available'
  return message.slice(message.lastIndexOf(': ') + 2).toLowerCase()
}

function refused(source: string, why: string): Observed<never, 'invalid'> {
  return unseen('invalid', `tag-pattern "${shown(source)}" is refused: ${why}`)
}
