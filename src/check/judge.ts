import { type Finding, findingBy, type Judgement } from '../domain/finding.ts'
import type { AnyGuard, Facts } from '../domain/guard.ts'
import type { Observation } from '../domain/probe.ts'
import type { DeployedReport, ReportedReport, ServiceReport } from '../domain/report.ts'
import type { Target } from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import { deployedImage } from '../guards/deployed-image.ts'
import { diagnose } from '../guards/diagnosis/diagnosis.ts'
import { isFromBefore } from '../guards/diagnosis/scene.ts'
import { followAgain, followLabels, type LabelHistory } from './label-history.ts'

/** A service as it was judged, and what it was judged from. */
export interface Judged {
  readonly target: Target
  readonly facts: Facts
  /** When a finding may change just because time passes, ms since the epoch. */
  readonly validUntil: number
  readonly report: ServiceReport
  readonly labels: { readonly image: LabelHistory; readonly version: LabelHistory }
}

/**
 * What every guard finds; an unchanged status keeps its `since`. `labels`: what the service reported lately.
 *
 * Findings, `deployed`, `workload` and `held` that did not change are the same objects as in the earlier report, so
 * that nobody has to look into them again.
 */
export function judgeService(
  { target, facts }: Pick<Judged, 'target' | 'facts'>,
  guards: readonly AnyGuard[],
  {
    now,
    earlier,
    labels
  }: { readonly now: number; readonly earlier: Judged | undefined; readonly labels: Judged['labels'] }
): Judged {
  const findings = guards.flatMap(guard => {
    const known = earlier?.report.findings.filter(finding => finding.guard === guard.name) ?? []
    if (earlier?.target === target && isStillSo(guard, known, { before: earlier.facts, facts, now })) return known
    return guard
      .judge(target, facts, { now, earlier: known })
      .map(judgement => toFinding(guard, judgement, { now, known }))
  })
  const deployed = deployedImage(target, facts)
  const telling = tellingObservation(facts, findings)
  const reported = telling === null ? null : reportedOf(telling)
  const deployedReport = keepSame(earlier?.report.deployed, deployedOf(deployed, facts, findings))
  const endpoint = target.endpoint === null ? null : shown(withoutCredentials(target.endpoint))
  const workload = keepSame(earlier?.report.workload, {
    kind: target.workload.kind,
    name: shown(target.workload.name),
    container: deployed.seen ? shown(deployed.value.container) : null,
    managedBy: facts.workload.seen ? facts.workload.value.managedBy.manager : ''
  })
  const held = {
    image: followLabels(labels.image, imageLabels({ deployed: deployedReport, workload, endpoint, findings }), now),
    version: followLabels(labels.version, versionLabels(reported), now)
  }
  return {
    target,
    facts,
    validUntil: Math.min(...findings.map(({ validUntil }) => validUntil), Number.POSITIVE_INFINITY),
    labels: held,
    report: {
      service: target.service,
      namespace: target.namespace,
      findings,
      diagnosis: diagnose(target, facts, findings),
      endpoint,
      origin: target.origin,
      workload,
      deployed: deployedReport,
      ...(target.objectives === undefined ? {} : { objectives: target.objectives }),
      reported,
      held: keepSame(earlier?.report.held, { image: held.image.held !== null, version: held.version.held !== null })
    }
  }
}

/**
 * The judgement after another probe, if the endpoint says the same as before and only times are new. Most answers of a
 * fleet are like that. `null`: the findings may differ now.
 */
export function judgeRepeated<Known extends Judged>(earlier: Known, facts: Facts, now: number): Known | null {
  const { report, labels } = earlier
  const { findings } = report
  const { observation } = facts
  if (observation === null || !isRepeated(earlier.facts, facts)) return null
  const rollout = findingBy(findings, 'rollout')
  const isOld = [earlier.facts.observation, observation].some(answer => isFromBefore(rollout, answer))
  if (isOld || report.held.image || report.held.version || !areStillSo(findings, now)) return null
  const reported = reportedOf(observation)
  return {
    ...earlier,
    facts,
    labels: {
      image: followAgain(labels.image, () => imageLabels(report), now),
      version: followAgain(labels.version, () => versionLabels(reported), now)
    },
    report: {
      ...report,
      findings: findings.map(one => (one.guard === 'version' ? { ...one, asOf: observation.checkedAt } : one)),
      reported
    }
  }
}

/** Whether nothing is new except an answer that says the same. */
function isRepeated(before: Facts, facts: Facts): boolean {
  for (const kind in facts) {
    if (kind !== 'observation' && before[kind as keyof Facts] !== facts[kind as keyof Facts]) return false
  }
  const [last, next] = [before.observation, facts.observation]
  return last?.report === next?.report && last?.httpStatus === next?.httpStatus
}

/** Whether a guard would find the same again. */
function isStillSo(
  { reads }: AnyGuard,
  findings: readonly Finding[],
  { before, facts, now }: { readonly before: Facts; readonly facts: Facts; readonly now: number }
): boolean {
  return reads.every(kind => before[kind] === facts[kind]) && areStillSo(findings, now)
}

