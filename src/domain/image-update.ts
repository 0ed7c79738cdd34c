import type { RegistryReason } from './image-registry.ts'

/** Worst first. `DRIFTED`: the tag points to another image now than the one that runs. */
export const IMAGE_UPDATE_STATUSES = ['DRIFTED', 'UPDATE_AVAILABLE', 'UNKNOWN', 'UP_TO_DATE'] as const

export type ImageUpdateStatus = (typeof IMAGE_UPDATE_STATUSES)[number]

/** The part of the version that differs. `other`: dates, times, counters, pre-releases, a fourth number. */
export const UPDATE_PARTS = ['major', 'minor', 'patch', 'other'] as const

export type UpdatePart = (typeof UPDATE_PARTS)[number]

/** The newer tags in a repository, as the registry spells them. */
export interface NewerTags {
  /** False: the running tag has no number to compare, or the pattern does not match it, so nothing is ever newer. */
  readonly isOrdered: boolean
  /** The highest; `null`: nothing is newer. */
  readonly latest: string | null
  /** The first part where `latest` differs from the running tag; `null`: nothing is newer. */
  readonly part: UpdatePart | null
  /** The highest with the same major version, and with the same minor version; `null`: none is newer. */
  readonly sameMajor: string | null
  readonly sameMinor: string | null
  /** Tags that are newer still and were rejected: at most one for each reason, for people to see. */
  readonly passedOver: readonly PassedOver[]
}

export interface PassedOver {
  readonly tag: string
  /** `text`: an update except for its text, or for the count of its numbers. `platform`: no image for where it runs. */
  readonly why: 'text' | 'pre-release' | 'padding' | 'leap' | 'range' | 'platform'
}

/** The facts behind a status. Strings from outside have been through `shown`. */
export interface ImageUpdateEvidence {
  readonly container: string
  /** Registry and repository, without tag and digest. As written if it is not an image reference. */
  readonly image: string
  /** The running tag; empty: none. */
  readonly current: string
  /** `null`: not known. */
  readonly newer: NewerTags | null
  /** Whether a tag is newer; `null`: not known. */
  readonly isUpdateAvailable: boolean | null
  /** Whether the running tag points to another image now; `null`: not known. */
  readonly isDrifted: boolean | null
  /** Why that is not known, or a remark about it; empty: nothing to say. */
  readonly digestMessage: string
  /** The digests that run; empty: not known. */
  readonly running: readonly string[]
  /** The digest that the tag points to; `null`: not known. */
  readonly tagDigest: string | null
  /** The running version by the image's label; empty: no such label. */
  readonly runningVersion: string
  /** A link to the release notes, or the closest thing; empty: none. */
  readonly notes: string
  /** When the last check ended, ms since the epoch; `null`: no check yet. */
  readonly checkedAt: number | null
  /** Why the last check did not read everything; `null`: it did. */
  readonly failure: RegistryReason | null
}
