import type { Unseen } from './observation.ts'

/** Why a registry gave no answer: the closed list of `keybuzz_image_check_failure{reason}`. */
export type RegistryReason = 'not_found' | 'unauthorized' | 'forbidden' | 'rate_limited' | 'unreachable' | 'invalid'

export interface TagList {
  /** In no order, without repeats; empty: the repository has none. */
  readonly tags: readonly string[]
  /** Why some may be missing; `null`: the list is complete. A list with a gap proves a newer tag, and never that none is. */
  readonly gap: Unseen<RegistryReason> | null
}

/** What a digest names in a registry. Never changes, since the digest is its hash. */
export type ImageManifest = ImageIndex | PlatformImage

/** One tag for several platforms. */
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

/** An image that runs. */
export interface PlatformImage {
  readonly kind: 'image'
  /** The digest of its configuration: what container runtimes call the image's ID. */
  readonly config: string
}

/** The labels `org.opencontainers.image.*`: a publisher's words about an image; `null`: it has no such label. */
export interface ImageLabels {
  readonly source: string | null
  readonly revision: string | null
  readonly version: string | null
  readonly url: string | null
}
