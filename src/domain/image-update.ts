import type { RegistryReason } from './image-registry.ts'

/** What a registry has for an image that runs, worst first. `DRIFTED`: its tag means another image now. */
export const IMAGE_UPDATE_STATUSES = ['DRIFTED', 'UPDATE_AVAILABLE', 'UNKNOWN', 'UP_TO_DATE'] as const

export type ImageUpdateStatus = (typeof IMAGE_UPDATE_STATUSES)[number]

/** Which part of the version differs; `other`: dates, times, counters, pre-releases and a fourth number. */
export const UPDATE_PARTS = ['major', 'minor', 'patch', 'other'] as const

export type UpdatePart = (typeof UPDATE_PARTS)[number]

/** What a repository has that is newer than the tag that runs. Tags as the registry has them. */
export interface NewerTags {
  /** False: the running tag has no number to compare, so that nothing is ever newer. */
  readonly isOrdered: boolean
  /** The highest; `null`: nothing is newer. */
  readonly latest: string | null
  /** Where `latest` first differs from what runs; `null` where there is none. */
  readonly part: UpdatePart | null
  /** The highest with the running major version, and with its minor version too; `null`: nothing newer has them. */
  readonly sameMajor: string | null
  readonly sameMinor: string | null
  /** What is newer than all of these and was not taken: at most one tag for each reason, for people to see. */
  readonly passedOver: readonly PassedOver[]
}

export interface PassedOver {
  readonly tag: string
  /** `text`: it would be an update but for its text, or the count of its numbers. */
  readonly why: 'text' | 'pre-release' | 'padding' | 'leap' | 'range'
}

/** What an image's status rests on. Strings from outside have been through `shown`. */
export interface ImageUpdateEvidence {
  readonly container: string
  /** Registry and repository, without tag and digest; as written where it is no reference. */
  readonly image: string
  /** The tag that runs; empty: there is none. */
  readonly current: string
  /** `null`: not known. Of what is known, tags with their text cut. */
  readonly newer: NewerTags | null
  /** Whether a newer tag is there; `null`: nobody knows. */
  readonly isUpdateAvailable: boolean | null
  /** Whether the running tag means another image now; `null`: nobody knows. */
  readonly isDrifted: boolean | null
  /** Why that is not known, or what else there is to say of it; empty: nothing. */
  readonly digestMessage: string
  /** Digests that run; empty: not known. */
  readonly running: readonly string[]
  /** What the tag means in the registry; `null`: not known. */
  readonly tagDigest: string | null
  /** What the publisher calls the version that runs, by a label of the image; empty: not told. */
  readonly runningVersion: string
  /** A link to the release notes, or to what comes nearest; empty: none is known. */
  readonly notes: string
  /** When the last check ended, ms since the epoch; `null`: none has. */
  readonly checkedAt: number | null
  /** Why the last check did not see all; `null`: it did. */
  readonly failure: RegistryReason | null
}
