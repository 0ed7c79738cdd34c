import type { Finding, Level } from './finding.ts'
import type { LabelHistory } from './label-history.ts'
import type { SourceHealth } from './ports.ts'
import type { FailureReason } from './probe.ts'
import type { Target } from './target.ts'

/** Everything that is shown, at one moment; exposition turns it into gauges, lines, JSON and the page. Immutable. */
export interface Report {
  /** When it was judged, ms since the epoch. */
  readonly generatedAt: number
  /** Worst first, then by namespace and service. */
  readonly services: readonly ServiceReport[]
  readonly source: SourceHealth
  /** What is configured in a way that people should mend: doubly claimed services, annotations that make no sense. */
  readonly warnings: readonly string[]
  /** `null`: every target is in `/metrics`. */
  readonly leftOut: LeftOut | null
}

/** What `SERIES_LIMIT` keeps out of `/metrics`. */
export interface LeftOut {
  readonly targets: number
  /** All targets. */
  readonly of: number
  /** The one with the most targets. */
  readonly namespace: string
  /** How many these are. */
  readonly inNamespace: number
}

/** One line for a person: what is left out, who has the most, and what mends it. */
export function describeLeftOut({ targets, of, namespace, inNamespace }: LeftOut): string {
  const most = `the most, ${inNamespace}, are in namespace ${namespace}`
  return `${targets} of ${of} targets are left out of /metrics, where no alert can see them; ${most}; raise SERIES_LIMIT, or watch less`
}

/** What is known of one target. Strings from outside have been through `shown`; unknown is `null`. */
export interface ServiceReport {
  readonly service: string
  readonly namespace: string
  /** The version guard's. */
  readonly finding: Finding
  readonly level: Level
  /** Since when the status is as it is, ms since the epoch. */
  readonly since: number
  /** Whether it may have been so before: the guard has seen nothing else of this target since it started. */
  readonly isSinceStart: boolean
  readonly endpoint: string
  readonly origin: Target['origin']
  readonly workload: { readonly kind: string; readonly name: string }
  readonly deployed: DeployedReport
  /** `null`: not asked yet. */
  readonly reported: ReportedReport | null
  /** What was reported lately, as far as it became labels: those that change too often are held back. */
  readonly labels: LabelHistory
  /** False: left out of `/metrics`, where `SERIES_LIMIT` has no room for it. */
  readonly isExposed: boolean
}

export interface DeployedReport {
  /** `null`: never read, so nobody knows. */
  readonly found: boolean | null
  readonly image: string | null
  readonly imageTag: string | null
  readonly imageDigest: string | null
  readonly rolloutInProgress: boolean | null
  readonly rolloutMessage: string | null
}

export interface ReportedReport {
  /** `null`: the endpoint gave a usable report. */
  readonly failure: FailureReason | null
  readonly version: string | null
  readonly gitSha: string | null
  readonly httpStatus: number | null
  readonly durationMs: number
  /** When the last check ended, ms since the epoch. */
  readonly checkedAt: number
}

/** What a report follows. */
export interface ReportChange {
  readonly before: Report | undefined
  /** Keys of the targets whose probe ended since the report before. */
  readonly checked: ReadonlySet<string>
}
