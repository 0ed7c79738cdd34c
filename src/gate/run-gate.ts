import type { GateReport } from '../domain/gate.ts'
import type { ProxyRules } from '../proxy-environment.ts'
import type { DrillFacts } from './drill/drill-facts.ts'
import { lookAtFiles } from './files/look-at-files.ts'
import type { GateConfig } from './gate-config.ts'
import { drillItems } from './items/drills.ts'
import { type GateHeader, judgeItems } from './judge-items.ts'

export interface GateRun {
  /** Of this program, for the User-Agent. */
  readonly version: string
  readonly proxies: ProxyRules
  /** Ends every request. */
  readonly signal: AbortSignal
  /** Those that were run, by name. */
  readonly drills: ReadonlyMap<string, DrillFacts>
  /** Absent: nobody says. */
  readonly header?: GateHeader
}

const NOBODY: GateHeader = { commit: null, environment: null, validator: null }

/** Looks at everything once, and judges it. */
export async function runGate(config: GateConfig, { drills, header = NOBODY }: GateRun): Promise<GateReport> {
  const now = Date.now()
  const files = await lookAtFiles(config, { lookUp: async () => null })
  const facts = { now, files, live: {}, drills }
  return judgeItems({ specs: drillItems(config), sources: [], facts, config, header })
}
