import type { HelmStatus } from './helm-release.ts'
import type { RequiredKind } from './required-objects.ts'

/** Whether what runs is what was declared, worst first. */
export const RELEASE_STATUSES = ['DRIFTED', 'UNKNOWN', 'AGREES'] as const

export type ReleaseStatus = (typeof RELEASE_STATUSES)[number]

/** What a finding of the release guard stands on: the service as a whole, or one of its parts. */
export type ReleaseEvidence = DeclarationEvidence | HelmEvidence | ObjectEvidence | MigrationEvidence

/** Of the service as a whole. Strings have been through `shown`; empty: not known. */
export interface DeclarationEvidence {
  readonly kind: 'declaration'
  /** The label's version against the image's tag; `null`: there is no label, or the two cannot be compared. */
  readonly isConsistent: boolean | null
  readonly chart: string
  readonly chartVersion: string
  readonly appVersion: string
  /** Helm's number of the release; `null`: Helm's records are not read. */
  readonly revision: number | null
  readonly declared: readonly Declared[]
}

export interface Declared {
  readonly source: 'label' | 'manifest'
  readonly version: string
  /** Empty: not said. */
  readonly gitSha: string
  /** Whether the image's tag is of this version; `null`: the two cannot be compared. */
  readonly isDeployed: boolean | null
}

/** Of a Helm release: part `release/NAME`. */
export interface HelmEvidence {
  readonly kind: 'helm'
  readonly release: string
  readonly namespace: string
  readonly revision: number
  readonly status: HelmStatus
  /** Failed, or pending for longer than it may be. */
  readonly isStuck: boolean
  /** The revision that `helm rollback` takes; `null`: there is none to go back to. */
  readonly rollbackTo: number | null
}

/** Of a ConfigMap or Secret that has to be there: part `Secret/NAME`. */
export interface ObjectEvidence {
  readonly kind: 'object'
  readonly objectKind: Exclude<RequiredKind, 'Job'>
  readonly name: string
  /** `null`: nobody looked. */
  readonly isPresent: boolean | null
}

/** Of a migration job: part `Job/NAME`. */
export interface MigrationEvidence {
  readonly kind: 'migration'
  readonly job: string
  /** Since the last rollout; `null`: not known. */
  readonly hasSucceeded: boolean | null
}

/** What the release manifest declares, as it was last read completely. */
export interface ReleaseManifest {
  /** The image's tag. */
  readonly tag: string
  /** `null`: the manifest has none, or a word such as `unknown` in its place. */
  readonly gitSha: string | null
  /** When it was released, ms since the epoch; `null`: not said. */
  readonly releasedAt: number | null
  /** Which CI job made it; empty: not said. */
  readonly runner: string
  /** When it was read, ms since the epoch. */
  readonly readAt: number
  /** What is wrong with the current file, so that an older version stays in use; `null`: nothing. */
  readonly refusal: string | null
}

/** `none`: nobody wrote a manifest for this service. */
export type ManifestUnseen = 'none' | 'unreadable'
