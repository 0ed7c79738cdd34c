import type { ImageLabels, RegistryReason } from './image-registry.ts'
import type { NewerTags } from './image-update.ts'
import type { Observed, Unseen } from './observation.ts'

/** One container of a service whose image is watched, and the last check of that image. */
export interface WatchedImage {
  readonly container: string
  /** As written in the pod template. */
  readonly image: string
  /** `null`: no check has ended yet. */
  readonly check: ImageCheck | null
}

/** One check of an image in its registry, reduced to what is judged. */
export interface ImageCheck {
  /** When it ended, ms since the epoch. */
  readonly checkedAt: number
  /** When a check last read everything, ms since the epoch; `null`: never. */
  readonly seenAt: number | null
  /** Unseen as `invalid` when an annotation is invalid. */
  readonly newer: Observed<FoundTags, RegistryReason>
  readonly digest: Observed<FoundDigest, RegistryReason>
  /** Labels of the image that runs. */
  readonly runningLabels: Observed<ImageLabels, RegistryReason | 'not_known'>
  /** Labels of the latest tag's image; `null`: no tag is newer, or not known. */
  readonly latestLabels: ImageLabels | null
}

export interface FoundTags {
  readonly tags: NewerTags
  /** Why tags may be missing from the list; `null`: it was complete. */
  readonly gap: Unseen<RegistryReason> | null
}

export interface FoundDigest {
  /** The digest that the tag points to. */
  readonly current: string
  /** The digests that run; empty: not known. */
  readonly running: readonly string[]
  readonly verdict: DigestVerdict
}

/** What one instance of a container runs, as its runtime reports it. */
export interface RunningImage {
  /** Manifest digests, of an index or of an image in it. Empty: the image was not pulled from a registry. */
  readonly digests: readonly string[]
  /** The digest of the image's configuration, if the runtime reports it; else `null`. */
  readonly imageId: string | null
  /** The runtime did not say what runs. Then the other two are empty. Absent: it did. */
  readonly isUnread?: true
}

/** Whether a container runs the image that its tag points to. */
export type DigestVerdict =
  /** Every instance does. `isRebuilt`: only the index around it changed. */
  | { readonly kind: 'same'; readonly isRebuilt: boolean }
  | { readonly kind: 'drifted'; readonly running: RunningImage }
  /** `message` is for a person. `reason` says why a manifest was not read; `null`: what was read does not tell. */
  | { readonly kind: 'unknown'; readonly reason: RegistryReason | null; readonly message: string }

/** Why a digest or a manifest was not read, so that nothing can be said of the image that runs; `null`: all was read. */
export function digestFailure(digest: ImageCheck['digest']): RegistryReason | null {
  if (!digest.seen) return digest.reason
  const { verdict } = digest.value
  return verdict.kind === 'unknown' ? verdict.reason : null
}
