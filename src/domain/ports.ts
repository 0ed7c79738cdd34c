import type { Observed } from './observation.ts'
import type { Probe, ProbeReason } from './probe.ts'
import type { Target } from './target.ts'
import type { Workload, WorkloadRef } from './workload.ts'

/** Milliseconds since the epoch. */
export type Clock = () => number

/** Why a workload cannot be shown: looked for and not there, or never looked. */
export type WorkloadUnseen = 'not_found' | 'never_read'

/** What a source knows at one moment; immutable. */
export interface WorkloadSnapshot {
  readonly workloads: readonly Workload[]
  /** `never_read` carries the cause and the cure, `not_found` where was looked. */
  find(ref: WorkloadRef): Observed<Workload, WorkloadUnseen>
}

/** The kinds of fact that a source reads; each may be readable or not on its own. */
export type FactKind = 'workloads' | 'pods' | 'revisions' | 'nodes'

export interface SourceProblem {
  /** One line: what cannot be seen, why, and where it is known, the cure. */
  readonly message: string
  readonly withholds: FactKind
}

/** How well a source sees; exported and shown beside what it saw. */
export interface SourceHealth {
  /** False: the workloads that `snapshot` gives are old, or incomplete. */
  readonly up: boolean
  /** When all workloads were last known to be true, ms since the epoch; `null`: never. */
  readonly lastSyncAt: number | null
  /** One for each thing that cannot be seen; those that withhold no workloads may be there while it is up. */
  readonly problems: readonly SourceProblem[]
}

/**
 * Where workloads come from. Reads only. `file` and `kubernetes` keep the same contract and share a test suite.
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
  health(): SourceHealth
  close(): Promise<void>
}

/** One read of a target's debug endpoint; `timeoutMs` from connect to last byte, redirects included. Never rejects. */
export type ProbeEndpoint = (target: Target, timeoutMs: number) => Promise<Probe<ProbeReason>>
