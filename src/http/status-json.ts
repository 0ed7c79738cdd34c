import { type Finding, type FindingBy, levelOf } from '../domain/finding.ts'
import { type GateStanding, isTooOld } from '../domain/gate.ts'
import type { PodsEvidence } from '../domain/pod-reports.ts'
import {
  describeLeftOut,
  diagnosisAsOf,
  type FleetFinding,
  imageFindings,
  isExposed,
  type Report,
  type ServiceReport,
  versionOf,
  worstFirst
} from '../domain/report.ts'
import type { Shard } from '../domain/shard.ts'
import { targetKey } from '../domain/target.ts'
import { explainImageUpdate } from '../explain/explain-image-update.ts'
import { isoTime } from '../text/times.ts'
import { createFilter } from './filter.ts'

/**
 * The answer of `/api/v1/status`: names and order are public. Unknown is `null`; times are ISO 8601 in UTC. A filter
 * leaves out services, and with them all that is known of them elsewhere; the empty filter leaves out nothing.
 */
export function renderStatusJson(report: Report, { index, total }: Shard, filter = ''): object {
  const { generatedAt, warnings, leftOut, source } = report
  const services = report.services.filter(createFilter(filter))
  const fleet = filter.trim() === '' ? report.fleet : report.fleet.filter(isOfOneOf(services))
  return {
    generatedAt: isoTime(generatedAt),
    shard: { index, total },
    services: worstFirst(services).map(service => renderService(service, isExposed(report, service))),
    fleet: fleet.map(({ namespace, service, finding }) => ({ namespace, service, ...renderFinding(finding) })),
    warnings: [...(leftOut === null ? [] : [describeLeftOut(leftOut)]), ...warnings],
    source: {
      up: source.up,
      lastSyncAt: isoTime(source.lastSyncAt),
      problems: source.problems.map(({ message }) => message)
    }
  }
}

function isOfOneOf(services: readonly ServiceReport[]): (item: FleetFinding) => boolean {
  const keys = new Set(services.map(targetKey))
  return item => keys.has(targetKey(item))
}

function renderService(report: ServiceReport, exposed: boolean): object {
  const { deployed, reported, findings, ...service } = report
  const version = versionOf(report)
  return {
    service: service.service,
    namespace: service.namespace,
    status: version?.status ?? null,
    level: version === null ? null : levelOf(version.severity),
    message: version?.message ?? null,
    image: deployed.image,
    imageTag: deployed.imageTag,
    imageDigest: deployed.imageDigest,
    uiVersion: reported?.version ?? null,
    gitSha: reported?.gitSha ?? null,
    endpoint: service.endpoint,
    endpointUp: reported === null ? null : reported.failure === null,
    rolloutInProgress: deployed.rolloutInProgress,
    reason: reported?.failure ?? null,
    since: isoTime(version?.since ?? null),
    checkedAt: isoTime(reported?.checkedAt ?? null),
    // To the millisecond: a quotient of more digits has noise at its end.
    durationSeconds: reported === null ? null : Math.round(reported.durationMs) / 1000,
    exposed,
    workload: service.workload,
    pods: renderPods(version?.evidence.pods ?? null),
    diagnosis: renderDiagnosis(report),
    findings: findings.map(renderFinding),
    images: imageFindings(report).map(renderImage)
  }
}

function renderPods(pods: PodsEvidence | null): object | null {
  if (pods === null) return null
  const { versions, results, pods: asked } = pods
  return { versions, results, asked }
}

function renderDiagnosis(service: ServiceReport): object | null {
  if (service.diagnosis === null) return null
  const { culprit, message, missing, pods, since } = service.diagnosis
  return { culprit, message, missing, pods, since: isoTime(since), asOf: isoTime(diagnosisAsOf(service)) }
}

function renderFinding({ guard, part, status, severity, message, since, asOf }: Finding): object {
  return { guard, part, status, severity, message, since: isoTime(since), asOf: isoTime(asOf) }
}

// Tags and digests as the registry has them; `explain` says all of it in lines for people.
function renderImage({ evidence, status, message }: FindingBy<'image-update'>): object {
  const { container, image, current, newer, checkedAt } = evidence
  return {
    container,
    image,
    current,
    status,
    message,
    latest: newer?.latest ?? null,
    part: newer?.part ?? null,
    sameMajor: newer?.sameMajor ?? null,
    sameMinor: newer?.sameMinor ?? null,
    drifted: evidence.isDrifted,
    runningDigests: evidence.running,
    tagDigest: evidence.tagDigest,
    notes: evidence.notes === '' ? null : evidence.notes,
    checkedAt: isoTime(checkedAt),
    failure: evidence.failure,
    explain: explainImageUpdate(evidence)
  }
}

/** The answer of `/api/v1/gate`, key for key. `report`: null until the first run has ended; `old`: out of date. */
export function renderGateJson(standing: GateStanding, now: number) {
  const { service, namespace, report, refusals, intervalMs } = standing
  return { service, namespace, intervalSeconds: intervalMs / 1000, refusals, old: isTooOld(standing, now), report }
}
