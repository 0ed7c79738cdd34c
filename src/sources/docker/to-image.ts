import { parseImageReference } from '../../domain/image-reference.ts'
import { type ImageLabels, readImageLabels } from '../../domain/image-registry.ts'
import { KEPT_LENGTH } from '../../domain/workload.ts'
import { copyOf } from '../../text/copy-of.ts'
import { listAt, textAt } from '../../text/json.ts'
import type { EngineContainer } from './to-container.ts'

/** An image as `GET /images/ID/json` shows it, reduced to what names its content. */
export interface EngineImage {
  /** The digest of its configuration; with containerd's image store, of its index or manifest. */
  readonly id: string
  /** `repository@digest`, as the engine has them. */
  readonly repoDigests: readonly string[]
  /** The digest of what was pulled, as newer engines with containerd's image store report it; empty: not reported. */
  readonly descriptor: string
  readonly architecture: string
  /** `os/architecture[/variant]`; empty: not reported. */
  readonly platform: string
  readonly labels: ImageLabels
}

/** What the runtime reports about the image that a container runs. */
export interface RunningDigests {
  /** In every form that a registry may know; empty: the image was built or loaded here, or has no name. */
  readonly digests: readonly string[]
  /** The digest of its configuration; empty: unknown or useless. */
  readonly imageId: string
}

const DIGEST = /^sha256:[0-9a-f]{64}$/
// One for each repository and each index that the same image came from.
const MOST_DIGESTS = 64

/** Reduces an inspection of an image; environment, commands and most labels are dropped. */
export function toImage(inspection: unknown): EngineImage {
  const descriptor = textAt(inspection, 'Descriptor', 'digest')
  const [os, architecture, variant] = ['Os', 'Architecture', 'Variant'].map(key => {
    const text = textAt(inspection, key)
    return /^[a-z0-9_]{1,32}$/.test(text) ? text : ''
  })
  return copyOf({
    id: textAt(inspection, 'Id').slice(0, KEPT_LENGTH),
    repoDigests: listAt(inspection, 'RepoDigests')
      .filter(text => typeof text === 'string' && text.length < KEPT_LENGTH)
      .slice(0, MOST_DIGESTS) as readonly string[],
    descriptor: DIGEST.test(descriptor) ? descriptor : '',
    architecture: architecture ?? '',
    platform: os && architecture ? [os, architecture, variant].filter(part => part).join('/') : '',
    labels: readImageLabels(name => textAt(inspection, 'Config', 'Labels', name))
  })
}

/**
 * An id names its content, so the digests that an image was once known by stay true. Podman forgets them as soon as the
 * tag moves on to another image.
 */
export function withEarlierDigests(image: EngineImage, earlier: EngineImage | undefined): EngineImage {
  if (earlier === undefined) return image
  return {
    ...image,
    repoDigests: [...new Set([...image.repoDigests, ...earlier.repoDigests])].slice(0, MOST_DIGESTS),
    descriptor: image.descriptor || earlier.descriptor
  }
}

/**
 * The digests by which a registry may know what a container runs. Only those of the container's own repository count:
 * an image that was built here borrows the digests of an equal one that was pulled from elsewhere. The image's id alone
 * proves nothing: without such a digest, it is not compared.
 */
export function runningDigests(
  name: string,
  { manifestDigest }: Pick<EngineContainer, 'manifestDigest'>,
  image: EngineImage
): RunningDigests {
  const own = repositoryOf(name)
  if (own === null) return { digests: [], imageId: '' }
  const named = image.repoDigests
    .filter(text => repositoryOf(text) === own)
    .flatMap(text => parseImageReference(text)?.digest ?? [])
  const digests = [...new Set([...named, image.descriptor, manifestDigest])].filter(digest => digest !== '')
  const isConfig = digests.length > 0 && image.descriptor === '' && DIGEST.test(image.id) && !digests.includes(image.id)
  return { digests, imageId: isConfig ? image.id : '' }
}

function repositoryOf(text: string): string | null {
  const reference = parseImageReference(text)
  return reference && `${reference.registry}/${reference.repository}`
}
