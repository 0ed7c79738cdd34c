/** What became of an item, worst first. SKIP: it could not be looked at, and never counts as PASS. */
export const GATE_STATUSES = ['FAIL', 'SKIP', 'PASS'] as const

export type GateStatus = (typeof GATE_STATUSES)[number]

/** In the order of the report. */
export const GATE_SECTIONS = [
  'Prometheus scrape',
  'Alert rules',
  'Alert and runbook',
  'Key metrics',
  'Health endpoints',
  'Drills',
  'Documentation'
] as const

export type GateSectionName = (typeof GATE_SECTIONS)[number]

/**
 * What one run of the gate saw, and its verdict. This is also its JSON, key for key. Strings from outside have been
 * through `shown`.
 */
export interface GateReport {
  readonly verdict: 'GO' | 'NO-GO'
  /** Each in a sentence; GO with at least one is "GO with reservations". */
  readonly reservations: readonly string[]
  /** When it was judged, ISO 8601 in UTC. */
  readonly date: string
  /** `null`: nobody said. */
  readonly commit: string | null
  readonly environment: string | null
  readonly validator: string | null
  /** All seven, including those without items. */
  readonly sections: readonly GateSection[]
  readonly items: readonly GateItem[]
  /** One for each cause, blocking ones first. Empty: nothing is left to do. */
  readonly actions: readonly GateAction[]
}

export interface GateSection {
  readonly section: GateSectionName
  readonly total: number
  readonly pass: number
  readonly fail: number
  readonly skip: number
  /** Of all items, SKIP included, from 0 to 1; `null`: it has no items. */
  readonly rate: number | null
}

export interface GateItem {
  /** Stable: waivers, gauges and comparisons of two reports depend on it. */
  readonly id: string
  readonly section: GateSectionName
  /** What is asked, for a person. */
  readonly item: string
  readonly status: GateStatus
  /** Whether anything but PASS means NO-GO. */
  readonly required: boolean
  /** What was asked, what came, how long it took; for a SKIP, what it takes to look at it. */
  readonly evidence: string
  /** `null`: none is written for it. */
  readonly waiver: GateWaiver | null
}

/** Whether an item stands in the way of GO. */
export function isBlocking({ status, required, waiver }: GateItem): boolean {
  return required && status !== 'PASS' && (waiver === null || waiver.expired)
}

export interface GateWaiver {
  readonly reason: string
  /** `null`: nobody is named. */
  readonly by: string | null
  /** The last day on which it holds, as YYYY-MM-DD in UTC. */
  readonly until: string
  /** Whether that day is over, so that the item counts again. */
  readonly expired: boolean
}

export interface GateAction {
  readonly action: string
  /** Whether a required item waits for it. */
  readonly blocking: boolean
  /** Ids of the items that wait for it. */
  readonly items: readonly string[]
}

/** The gate as the guard runs it again and again. */
export interface GateStanding {
  /** Whose gate it is. */
  readonly service: string
  /** `null`: its file names none. */
  readonly namespace: string | null
  /** Of the last run that ended; `null`: none has. */
  readonly report: GateReport | null
  /** What is wrong with the current version of its file, a line each; the last good one is then in use. Empty: nothing. */
  readonly refusals: readonly string[]
  /** From one run to the next. */
  readonly intervalMs: number
}

const OLD_AFTER_INTERVALS = 3

/** Whether the last run is so old, or lies so far in the future, that it is out of date. The alert has the same rule. */
export function isTooOld({ report, intervalMs }: Pick<GateStanding, 'report' | 'intervalMs'>, now: number): boolean {
  return report !== null && Math.abs(now - Date.parse(report.date)) > OLD_AFTER_INTERVALS * intervalMs
}
