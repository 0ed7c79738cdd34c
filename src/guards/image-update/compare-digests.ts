import type { ImageManifest, IndexedImage, RegistryReason } from '../../domain/image-registry.ts'
import type { Observed } from '../../domain/observation.ts'
import { shown } from '../../domain/text.ts'
import type { RunningImage } from './running-image.ts'

export interface DigestFacts {
  /** One for each instance of the container, repeats or not; empty: none is known. */
  readonly running: readonly RunningImage[]
  /** What the running tag means in the registry now. */
  readonly current: string
  /** What was read so far, by digest. */
  readonly manifests: ReadonlyMap<string, Observed<ImageManifest, RegistryReason>>
  /** `os/architecture[/variant]` of where it runs; `null`: not known. */
  readonly platform: string | null
}

export type DigestVerdict =
  /** Every instance runs what the tag means. `isRebuilt`: the index around it is new, as after a new attestation. */
  | { readonly kind: 'same'; readonly isRebuilt: boolean }
  | { readonly kind: 'drifted'; readonly running: RunningImage }
  /** Words for a person. */
  | { readonly kind: 'unknown'; readonly message: string }
  /** The manifest of this digest has to be read first. */
  | { readonly kind: 'needs'; readonly digest: string }

const SAME: DigestVerdict = { kind: 'same', isRebuilt: false }
const REBUILT: DigestVerdict = { kind: 'same', isRebuilt: true }

// An index has a dozen platforms at most; a hostile one could have thousands, and each would be a request.
const MOST_IMAGES = 16

/**
 * Whether a container runs what its tag means now. Runtimes report the digest of an index, of one of its images, or of an
 * image's configuration, so that two digests that differ may well name the same image. Ask again with each manifest that
 * it needs, until it needs none: a running digest that the registry still gives costs no request.
 */
export function compareDigests(facts: DigestFacts): DigestVerdict {
  const verdicts = facts.running.map(running => compareOne(running, facts))
  const of = (kind: DigestVerdict['kind']) => verdicts.find(verdict => verdict.kind === kind)
  if (verdicts.length === 0) return { kind: 'unknown', message: 'what runs is not known' }
  return of('drifted') ?? of('needs') ?? of('unknown') ?? (verdicts.includes(REBUILT) ? REBUILT : SAME)
}

function compareOne(running: RunningImage, facts: DigestFacts): DigestVerdict {
  const { digests, imageId } = running
  const { current, manifests, platform } = facts
  if (digests.includes(current)) return SAME
  if (digests.length === 0 && imageId === null) {
    return { kind: 'unknown', message: 'the image was built or loaded where it runs: it comes from no registry' }
  }
  const manifest = manifests.get(current)
  if (manifest === undefined) return { kind: 'needs', digest: current }
  if (!manifest.seen) return { kind: 'unknown', message: manifest.message }
  const images = imagesOf(manifest.value, current)
  if (images.some(({ digest }) => digests.includes(digest))) return SAME

  const ofPlatform = imagesFor(images, platform)
  if (ofPlatform.length === 0) return { kind: 'unknown', message: noImageFor(platform) }
  const byId = imageId === null ? null : compareImageId(imageId, ofPlatform, facts)
  if (byId !== null) return byId
  return compareWithOld(running, ofPlatform, facts)
}

// The ID of an image is the digest of its configuration, which its manifest names.
function compareImageId(
  imageId: string,
  images: readonly IndexedImage[],
  { manifests }: DigestFacts
): DigestVerdict | null {
  for (const { digest } of images) {
    const manifest = manifests.get(digest)
    if (manifest === undefined) return { kind: 'needs', digest }
    if (!manifest.seen) return { kind: 'unknown', message: manifest.message }
    if (manifest.value.kind === 'image' && manifest.value.config === imageId) return SAME
  }
  return null
}

// The index that it was pulled by may still be there, and hold the same image for the platform.
function compareWithOld(running: RunningImage, images: readonly IndexedImage[], facts: DigestFacts): DigestVerdict {
  const now = images.map(({ digest }) => digest)
  for (const digest of running.digests) {
    const old = facts.manifests.get(digest)
    if (old === undefined) return { kind: 'needs', digest }
    if (!old.seen && old.reason === 'not_found') continue
    if (!old.seen) return { kind: 'unknown', message: old.message }
    const then = imagesFor(imagesOf(old.value, digest), facts.platform).map(image => image.digest)
    const kept = then.filter(image => now.includes(image))
    if (kept.length === 0) continue
    if (facts.platform !== null || (kept.length === then.length && kept.length === now.length)) return REBUILT
    return {
      kind: 'unknown',
      message: 'the tag moved for some platforms: the annotation platform says for which to look'
    }
  }
  return { kind: 'drifted', running }
}

function imagesOf(manifest: ImageManifest, digest: string): readonly IndexedImage[] {
  return manifest.kind === 'index' ? manifest.images : [{ digest, platform: null }]
}

function imagesFor(images: readonly IndexedImage[], platform: string | null): readonly IndexedImage[] {
  return images.filter(image => platform === null || isFor(image, platform)).slice(0, MOST_IMAGES)
}

// A variant that one side does not name is any: `linux/arm64` means `linux/arm64/v8`.
function isFor(image: IndexedImage, platform: string): boolean {
  if (image.platform === null) return true
  const [os, architecture, variant] = platform.split('/')
  const [itsOs, itsArchitecture, itsVariant = variant] = image.platform.split('/')
  return os === itsOs && architecture === itsArchitecture && (variant ?? itsVariant) === itsVariant
}

function noImageFor(platform: string | null): string {
  return platform === null ? 'the tag holds no image' : `the tag holds no image for ${shown(platform)}`
}
