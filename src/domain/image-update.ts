/** The part of the version that differs. `other`: dates, times, counters, pre-releases, a fourth number. */

type UpdatePart = 'major' | 'minor' | 'patch' | 'other'

/** The newer tags in a repository, as the registry spells them. */
export interface NewerTags {
  /** False: the running tag has no number to compare, so nothing is ever newer. */
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

interface PassedOver {
  readonly tag: string
  /** `text`: an update except for its text, or for the count of its numbers. */
  readonly why: 'text' | 'pre-release' | 'padding' | 'leap' | 'range'
}
