import { digestFailure, type FoundDigest, type ImageCheck, type RunningImage } from '../../domain/image-check.ts'
import type { ImageLabels, ImageManifest, RegistryReason, TagList } from '../../domain/image-registry.ts'
import { type Observed, seen, type Unseen, unseen } from '../../domain/observation.ts'
import type { Clock, ImageRegistry } from '../../domain/ports.ts'
import { compareDigests, WITHOUT_DIGEST } from '../../guards/image-update/compare-digests.ts'
import { type RepositoryReads, readNewerTags } from './read-newer-tags.ts'
import type { ImageQuestion } from './wanted-image.ts'

export interface CheckMeans {
  readonly registry: ImageRegistry
  readonly clock: Clock
  /** Never jumps. */
  readonly monotonic: () => number
  /** The last check of the same image, whatever ran then; `undefined`: there was none. */
  readonly earlierOf: (question: ImageQuestion) => ImageCheck | undefined
  /** Whether tags that an earlier check has read in full are kept, not read again. */
  readonly keepsTags: boolean
  readonly onCheck: (question: ImageQuestion, check: ImageCheck) => void
}

type Seeing<Value> = Promise<Observed<Value, RegistryReason>>

/**
 * Checks images of one repository: its tags are listed once for all images whose tags have an order, and each running
 * tag costs one request for its digest. Never rejects.
 */
export async function checkRepository(questions: readonly ImageQuestion[], means: CheckMeans): Promise<void> {
  let list: Seeing<TagList> | undefined
  const digests = new Map<string, Seeing<string>>()
  for (const same of Map.groupBy(questions, ({ imageKey }) => imageKey).values()) {
    const [first] = same
    if (first === undefined) continue
    const { registry, earlierOf, keepsTags, clock } = means
    const earlier = earlierOf(first)
    const isKept = keepsTags && earlier?.newer.seen === true && earlier.newer.value.gap === null
    const readTags = () => {
      list ??= registry.listTags(first.repository)
      return list
    }
    const digestOf = (tag: string) => {
      const digest = digests.get(tag) ?? registry.digestOf(first.repository, tag)
      digests.set(tag, digest)
      return digest
    }
    const listed = isKept ? earlier.newer : await readNewerTags(first, { readTags, digestOf }, means)
    const isDown = !listed.seen && listed.reason === 'unreachable'
    const current = isDown ? listed : await digestOf(first.tag)
    const newer = current.seen ? besideTag(listed, first, list && (await list)) : listed
    const latestLabels = await readLatestLabels(first, { newer, earlier }, { registry, digestOf })
    for (const question of same) {
      const digest = current.seen
        ? seen(await compare(question, current.value, registry))
        : besideImage(current, question)
      const runningLabels = await readRunningLabels(question, digest, registry)
      const checkedAt = clock()
      const isWhole = newer.seen && newer.value.gap === null && digestFailure(digest) === null
      const seenAt = isWhole ? checkedAt : (earlier?.seenAt ?? null)
      const tags = newer.seen ? newer : besideImage(newer, question)
      means.onCheck(question, { checkedAt, seenAt, newer: tags, digest, runningLabels, latestLabels })
    }
  }
}

// GitLab's dependency proxy has images but no lists of tags, and Amazon's registries want another right for the lists.
// Proxies list what they have cached, and some list nothing.
function besideTag(
  newer: ImageCheck['newer'],
  { repository, tag }: ImageQuestion,
  list: Observed<TagList, RegistryReason> | undefined
): ImageCheck['newer'] {
  if (newer.seen) {
    const { tags, gap } = newer.value
    const isNothingNewer = tags.isOrdered && tags.latest === null && gap === null
    if (!isNothingNewer || !list?.seen || list.value.tags.includes(tag)) return newer
    return seen({ tags, gap: unseen('invalid', `the list of tags is incomplete: it lacks ${tag}, which can be read`) })
  }
  const { reason, message } = newer
  if (reason === 'not_found') {
    return unseen(reason, `${repository.registry}/${repository.repository} has the tag ${tag}, but no list of tags`)
  }
  return isRefusal(reason) ? unseen(reason, `the tags cannot be listed, though ${tag} can be read: ${message}`) : newer
}

/** Whether a registry refuses an image that may exist all the same: some say that a private image does not exist. */
export function isRefusal(reason: RegistryReason): boolean {
  return reason === 'unauthorized' || reason === 'forbidden' || reason === 'not_found'
}

// The name of an image that Compose builds means one on Docker Hub, which does not exist or is somebody else's.
function besideImage(failure: Unseen<RegistryReason>, { running }: ImageQuestion): Unseen<RegistryReason> {
  const { reason, message } = failure
  if (!isRefusal(reason)) return failure
  const isLocal = running.length > 0 && running.every(one => isUnnamed(one) && one.isUnread !== true)
  return isLocal ? unseen(reason, `${message}; the image that runs ${WITHOUT_DIGEST}`) : failure
}

function isUnnamed({ digests, imageId }: RunningImage): boolean {
  return digests.length === 0 && imageId === null
}

/** Reads manifests as long as the comparison needs another one. Each is read once, so this ends. */
async function compare(
  { repository, running, platform }: ImageQuestion,
  current: string,
  registry: ImageRegistry
): Promise<FoundDigest> {
  const manifests = new Map<string, Observed<ImageManifest, RegistryReason>>()
  for (;;) {
    const verdict = compareDigests({ running, current, manifests, platform })
    if (verdict.kind !== 'needs') return { current, running: running.flatMap(digestsOf), verdict }
    manifests.set(verdict.digest, await registry.manifest(repository, verdict.digest))
  }
}

function digestsOf({ digests, imageId }: RunningImage): readonly string[] {
  return digests.length > 0 || imageId === null ? digests : [imageId]
}

async function readLatestLabels(
  { repository, platform }: ImageQuestion,
  { newer, earlier }: { readonly newer: ImageCheck['newer']; readonly earlier: ImageCheck | undefined },
  { registry, digestOf }: Pick<CheckMeans, 'registry'> & Pick<RepositoryReads, 'digestOf'>
): Promise<ImageLabels | null> {
  const latest = newer.seen ? newer.value.tags.latest : null
  if (latest === null) return null
  const isKnown = earlier?.newer.seen === true && earlier.newer.value.tags.latest === latest
  if (isKnown && earlier.latestLabels !== null) return earlier.latestLabels
  const digest = await digestOf(latest)
  return digest.seen ? labelsOf(await registry.labels(repository, { digest: digest.value, platform })) : null
}

async function readRunningLabels(
  { repository, platform, running }: ImageQuestion,
  digest: ImageCheck['digest'],
  registry: ImageRegistry
): Promise<ImageCheck['runningLabels']> {
  if (!digest.seen) return digest
  const { current, verdict } = digest.value
  const [only, ...others] = running
  const isUnread = running.some(one => one.isUnread === true)
  if (verdict.kind === 'unknown' && isUnread) return unseen('not_known', verdict.message)
  if (verdict.kind !== 'same' && others.length > 0) {
    return unseen('not_known', `the pods run ${running.length} images, each with labels of its own`)
  }
  const content = verdict.kind === 'same' ? current : only?.digests[0]
  if (content === undefined) {
    const message = verdict.kind === 'unknown' ? verdict.message : 'the running image has no registry digest'
    return unseen('not_known', message)
  }
  return registry.labels(repository, { digest: content, platform })
}

// Labels are nice to have: without them a message has no link.
function labelsOf(labels: Observed<ImageLabels, RegistryReason>): ImageLabels | null {
  return labels.seen ? labels.value : null
}
