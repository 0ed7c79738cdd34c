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
