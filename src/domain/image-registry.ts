import type { Unseen } from './observation.ts'

/** Why a registry gave no answer: the closed list of `keybuzz_image_check_failure{reason}`. */
export type RegistryReason = 'not_found' | 'unauthorized' | 'forbidden' | 'rate_limited' | 'unreachable' | 'invalid'

export interface TagList {
  /** In no order, without repeats; empty: the repository has none. */
  readonly tags: readonly string[]
  /** Why tags may be missing; `null`: the list is complete. A list with a gap can prove an update, but not that there is none. */
  readonly gap: Unseen<RegistryReason> | null
}

/** The content behind a digest. Never changes, since the digest is its hash. */
export type ImageManifest = ImageIndex | PlatformImage

/** Images for several platforms under one tag. */
interface ImageIndex {
  readonly kind: 'index'
  /** Without the attestations that BuildKit puts among them. */
  readonly images: readonly IndexedImage[]
}

export interface IndexedImage {
  readonly digest: string
  /** `os/architecture[/variant]`; `null`: the index does not say. */
  readonly platform: string | null
}

/** An image for one platform. */
export interface PlatformImage {
  readonly kind: 'image'
  /** The digest of its configuration, which container runtimes call the image ID. */
  readonly config: string
}

/** The labels `org.opencontainers.image.*`, the publisher's words about an image. `null`: no such label. */
export interface ImageLabels {
  readonly source: string | null
  readonly revision: string | null
  readonly version: string | null
  readonly url: string | null
}

const LONGEST_LABEL = 1024

/** Reads them by their full names; `labelAt` gives an empty text for what is not there. One that is too long is not read. */
export function readImageLabels(labelAt: (name: string) => string): ImageLabels {
  const read = (name: keyof ImageLabels): string | null => {
    const value = labelAt(`org.opencontainers.image.${name}`)
    return value === '' || value.length > LONGEST_LABEL ? null : value
  }
  return { source: read('source'), revision: read('revision'), version: read('version'), url: read('url') }
}