// A status that began later than now is from before the clock was set back.
function areStillSo(findings: readonly Finding[], now: number): boolean {
  return findings.every(({ since, validUntil }) => since <= now && now < validUntil)
}

/** The object from before, if it says the same; for flat objects. */
function keepSame<Flat extends object>(before: Flat | undefined, now: Flat): Flat {
  if (before === undefined) return now
  for (const field in now) if (now[field] !== before[field]) return now
  return before
}

function toFinding(
  guard: AnyGuard,
  judgement: Judgement,
  { now, known }: { readonly now: number; readonly known: readonly Finding[] }
): Finding {
  const earlier = known.find(({ part }) => part === judgement.part)
  const { part, status, severity, message, asOf, validUntil, evidence } = judgement
  const { since, isSinceStart } = ageOf(status, earlier, now)
  return {
    guard: guard.name,
    part,
    status,
    severity,
    message,
    asOf,
    validUntil,
    evidence,
    since,
    isSinceStart
  } as Finding
}

/** Since when a status has held, as far as this process has seen. `earlier`: what the guard found before. */
export function ageOf(
  status: string,
  earlier: Pick<Finding, 'status' | 'severity' | 'since' | 'isSinceStart'> | undefined,
  now: number
): Pick<Finding, 'since' | 'isSinceStart'> {
  const isUnchanged = earlier?.status === status
  return {
    since: isUnchanged ? Math.min(earlier.since, now) : now,
    // A status that follows an unknown one may already have been so before.
    isSinceStart: earlier === undefined || (earlier.isSinceStart && (isUnchanged || earlier.severity === 'unknown'))
  }
}

/**
 * The observation that stands for the service in gauges and log lines: the endpoint's, unless the guard names a pod.
 */
function tellingObservation({ observation, podReports }: Facts, findings: readonly Finding[]): Observation | null {
  const spokesman = findingBy(findings, 'version')?.evidence.pods?.spokesman
  return podReports.find(({ pod }) => shown(pod.name) === spokesman)?.observation ?? observation
}

function deployedOf(
  deployed: ReturnType<typeof deployedImage>,
  { workload }: Facts,
  findings: readonly Finding[]
): DeployedReport {
  const { image = null, tag = null, digest = null } = deployed.seen ? deployed.value : {}
  return {
    found: isThere(workload),
    image: image === null ? null : shown(image),
    imageTag: tag === null ? null : shown(tag),
    imageDigest: digest === null ? null : shown(digest),
    rolloutInProgress: isRollingOut(findings)
  }
}

/** A workload that cannot be read does exist; `null`: nobody has looked. */
function isThere(workload: Facts['workload']): boolean | null {
  if (workload.seen || workload.reason === 'unreadable') return true
  return workload.reason === 'never_read' ? null : false
}

function isRollingOut(findings: readonly Finding[]): boolean | null {
  const state = findingBy(findings, 'rollout')?.status ?? 'UNKNOWN'
  return state === 'UNKNOWN' ? null : state === 'ROLLING' || state === 'STUCK'
}

// The declared release goes with the image: a rollout of a release changes both. So do the other containers and the
// endpoint: whoever may change the one may change the others.
function imageLabels({
  deployed: { found, image, imageTag, imageDigest },
  workload: { container },
  endpoint,
  findings
}: Pick<ServiceReport, 'deployed' | 'workload' | 'endpoint' | 'findings'>): string | null {
  const release = findingBy(findings, 'release')?.evidence ?? null
  if (found !== true && release === null) return null
  const images = findings.flatMap(({ guard, evidence }) =>
    guard === 'image-update' ? [evidence.container, evidence.image, evidence.current] : []
  )
  return oneText(image, imageTag, imageDigest, container, endpoint, ...images, release && JSON.stringify(release))
}

function versionLabels(reported: ReportedReport | null): string | null {
  return reported === null || reported.failure !== null ? null : oneText(reported.version, reported.gitSha)
}

// V8 keeps each part of a template string in memory; `join` makes one text.
function oneText(...labels: readonly (string | null)[]): string {
  return labels.join('\n')
}

function reportedOf({ report, httpStatus, durationMs, checkedAt }: Observation): ReportedReport {
  return {
    failure: report.seen ? null : report.reason,
    version: report.seen && report.value.version !== null ? shown(report.value.version) : null,
    gitSha: report.seen ? report.value.gitSha : null,
    httpStatus,
    // To the microsecond: more is noise of the clock.
    durationMs: Math.round(durationMs * 1000) / 1000,
    checkedAt
  }
}

// The probe refuses an address with a password, and it must not be shown either.
function withoutCredentials(endpoint: string): string {
  const url = URL.parse(endpoint)
  if (url === null || !/^https?:$/.test(url.protocol)) return endpoint.replace(/^.*@/s, '…@')
  if (url.username === '' && url.password === '') return endpoint
  url.username = ''
  url.password = ''
  return url.href
}
