import type { FoundTags } from '../../domain/image-check.ts'
import type { RegistryReason, TagList } from '../../domain/image-registry.ts'
import type { PassedOver } from '../../domain/image-update.ts'
import { type Observed, seen, unseen } from '../../domain/observation.ts'
import type { ImageRegistry } from '../../domain/ports.ts'
import { hasImageFor } from '../../guards/image-update/compare-digests.ts'
import { findNewerTags, type TagRules } from '../../guards/image-update/newer-tags.ts'
import { endEarly } from '../../guards/image-update/tag-pattern.ts'
import type { ImageQuestion } from './wanted-image.ts'

type Seeing<Value> = Promise<Observed<Value, RegistryReason>>

/** Reads of one repository; what was read before in the same check is not asked for again. */
export interface RepositoryReads {
  readonly readTags: () => Seeing<TagList>
  readonly digestOf: (tag: string) => Seeing<string>
}

export interface NewerTagsMeans {
  readonly registry: Pick<ImageRegistry, 'manifest'>
  /** Never jumps. */
  readonly monotonic: () => number
}

// The worst pattern takes some milliseconds for each tag, while everything else waits.
const COMPARE_TAGS_MS = 1_000
// A project may have given up a platform long ago, and each of its tags costs two requests.
const MOST_WITHOUT_PLATFORM = 5
const NOTHING_NEWER = { latest: null, part: null, sameMajor: null, sameMinor: null }

/**
 * Finds the newer tags that have an image for the platform, if it is known: no other image can be pulled there. A tag
 * whose manifest cannot be read counts.
 */
export async function readNewerTags(
  question: ImageQuestion,
  { readTags, digestOf }: RepositoryReads,
  { registry, monotonic }: NewerTagsMeans
): Seeing<FoundTags> {
  const { repository, tag, rules, platform } = question
  if (!rules.seen) return rules
  // Other tags never give an order to a tag that has none, so a list that cannot be read hides nothing.
  const alone = findNewerTags(tag, [], rules.value)
  if (!alone.isOrdered) return seen({ tags: alone, gap: null })
  const list = await readTags()
  if (!list.seen) return list
  const isUseless = async (newer: string) => {
    const digest = platform === null ? null : await digestOf(newer)
    const manifest = digest?.seen === true ? await registry.manifest(repository, digest.value) : null
    return platform !== null && manifest?.seen === true && !hasImageFor(manifest.value, platform)
  }
  const useless: PassedOver[] = []
  for (;;) {
    const found = compareTags({ tag, rules: rules.value }, { list: list.value, useless, monotonic })
    const next = await findFirst([found.tags.latest, found.tags.sameMajor], isUseless)
    if (next === null) return seen(found)
    if (useless.length === MOST_WITHOUT_PLATFORM) {
      const gap = unseen('invalid' as const, `the ${useless.length} newest tags have no image for ${platform}`)
      return seen({ tags: { ...found.tags, ...NOTHING_NEWER }, gap })
    }
    useless.push({ tag: next, why: 'platform' })
  }
}

interface Compared {
  readonly list: TagList
  readonly useless: readonly PassedOver[]
  readonly monotonic: () => number
}

function compareTags(
  { tag, rules }: { readonly tag: string; readonly rules: TagRules },
  { list, useless, monotonic }: Compared
): FoundTags {
  const start = monotonic()
  const useful = list.tags.filter(one => useless.every(other => other.tag !== one))
  const { tags, wasCut } = endEarly(useful, () => monotonic() - start > COMPARE_TAGS_MS)
  const newer = findNewerTags(tag, tags, rules)
  const tooSlow = `its ${list.tags.length} tags took longer than ${COMPARE_TAGS_MS / 1000} s to compare`
  return {
    tags: { ...newer, passedOver: [...newer.passedOver, ...useless.slice(0, 1)] },
    gap: wasCut() ? unseen('invalid', tooSlow) : list.gap
  }
}

async function findFirst(
  tags: readonly (string | null)[],
  isWanted: (tag: string) => Promise<boolean>
): Promise<string | null> {
  for (const tag of new Set(tags)) if (tag !== null && (await isWanted(tag))) return tag
  return null
}
