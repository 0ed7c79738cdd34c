import type { DigestVerdict, RunningImage } from '../../domain/image-check.ts'
import type { ImageManifest, IndexedImage, RegistryReason } from '../../domain/image-registry.ts'
import type { Observed, Unseen } from '../../domain/observation.ts'
import { shown } from '../../domain/text.ts'

export interface DigestFacts {
  /** One for each instance of the container; repeats do no harm. Empty: nothing is known. */
  readonly running: readonly RunningImage[]
  /** The digest that the tag points to now. */
  readonly current: string
  /** The manifests that were read so far, by digest. */
  readonly manifests: ReadonlyMap<string, Observed<ImageManifest, RegistryReason>>
  /** Where it runs: `os/architecture[/variant]`; `null`: not known. */
  readonly platform: string | null
}

/** A verdict, or the manifest that the caller has to read first. */
export type DigestComparison = DigestVerdict | { readonly kind: 'needs'; readonly digest: string }

/**
 * What may have happened to an image that a runtime knows by no digest of its repository. Removing the tag removes the
 * digest as well.
 */
export const WITHOUT_DIGEST = 'was built, loaded or tagged locally, or its tag was removed'

const SAME: DigestVerdict = { kind: 'same', isRebuilt: false }
const REBUILT: DigestVerdict = { kind: 'same', isRebuilt: true }

// Real indexes have about a dozen platforms. Each may cost a request, so a hostile index must not cost hundreds.
const MOST_IMAGES_READ = 16

/**
 * Whether a container runs the image that its tag points to. Runtimes report the digest of an index, of an image in it, or
 * of an image's configuration, so different digests can name the same image. While the verdict is `needs`, read that
 * manifest and call again. When the digests are equal, no manifest is needed.
 */
export function compareDigests(facts: DigestFacts): DigestComparison {
  const verdicts = facts.running.map(running => compareOne(running, facts))
  const of = (kind: DigestComparison['kind']) => verdicts.find(verdict => verdict.kind === kind)
  if (verdicts.length === 0) return untold('the running digest is not known')
  const failed = verdicts.find(verdict => verdict.kind === 'unknown' && verdict.reason !== null)
  return of('drifted') ?? of('needs') ?? failed ?? of('unknown') ?? (verdicts.includes(REBUILT) ? REBUILT : SAME)
}

/**
 * Whether a tag can be pulled for a platform. A single image does not say what it is for. Variants do not count: what runs
 * `linux/arm/v7` runs `linux/arm/v6` too.
 */
export function hasImageFor(manifest: ImageManifest, platform: string): boolean {
  const [os, architecture] = platform.split('/')
  const wanted = `${os}/${architecture}`
  return imagesOf(manifest, '').some(image => image.platform === null || `${image.platform}/`.startsWith(`${wanted}/`))
}

function compareOne(running: RunningImage, facts: DigestFacts): DigestComparison {
  const { digests, imageId, isUnread } = running
  const { current, manifests, platform } = facts
  if (digests.includes(current)) return SAME
  if (isUnread === true) return untold('the image that runs could not be read')
  if (digests.length === 0 && imageId === null) {
    return untold(`the image ${WITHOUT_DIGEST}, so there is no registry digest`)
  }
  const manifest = manifests.get(current)
  if (manifest === undefined) return { kind: 'needs', digest: current }
  if (!manifest.seen) return unread(manifest)
  const images = imagesOf(manifest.value, current)
  if (images.some(({ digest }) => digests.includes(digest))) return SAME

  const ofPlatform = imagesFor(images, platform)
  if (ofPlatform.length === 0) return untold(noImageFor(platform))
  const byId = imageId === null ? null : compareImageId(imageId, ofPlatform, facts)
  if (byId !== null) return byId
  return compareWithOld(running, ofPlatform, facts)
}

// An image's ID is the digest of its configuration. The manifest has it.
function compareImageId(
  imageId: string,
  images: readonly IndexedImage[],
  { manifests }: DigestFacts
): DigestComparison | null {
  for (const { digest } of images.slice(0, MOST_IMAGES_READ)) {
    const manifest = manifests.get(digest)
    if (manifest === undefined) return { kind: 'needs', digest }
    if (!manifest.seen) return unread(manifest)
    if (manifest.value.kind === 'image' && manifest.value.config === imageId) return SAME
  }
  if (images.length <= MOST_IMAGES_READ) return null
  return untold(`the image that runs is none of the first ${MOST_IMAGES_READ} of the tag: set the annotation platform`)
}

// The registry may still have the index that was pulled. It may hold the same image for this platform as the new one.
function compareWithOld(running: RunningImage, images: readonly IndexedImage[], facts: DigestFacts): DigestComparison {
  const now = images.map(({ digest }) => digest)
  for (const digest of running.digests) {
    const old = facts.manifests.get(digest)
    if (old === undefined) return { kind: 'needs', digest }
    if (!old.seen && old.reason === 'not_found') continue
    if (!old.seen) return unread(old)
    const then = imagesFor(imagesOf(old.value, digest), facts.platform).map(image => image.digest)
    const kept = then.filter(image => now.includes(image))
    if (kept.length === 0) continue
    const isKept = kept.length === then.length
    if (isKept && (facts.platform !== null || kept.length === now.length)) return REBUILT
    return untold(describePartialMove(facts.platform))
  }
  return { kind: 'drifted', running }
}

function unread({ reason, message }: Unseen<RegistryReason>): DigestVerdict {
  return { kind: 'unknown', reason, message }
}

// Everything was read, and it still cannot be decided.
function untold(message: string): DigestVerdict {
  return { kind: 'unknown', reason: null, message }
}

function imagesOf(manifest: ImageManifest, digest: string): readonly IndexedImage[] {
  return manifest.kind === 'index' ? manifest.images : [{ digest, platform: null }]
}

function imagesFor(images: readonly IndexedImage[], platform: string | null): readonly IndexedImage[] {
  return images.filter(image => platform === null || isFor(image, platform))
}

// A missing variant matches any: `linux/arm64` matches `linux/arm64/v8`.
function isFor(image: IndexedImage, platform: string): boolean {
  if (image.platform === null) return true
  const [os, architecture, variant] = platform.split('/')
  const [itsOs, itsArchitecture, itsVariant = variant] = image.platform.split('/')
  return os === itsOs && architecture === itsArchitecture && (variant ?? itsVariant) === itsVariant
}

// Windows has an image for each of its builds, and ARM one for each variant.
function describePartialMove(platform: string | null): string {
  return platform === null
    ? 'the tag moved for some platforms only: set the annotation platform'
    : `the tag moved for some of its images for ${shown(platform)} only`
}

function noImageFor(platform: string | null): string {
  return platform === null ? 'the tag has no image' : `the tag has no image for ${shown(platform)}`
}
