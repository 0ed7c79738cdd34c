import type { Observed } from './observation.ts'
import type { Probe, ProbeReason } from './probe.ts'
import type { ProbedTarget } from './target.ts'
import type { Pod, Revision, Workload, WorkloadRef } from './workload.ts'

/** Milliseconds since the epoch. */
export type Clock = () => number

/** Kinds of facts that a source may have to do without; only the first is needed. */
export type FactKind = 'workloads' | 'pods' | 'revisions' | 'nodes'

/** Why a workload cannot be shown: looked for and not there, there but unreadable, or never looked. */
export type WorkloadUnseen = 'not_found' | 'unreadable' | 'never_read'

/** Why pods or revisions cannot be shown: nobody asked for them, or they could not be read. */
export type PodsUnseen = 'not_watched' | 'never_read'

/** What a source knows at one moment; immutable. */
export interface WorkloadSnapshot {
  /** What did not change is the same object as in the snapshot before, and in the same place as long as none comes or goes. */
  readonly known: readonly KnownWorkload[]
  /** What could not be read though the rest could, one line each, bounded; empty: everything was read. */
  readonly warnings: readonly string[]
  /** `never_read` carries the cause and the cure, `not_found` where it looked, `unreadable` what was wrong and where. */
  find(ref: WorkloadRef): Observed<KnownWorkload, WorkloadUnseen>
}

/** A workload with what belongs to it. */
export interface KnownWorkload {
  readonly workload: Workload
  readonly pods: Observed<readonly Pod[], PodsUnseen>
  readonly revisions: Observed<readonly Revision[], PodsUnseen>
}

/** One thing that cannot be seen. */
export interface SourceProblem {
  /** What, why, and its cure. */
  readonly message: string
  readonly withholds: FactKind
}

/** How well a source sees; exported and shown beside what it saw. */
export interface SourceHealth {
  /** False: the workloads that `snapshot` gives are old, or incomplete. An optional right that is missing changes nothing here. */
  readonly up: boolean
  /** When all workloads that are watched were last known to be true, ms since the epoch; `null`: never. */
  readonly lastSyncAt: number | null
  readonly problems: readonly SourceProblem[]
}

/**
 * Where workloads come from. Reads only. `file`, `kubernetes` and `docker` keep the same contract and share a test suite.
 *
 * What was once read stays until it is known to be gone: an outage never empties a snapshot.
 */
export interface WorkloadSource {
  /** Reads everything once, without watching. Never rejects: what could not be read shows in `health`. */
  read(signal: AbortSignal): Promise<void>
  /**
   * Reads, then follows until `close`; `onChange` is called after each change of `snapshot` or `health`.
   * Resolves when the first read has ended, well or not.
   */
  follow(onChange: () => void): Promise<void>
  snapshot(): WorkloadSnapshot
  /**
   * Reads the templates of these revisions of a workload, as far as they are not known yet; `revisionsOf` then has them.
   * Never rejects: what could not be read shows in `health`.
   */
  readTemplates(ref: WorkloadRef, names: readonly string[]): Promise<void>
  health(): SourceHealth
  close(): Promise<void>
}

/** One read of a target's debug endpoint; `timeoutMs` from connect to last byte, redirects included. Never rejects. */
export type ProbeEndpoint = (target: ProbedTarget, timeoutMs: number) => Promise<Probe<ProbeReason>>
