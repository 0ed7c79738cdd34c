import type { Stage } from '../../test/support/stage.ts'
import { type Spread, spreadOf } from './statistics.ts'

export type Unit = 'ms' | 'µs' | '/s' | 'MB'

/** One figure, ours and the peer's, of the same run. */
export interface Row {
  readonly what: string
  readonly unit: Unit
  readonly better: 'less' | 'more'
  readonly ours: readonly number[]
  /** Empty: nobody to compare with. */
  readonly peer: readonly number[]
  /** The best that any program could do, in words; empty: not known. */
  readonly limit: string
}

/** One figure as it is kept, with a summary of its samples. */
export interface KeptRow extends Omit<Row, 'ours' | 'peer'> {
  readonly ours: Spread
  /** `null`: nobody to compare with. */
  readonly peer: Spread | null
}

/** Something that is measured, and what it is compared with. */
export interface Subject {
  readonly name: string
  readonly title: string
  /** Empty: nobody. */
  readonly peer: string
  /** The peer's name and version, for those who read the table later; empty: no peer. */
  peerVersion(): string
  /** What a reader has to know to understand the figures. */
  readonly notes: string
  /** What it needs on the machine and does not find, one line each. */
  missing(): readonly string[]
  /** `tell` says what is being done, for the person who waits. */
  measure(stage: Stage, tell: (line: string) => void): Promise<readonly Row[]>
}

interface Run {
  /** The subject's name. */
  readonly subject: string
  /** `2026-11-21` */
  readonly date: string
  readonly machine: string
  readonly versions: string
}

/** The figures of a run of a subject, and where it ran. */
export interface Result extends Run {
  readonly rows: readonly Row[]
}

/** The same with summaries in place of samples: what tables are made of. */
export interface KeptResult extends Run {
  readonly rows: readonly KeptRow[]
}

export function withoutSamples({ rows, ...run }: Result): KeptResult {
  const kept = rows.map(({ ours, peer, ...row }) => ({
    ...row,
    ours: spreadOf(ours),
    peer: peer.length === 0 ? null : spreadOf(peer)
  }))
  return { ...run, rows: kept }
}
