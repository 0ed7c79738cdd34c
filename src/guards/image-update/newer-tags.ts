import type Range from 'semver/classes/range.js'
import type { NewerTags, PassedOver } from '../../domain/image-update.ts'
import { compareText } from '../../text/lines.ts'
import { nearestByText } from './nearest-by-text.ts'
import { compareNumbers, compareTags, differingPart, isPaddedOtherwise, leaps } from './tag-order.ts'
import { readTagsByPattern } from './tag-pattern.ts'
import { readTags, type ShapedTag, type TagsByShape } from './tag-shape.ts'
import { ARTEFACT, TAG } from './tag-words.ts'
import { isInRange } from './version-range.ts'

/** What a person wants of newer tags. */
export interface TagRules {
  /** Replaces the rule of shapes; made by `compileTagPattern`. `null`: the rule of shapes. */
  readonly pattern: RegExp | null
  /** Made by `parseVersionRange`; `null`: any version. */
  readonly range: Range | null
}

/** Why a newer tag of the same shape is not an update. */
type Rejection = Exclude<PassedOver['why'], 'text' | 'platform'>

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
 * Finds the tags of a repository that are newer than the running one: tags of the same shape, or tags that match the
 * person's pattern. The order of the tags does not matter. Texts that are not tags are ignored, and so are the signatures
 * that cosign keeps beside images. Tags are compared as they are read, so that a caller can end a long list early.
 */
export function findNewerTags(runningTag: string, tags: Iterable<string>, rules: TagRules): NewerTags {
  const candidates = imageTags(tags)
  const { pattern } = rules
  const read = pattern === null ? readTags(runningTag, candidates) : readTagsByPattern(runningTag, candidates, pattern)
  const { running, newerElsewhere } = read
  if (running.version.length + running.counters.length === 0) return NO_ORDER

  const rejection = rejections(read, rules)
  const newer = read.newer.map(tag => ({ tag, why: rejection(tag) }))
  const because = (wanted: Rejection | null) => newer.flatMap(({ tag, why }) => (why === wanted ? tag : []))
  const updates = because(null)
  const latest = highest(updates, running)
  const reference = latest ?? running
  const within = (places: number) => {
    const isWithin = ({ version }: ShapedTag) => compareNumbers(version.slice(0, places), running.version) === 0
    if (running.isTime || running.version.length < places) return null
    return highest(updates.filter(isWithin), running)
  }
  const passedOver = REJECTIONS.map(why => ({ tag: highest(because(why), running), why }))
  const nearest = nearestByText(newerElsewhere, { running, reference, accepts: tag => rejection(tag) === null })
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

function* imageTags(tags: Iterable<string>): Iterable<string> {
  for (const tag of tags) if (TAG.test(tag) && !ARTEFACT.test(tag)) yield tag
}

// A pattern replaces our own idea of what an update is. A range still applies along with it.
function rejections(
  { running, lengths }: TagsByShape,
  { pattern, range }: TagRules
): (tag: ShapedTag) => Rejection | null {
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

// A pre-release waits for its release, so a release wins over the pre-releases of the version after it.
function highest(tags: readonly ShapedTag[], running: ShapedTag): ShapedTag | null {
  const isReady = ({ preRelease }: ShapedTag) => Number(preRelease === null || running.preRelease === null)
  return tags.reduce<ShapedTag | null>((best, tag) => {
    if (best === null) return tag
    const order = isReady(tag) - isReady(best) || compareTags(tag, best) || compareText(tag.tag, best.tag)
    return order > 0 ? tag : best
  }, null)
}
