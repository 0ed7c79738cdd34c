import type { Diagnosis } from './diagnosis.ts'
import {
  type Finding,
  type FindingBy,
  findingBy,
  oldest,
  type ReleaseFinding,
  SEVERITIES,
  type Severity,
  VERSION_STATUSES
} from './finding.ts'
import type { SourceHealth } from './ports.ts'
import type { FailureReason } from './probe.ts'
import type { HelmEvidence } from './release.ts'
import { type Objectives, type ServiceIdentity, type Target, targetKey } from './target.ts'
import type { ManagedBy, WorkloadKind } from './workload.ts'

/** Everything that is shown, at one moment; exposition turns it into gauges, lines, JSON and the page. Immutable. */
export interface Report {
  /** When it was judged, ms since the epoch. */
  readonly generatedAt: number
  /** By namespace and service. What did not change is the same object as in the previous report. */
  readonly services: readonly ServiceReport[]
  /** Findings that belong to no single service: those of this instance's shard, by namespace and name. */
  readonly fleet: readonly FleetFinding[]
  readonly source: SourceHealth
  /** What people should fix in their configuration: doubly claimed services, annotations that make no sense. */
  readonly warnings: readonly string[]
  /** The services that have something held back. */
  readonly held: readonly ServiceReport[]
  /** Keys of services that are kept out of `/metrics` for now, because their namespace keeps adding new ones. */
  readonly tooNew: ReadonlySet<string>
  /** `null`: `SERIES_LIMIT` has room for everything. */
  readonly leftOut: LeftOut | null
  /** When it may change just because time passes, ms since the epoch; Infinity: only a new fact changes it. */
  readonly validUntil: number
}

/** A finding of a Helm release, and what it concerns: the service of its workload, else the release's own name. */
export interface FleetFinding extends ServiceIdentity {
  readonly finding: ReleaseFinding & { readonly evidence: HelmEvidence }
}

/** What `SERIES_LIMIT` keeps out of `/metrics`. */
export interface LeftOut {
  /** Keys of the services that are left out whole; empty: only the optional gauges are. */
  readonly services: ReadonlySet<string>
  /** All services. */
  readonly of: number
  /** The namespace with the most of them, and how many these are. */
  readonly namespace: string
  readonly inNamespace: number
}

/** How many series a service has in `/metrics`: without the optional gauges, and with them. */
export interface SeriesCount {
  readonly required: number
  readonly all: number
}

/** What is known of one service. Strings from outside have been through `shown`; unknown is `null`. */
export interface ServiceReport extends ServiceIdentity {
  /** Of every guard that judges this service, in the order of the guards. */
  readonly findings: readonly Finding[]
  /** Who is out of step, from the facts and the findings; `null`: no version of the service is judged. */
  readonly diagnosis: Diagnosis | null
  /** `null`: the service has none. */
  readonly endpoint: string | null
  readonly origin: Target['origin']
  readonly workload: {
    readonly kind: WorkloadKind
    readonly name: string
    /** Whose image is compared; `null`: not known. */
    readonly container: string | null
    readonly managedBy: ManagedBy['manager']
  }
  readonly deployed: DeployedReport
  /** Absent: none of its own. */
  readonly objectives?: Objectives
  /** `null`: not asked yet, or there is no endpoint. */
  readonly reported: ReportedReport | null
  /** What would keep creating new series, and so is no label for now. */
  readonly held: { readonly image: boolean; readonly version: boolean }
}

export interface DeployedReport {
  /** `null`: never read, so nobody knows. */
  readonly found: boolean | null
  readonly image: string | null
  readonly imageTag: string | null
  readonly imageDigest: string | null
  /** `null`: not known. */
  readonly rolloutInProgress: boolean | null
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

/** What came before a report. */
export interface ReportChange {
  readonly before: Report | undefined
  /** Keys of the targets whose probe ended since the previous report. */
  readonly checked: ReadonlySet<string>
}

/** Which services are kept out of `/metrics`. */
export type Exposure = Pick<Report, 'leftOut' | 'tooNew'>

/** Whether its gauges are in `/metrics`. */
export function isExposed({ leftOut, tooNew }: Exposure, service: ServiceIdentity): boolean {
  if (leftOut === null && tooNew.size === 0) return true
  const key = targetKey(service)
  return !tooNew.has(key) && leftOut?.services.has(key) !== true
}

/** One line for a person: what is left out, who has the most, and what to do. */
export function describeLeftOut({ services, of, namespace, inNamespace }: LeftOut): string {
  const what =
    services.size === 0
      ? `the optional gauges of all ${of} targets are left out of /metrics`
      : `${services.size} of ${of} targets are left out of /metrics, where no alert can see them`
  return `${what}; namespace ${namespace} has the most targets (${inNamespace}); raise SERIES_LIMIT, or watch less`
}

/** What the version guard found; `null`: the service has no endpoint. */
export function versionOf({ findings }: ServiceReport): FindingBy<'version'> | null {
  return findingBy(findings, 'version')
}

/** When the oldest fact of the diagnosis was last known to be true, ms since the epoch; `null`: none has an age. */
export function diagnosisAsOf({ diagnosis, findings }: ServiceReport): number | null {
  return oldest([findingBy(findings, 'version')?.asOf ?? null, diagnosis?.factsAsOf ?? null])
}

/** For people: the worst finding first, then by the version guard's status; equals keep their order. */
export function worstFirst(services: readonly ServiceReport[]): readonly ServiceReport[] {
  return services
    .map(service => ({ service, rank: rankOf(service) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ service }) => service)
}

/**
 * The findings that say how a service is doing. Where a version is judged, what another guard could not see does not
 * count: a manifest without a status has an unknown rollout, and is no worse for it. Nor does what could not be seen of
 * a part.
 */
export function tellingFindings({ findings }: ServiceReport): readonly Finding[] {
  const isVersionJudged = findingBy(findings, 'version') !== null
  return findings.filter(
    ({ guard, part, severity }) => guard === 'version' || severity !== 'unknown' || (!isVersionJudged && part === '')
  )
}

/**
 * The severities of the findings that say how a service is doing; empty: nobody judges it, such as a container without
 * an endpoint. `unknown` if that container is not seen to run, or if nothing is known of its images. Single pods that
 * are out of step count too.
 */
export function severitiesOf(service: ServiceReport): readonly Severity[] {
  const found = tellingFindings(service).map(({ severity }) => severity)
  if (service.diagnosis?.culprit === 'pods') return [...found, 'warning']
  const isUnknown = service.findings.length > 0 || service.deployed.found !== true
  return found.length === 0 && isUnknown ? ['unknown'] : found
}

/** What the image-update guard found, in the order of the containers; empty: no image of the service is watched. */
export function imageFindings({ findings }: ServiceReport): readonly FindingBy<'image-update'>[] {
  return findings.filter(finding => finding.guard === 'image-update')
}

function rankOf(service: ServiceReport): number {
  const severities = severitiesOf(service).map(severity => SEVERITIES.indexOf(severity))
  const worst = Math.min(SEVERITIES.length, ...severities)
  const version = findingBy(service.findings, 'version')
  return worst * 10 + (version === null ? VERSION_STATUSES.length : VERSION_STATUSES.indexOf(version.status))
}
