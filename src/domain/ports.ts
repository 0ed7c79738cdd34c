import type { Observed } from './observation.ts'
import type { Probe, ProbeReason } from './probe.ts'
import type { Target } from './target.ts'
import type { Workload, WorkloadRef } from './workload.ts'

/** Milliseconds since the epoch. */
export type Clock = () => number

/** Why a workload cannot be shown: looked for and not there, never looked, or there and not understood. */
export type WorkloadUnseen = 'not_found' | 'never_read' | 'unreadable'

/** What a source knows at one moment; immutable. */
export interface WorkloadSnapshot {
  readonly workloads: readonly Workload[]
  /** What could not be read though the rest could, one line each, bounded; empty: everything was read. */
  readonly warnings: readonly string[]
  /** `never_read` carries the cause and the cure, `not_found` where was looked, `unreadable` what was wrong and where. */
  find(ref: WorkloadRef): Observed<Workload, WorkloadUnseen>
}

/** How well a source sees; exported and shown beside what it saw. */
export interface SourceHealth {
  /** False: what `snapshot` gives is old, or incomplete. */
  readonly up: boolean
  /** When everything that is watched was last known to be true, ms since the epoch; `null`: never. */
  readonly lastSyncAt: number | null
  /** One line for each thing that cannot be seen, with its cure; empty when `up`. */
  readonly problems: readonly string[]
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
