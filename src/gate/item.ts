import type { GateSectionName, GateStatus } from '../domain/gate.ts'
import type { DrillFacts } from './drill/drill-facts.ts'
import type { FileFacts } from './files/file-facts.ts'
import type { LiveFacts } from './live/live-facts.ts'

/** All that one run of the gate saw; plain data, from which every item is judged. */
export interface GateFacts {
  /** When the gate looked, ms since the epoch. */
  readonly now: number
  readonly files: FileFacts
  readonly live: LiveFacts
  /** By name; absent: that drill was not run. */
  readonly drills: ReadonlyMap<string, DrillFacts>
}

/** What was found about one item. */
export interface ItemResult {
  readonly status: GateStatus
  readonly evidence: string
  /** What a person should do; the same cause has the same text, which is asked for once. `null`: nothing. */
  readonly action: string | null
  /** A reservation that goes with a PASS, such as Prometheus' warning of a partial answer; absent: none. */
  readonly warning?: string
}

/** One row of the gate, made from the configuration; pure. */
export interface ItemSpec {
  readonly id: string
  readonly section: GateSectionName
  /** What is asked, for a person. */
  readonly item: string
  /** Ids of items, and of sources, that must have passed; else it is SKIP, and says which did not. */
  readonly needs: readonly string[]
  /** By default. */
  readonly required: boolean
  /**
   * What else to do when a need keeps it from being looked at, such as to run a drill; absent: the need's action alone.
   */
  readonly alsoDo?: string
  /** Whether its PASS shows that the service runs: without one of these there is no GO. Absent: it does not. */
  readonly showsLife?: boolean
  /** Only called when all that it needs has passed. */
  judge(facts: GateFacts): ItemResult
}

/** Judged like an item, but not a row of the report: `service`, `prometheus`, `identity`, `alertmanager`. */
export type SourceSpec = Pick<ItemSpec, 'id' | 'needs' | 'judge'>
