import { levelOf, STATUSES } from '../domain/finding.ts'
import { CALM_RULE, followLabels, NO_LABELS } from '../domain/label-history.ts'
import type { SourceHealth, WorkloadSnapshot } from '../domain/ports.ts'
import type { Observation } from '../domain/probe.ts'
import type { DeployedReport, Report, ReportedReport, ServiceReport } from '../domain/report.ts'
import { type Target, targetKey } from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import { deployedImage } from '../guards/deployed-image.ts'
import { judgeVersion, NOT_CHECKED_YET } from '../guards/version.ts'
import type { Steps } from '../pace.ts'
import { atMost, compareText } from '../text/lines.ts'
import { leaveOut } from './series-budget.ts'

const MOST_WARNINGS = 20

/** All that is known at one moment. */
export interface Facts {
  readonly targets: readonly Target[]
  readonly workloads: WorkloadSnapshot
  /** By target key. */
  readonly observations: ReadonlyMap<string, Observation>
  readonly source: SourceHealth
  readonly warnings: readonly string[]
  /** The most targets that are exposed as gauges; absent: all are. */
  readonly mostExposed?: number
}

// Half a millisecond.
const JUDGED_IN_A_STEP = 50

/**
 * Judges every target from what is known at one moment, worst first; statuses that hold keep their `since` from the report
 * before.
 */
export function* judge(facts: Facts, now: number, before: Report | undefined): Steps<Report> {
  const earlier = new Map(before?.services.map(service => [targetKey(service), service]))
  const services: ServiceReport[] = []
  for (const target of facts.targets) {
    services.push(judgeTarget(target, facts, now, earlier.get(targetKey(target))))
    if (services.length % JUDGED_IN_A_STEP === 0) yield
  }
  return {
    generatedAt: now,
    ...leaveOut(services.sort(worstFirst), facts.mostExposed ?? Number.POSITIVE_INFINITY),
    source: facts.source,
    warnings: [...facts.warnings, ...atMost(MOST_WARNINGS, services.flatMap(changingWarning))]
  }
}

function judgeTarget(target: Target, facts: Facts, now: number, earlier: ServiceReport | undefined): ServiceReport {
  const { service, namespace, endpoint, versionMatch } = target
  const { kind, name } = target.workload
  const workload = facts.workloads.find({ namespace, kind, name })
  const deployed = deployedImage(target, workload)
  const observation = facts.observations.get(targetKey(target))
  const finding =
    observation === undefined ? NOT_CHECKED_YET : judgeVersion({ deployed, reported: observation.report, versionMatch })
  const reported = observation === undefined ? null : reportedOf(observation)
  const isUnchanged = earlier?.finding.status === finding.status
  const rollout = workload.seen && workload.value.rollout.seen ? workload.value.rollout.value : null
  return {
    service,
    namespace,
    finding,
    level: levelOf(finding.status),
    since: isUnchanged ? earlier.since : now,
    isSinceStart: earlier === undefined || earlier.reported === null || (isUnchanged && earlier.isSinceStart),
    endpoint: shown(withoutCredentials(endpoint)),
    origin: target.origin,
    workload: { kind, name: shown(name) },
    deployed: {
      found: workload.seen ? true : workload.reason === 'not_found' ? false : null,
      image: deployed.seen ? shown(deployed.value.image) : null,
      imageTag: deployed.seen && deployed.value.tag !== null ? shown(deployed.value.tag) : null,
      imageDigest: deployed.seen && deployed.value.digest !== null ? shown(deployed.value.digest) : null,
      rolloutInProgress: rollout?.inProgress ?? null,
      rolloutMessage: rollout?.message ?? null
    } satisfies DeployedReport,
    reported,
    labels: followLabels(earlier?.labels ?? NO_LABELS, labelsOf(reported), now),
    // For the budget to decide anew; whoever had his place keeps it.
    isExposed: earlier?.isExposed ?? false
  }
}

function labelsOf(reported: ReportedReport | null): string | null {
  return reported?.version == null ? null : `${reported.version}\n${reported.gitSha ?? ''}`
}

function changingWarning({ labels, ...target }: ServiceReport): string[] {
  if (labels.held === null) return []
  return [
    `${targetKey(target)} reports another version time and again: it is no label of keybuzz_version_info ${CALM_RULE}`
  ]
}

function reportedOf({ report, httpStatus, durationMs, checkedAt }: Observation): ReportedReport {
  return {
    failure: report.seen ? null : report.reason,
    version: report.seen ? shown(report.value.version) : null,
    gitSha: report.seen ? report.value.gitSha : null,
    httpStatus,
    // To the microsecond: more is noise of the clock.
    durationMs: Math.round(durationMs * 1000) / 1000,
    checkedAt
  }
}

// The probe refuses an address with a password; neither must it be shown.
function withoutCredentials(endpoint: string): string {
  const url = URL.parse(endpoint)
  if (url === null || !/^https?:$/.test(url.protocol)) return endpoint.replace(/^.*@/s, '…@')
  if (url.username === '' && url.password === '') return endpoint
  url.username = ''
  url.password = ''
  return url.href
}

function worstFirst(a: ServiceReport, b: ServiceReport): number {
  return (
    STATUSES.indexOf(a.finding.status) - STATUSES.indexOf(b.finding.status) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.service, b.service)
  )
}
