import type { Finding, GuardName, Judgement } from './finding.ts'
import type { HelmRelease, HelmUnseen } from './helm-release.ts'
import type { WatchedImage } from './image-check.ts'
import type { Observed } from './observation.ts'
import type { PodReport } from './pod-reports.ts'
import type { FactSource, WorkloadFacts } from './ports.ts'
import type { Observation } from './probe.ts'
import type { ManifestUnseen, ReleaseManifest } from './release.ts'
import type { RequiredObject } from './required-objects.ts'
import type { Target } from './target.ts'

/** All that is known of one service at one moment. Facts that did not change are the same objects as before. */
export interface Facts extends WorkloadFacts, SlowFacts {
  /** The last probe of its endpoint; `null`: none has ended, or the service has no endpoint. */
  readonly observation: Observation | null
  /** The pods that are asked one by one; empty: none are. */
  readonly podReports: readonly PodReport[]
}

/**
 * The facts as they are judged. Of an answer, only what it says and when it came is kept: when the next one says the
 * same, only its time is new.
 */
export type JudgedFacts = Omit<Facts, 'observation'> & {
  readonly observation: Pick<Observation, 'report' | 'checkedAt'> | null
}

/** The facts that have a clock of their own, by kind. `null`: nobody asked for this kind. */
export interface SlowFacts {
  /** In the order of the pod template; empty: no image of this service is watched. */
  readonly images: readonly WatchedImage[] | null
  /** What was declared for this service by a release manifest. */
  readonly manifest: Observed<ReleaseManifest, ManifestUnseen> | null
  /** The Helm release that its workload belongs to, by Helm's own records. */
  readonly helm: Observed<HelmRelease, HelmUnseen> | null
  /** Those that its annotations name, in their order; empty: none. */
  readonly objects: readonly RequiredObject[] | null
}

/** Where they come from; `null`: nobody asked for this kind. */
export type FactSources = {
  readonly [Kind in keyof SlowFacts]: FactSource<NonNullable<SlowFacts[Kind]>> | null
}

/**
 * What a guard judges with besides the facts: the moment, and its own earlier findings, which are all that it
 * remembers.
 */
export interface Circumstances<Of extends Finding = Finding> {
  readonly now: number
  readonly earlier: readonly Of[]
}

/** Judges services from facts. Pure: no clock, no I/O, no state. */
export interface Guard<Of extends Finding, Kind extends keyof Facts> {
  readonly name: GuardName
  /** Worst first. */
  readonly statuses: readonly Of['status'][]
  /**
   * The facts that it is given. A judgement holds until its `validUntil`, as long as these facts are the same objects.
   */
  readonly reads: readonly Kind[]
  /** Empty: it has nothing to say of this service. */
  judge(
    target: Target,
    facts: Pick<JudgedFacts, Kind>,
    circumstances: Circumstances<Of>
  ): readonly Judgement<Of['status'], Of['evidence']>[]
}

/** Any of them, as the checker has them. */
export type AnyGuard = Guard<Finding, keyof Facts>
