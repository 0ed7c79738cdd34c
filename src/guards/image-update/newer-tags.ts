import type Range from 'semver/classes/range.js'
import type { NewerTags, PassedOver } from '../../domain/image-update.ts'
import { compareText } from '../../text/lines.ts'
import { nearestByText } from './nearest-by-text.ts'
import { compareTags, differingPart, isPaddedOtherwise, leaps, lengthsByPlace } from './tag-order.ts'
import { readTagsByPattern } from './tag-pattern.ts'
import { readTags, type ShapedTag, type TagsByShape } from './tag-shape.ts'
import { ARTEFACT, TAG } from './tag-words.ts'
import { isInRange } from './version-range.ts'

/** What a person asks of newer tags. */
export interface TagRules {
  /** Takes the place of the rule of shapes; of `compileTagPattern`. `null`: the rule of shapes. */
  readonly pattern: RegExp | null
  /** Of `parseVersionRange`; `null`: any version. */
  readonly range: Range | null
}

/** Why a tag of the same shape is no update although it is newer. */
type Rejection = Exclude<PassedOver['why'], 'text'>

const REJECTIONS: readonly Rejection[] = ['pre-release', 'padding', 'leap', 'range']

const NO_ORDER: NewerTags = {
  isOrdered: false,
  latest: null,
  part: null,
  sameMajor: null,
  sameMinor: null,
  passedOver: []
}

/**
 * Finds the tags of a repository that are newer than the running one: of the same shape, or of the person's pattern. The
 * order of the tags does not matter; what is no tag, and what cosign puts beside images, is passed over.
 */
export function findNewerTags(runningTag: string, tags: Iterable<string>, rules: TagRules): NewerTags {
  const candidates = [...tags].filter(tag => TAG.test(tag) && !ARTEFACT.test(tag))
  const { pattern } = rules
  const read = pattern === null ? readTags(runningTag, candidates) : readTagsByPattern(runningTag, candidates, pattern)
  const { running, same, other } = read
  if (running.version.length + running.counters.length === 0) return NO_ORDER

  const rejection = rejections(read, rules)
  const newer = same.filter(tag => compareTags(tag, running) > 0).map(tag => ({ tag, why: rejection(tag) }))
  const because = (wanted: Rejection | null) => newer.flatMap(({ tag, why }) => (why === wanted ? tag : []))
  const updates = because(null)
  const latest = highest(updates, running)
  const reference = latest ?? running
  const within = (places: number) => {
    const isKept = ({ version }: ShapedTag) => version.slice(0, places).every((n, i) => n === running.version[i])
    if (running.isTime || running.version.length < places) return null
    return highest(updates.filter(isKept), running)
  }
  const passedOver = REJECTIONS.map(why => ({ tag: highest(because(why), running), why }))
  const nearest = nearestByText(other, { running, reference, accepts: tag => rejection(tag) === null })
  return {
    isOrdered: true,
    latest: latest?.tag ?? null,
    part: latest && differingPart(running, latest),
    sameMajor: within(1)?.tag ?? null,
    sameMinor: within(2)?.tag ?? null,
    passedOver: [{ tag: nearest, why: 'text' as const }, ...passedOver].flatMap(({ tag, why }) =>
      tag !== null && compareTags(tag, reference) > 0 ? { tag: tag.tag, why } : []
    )
  }
}

// A pattern is the person's own word for what is an update; only a range that stands beside it binds it.
function rejections(
  { running, same }: TagsByShape,
  { pattern, range }: TagRules
): (tag: ShapedTag) => Rejection | null {
  const lengths = lengthsByPlace([running, ...same])
  return tag => {
    if (pattern === null) {
      if (tag.preRelease !== null && running.preRelease === null) return 'pre-release'
      if (isPaddedOtherwise(running.version, tag.version)) return 'padding'
      if (isPaddedOtherwise(running.counters, tag.counters)) return 'padding'
      if (leaps(running, tag, lengths)) return 'leap'
    }
    return isInRange(range, tag.version) ? null : 'range'
  }
}

// Who runs a pre-release waits for the release: it comes before a pre-release of what is next.
function highest(tags: readonly ShapedTag[], running: ShapedTag): ShapedTag | null {
  const isReady = ({ preRelease }: ShapedTag) => Number(preRelease === null || running.preRelease === null)
  return tags.reduce<ShapedTag | null>((best, tag) => {
    if (best === null) return tag
    const order = isReady(tag) - isReady(best) || compareTags(tag, best) || compareText(tag.tag, best.tag)
    return order > 0 ? tag : best
  }, null)
}
