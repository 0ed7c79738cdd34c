import type { Observed } from './observation.ts'
import type { PodsUnseen } from './ports.ts'
import type { ManagedBy } from './workload.ts'

/** What a workload's pods are doing, worst first. `MIXED`: no rollout is under way, but the pods run different images. */
export const ROLLOUT_STATES = ['STUCK', 'MIXED', 'UNKNOWN', 'ROLLING', 'STABLE'] as const

export type RolloutState = (typeof ROLLOUT_STATES)[number]

/** What keeps old pods on purpose. */
export type HeldReason = 'paused' | 'partition' | 'on_delete'

/** What a rollout's state rests on. Strings from outside have been through `shown`. */
export interface RolloutEvidence {
  /** Which pod template this is about; empty: the workload was never seen. */
  readonly templateId: string
  /** Of the workload; empty: it has none. */
  readonly uid: string
  /** What is still awaited, such as `1 of 3 pods updated`; empty: nothing. */
  readonly awaited: string
  /** When it becomes STUCK just because time passes, ms since the epoch; `null`: it does not, or it already is. */
  readonly stuckAt: number | null
  readonly held: HeldReason | null
  /**
   * When this template's first pod was created, or when the template was first seen without pods; ms since the epoch;
   * `null`: not known.
   */
  readonly startedAt: number | null
  /** When this template's rollout ended, ms since the epoch; `null`: it has not, or nobody knows. */
  readonly completedAt: number | null
  /** The pods that are awaited, at most five. */
  readonly awaitedPods: readonly AwaitedPod[]
  readonly running: Observed<RunningImages, PodsUnseen>
  readonly wayBack: WayBack
  /** Names of revisions whose templates are needed but were not read. */
  readonly unreadRevisions: readonly string[]
  readonly memory: RolloutMemory
}

export interface AwaitedPod {
  readonly name: string
  readonly node: string
  /** Of the service's container. */
  readonly imageTag: string
  /** Such as `CrashLoopBackOff`; empty: not said. */
  readonly reason: string
}

/** What the pods that count run. */
export interface RunningImages {
  /** Different image references or comparable digests, of the container that has the most; 0: no pods. */
  readonly count: number
  /** Of the service's container, the most frequent first: at most five tags, then `(other)`. */
  readonly byTag: readonly { readonly imageTag: string; readonly pods: number }[]
  /** `null`: every container runs one image. */
  readonly mixture: Mixture | null
}

/** One container that runs more than one image. */
export interface Mixture {
  readonly container: string
  readonly references: number
  readonly digests: number
  /** The most frequent first, at most five. */
  readonly variants: readonly ImageVariant[]
}

export interface ImageVariant {
  readonly image: string
  /** Empty: not known, or not comparable. */
  readonly digest: string
  readonly pods: number
  /** At most three. */
  readonly podNames: readonly string[]
}

/** Why a revision is offered to go back to, or why none is. */
export type WayBackProof =
  | 'serves'
  | 'history'
  | 'first_revision'
  | 'no_history_kept'
  | 'left_by_going_back'
  | 'same_image'
  | 'not_read'
  | PodsUnseen

/** How a person goes back to what ran before. */
export interface WayBack {
  /**
   * Helm's own where its records are read. `null`: there is nothing to go back to, for the reason `proof`, or none of
   * Helm's numbers is known to be that of the image.
   */
  readonly revision: number | null
  /** Of the service's container in that revision; empty: none, or the one that is deployed. */
  readonly imageTag: string
  readonly proof: WayBackProof
  /** It decides which command is right. */
  readonly managedBy: ManagedBy
  /** Pods that have to be deleted, for their controller never replaces them. */
  readonly pods: readonly string[]
  /** For a shell, as a person may run it; empty: there is none. */
  readonly command: string
  /** What the command does and does not, in words. */
  readonly note: string
}

/** What the guard has seen of the present template so far; it remembers nothing else. */
export interface RolloutMemory {
  /** Whether another template was seen before it. */
  readonly isNew: boolean
  readonly firstSeenAt: number
  /** When it was first seen, or when its counters last rose above all earlier ones. */
  readonly movedAt: number
  /** The highest counters seen since the workload has wanted as many pods as now. */
  readonly best: { readonly desired: number; readonly updated: number; readonly ready: number }
  /** Of its StatefulSet when it was last judged; 0: none. */
  readonly partition: number
  /**
   * When it was seen to resume after it had ended or been held, as by a pause, or to come at zero replicas; `null`:
   * never.
   */
  readonly resumedAt: number | null
  /** Whether the controller was seen to have read this template. */
  readonly isObserved: boolean
  readonly phase: 'unknown' | 'rolling' | 'ended'
  /**
   * The last end that a Deployment's controller reported, of this template or an earlier one; `null`: none was seen.
   */
  readonly toldEndAt: number | null
  /**
   * A reported end that is not this template's own: one reported when the template came, at zero replicas, or after a
   * pause. `null`: none was seen.
   */
  readonly endBeforeAt: number | null
  /** Templates that were seen to have ended with a ready pod, the newest first, at most ten. */
  readonly goodTemplates: readonly string[]
}
