import type { ImageUpdateEvidence, ImageUpdateStatus } from './image-update.ts'
import type { PodsEvidence } from './pod-reports.ts'
import type { ReleaseEvidence, ReleaseStatus } from './release.ts'
import type { RolloutEvidence, RolloutState } from './rollout.ts'

/** Worst first. `unknown`: the guard could not see; neither fine nor broken. */
export const SEVERITIES = ['critical', 'warning', 'unknown', 'info', 'ok'] as const

export type Severity = (typeof SEVERITIES)[number]

/** Worst first. */
export const VERSION_STATUSES = ['ERROR', 'MISMATCH', 'WARNING', 'UNKNOWN', 'OK'] as const

export type VersionStatus = (typeof VERSION_STATUSES)[number]

/** What one guard says about one part of a service, from nothing but the facts. */
export interface Judgement<Status extends string = string, Evidence = unknown> {
  /** Empty: the service as a whole. Else `container/app`, `Secret/shop-secrets`, or an item's id. */
  readonly part: string
  readonly status: Status
  readonly severity: Severity
  /** Words for a person; strings from outside have been through `shown`. */
  readonly message: string
  /** When the oldest fact that it stands on was last known to be true, ms since the epoch; `null`: no fact has an age. */
  readonly asOf: number | null
  /** When time alone may change it, such as a deadline, ms since the epoch; Infinity: only a new fact can. */
  readonly validUntil: number
  /** What it rests on, as exposition and `explain` show it; plain data. */
  readonly evidence: Evidence
}

interface FindingOf<Guard extends string, Status extends string, Evidence> extends Judgement<Status, Evidence> {
  readonly guard: Guard
  /** Since when it has had this status, ms since the epoch. */
  readonly since: number
  /** True: this process has seen no other status of this part, so it may have had this one for longer. */
  readonly isSinceStart: boolean
}

/** What the version guard saw. */
interface VersionEvidence {
  /** `null`: the reported version, or SHA, could not be compared with the tag. */
  readonly isConsistent: boolean | null
  /** `null`: pods are not asked one by one, or are not seen. */
  readonly pods: PodsEvidence | null
}

export type VersionFinding = FindingOf<'version', VersionStatus, VersionEvidence>
export type RolloutFinding = FindingOf<'rollout', RolloutState, RolloutEvidence>
export type ReleaseFinding = FindingOf<'release', ReleaseStatus, ReleaseEvidence>

type ImageUpdateFinding = FindingOf<'image-update', ImageUpdateStatus, ImageUpdateEvidence>

/** A judgement with its guard and its age. A new guard adds its line here. */
export type Finding = VersionFinding | RolloutFinding | ReleaseFinding | ImageUpdateFinding

export type GuardName = Finding['guard']

export type FindingBy<Name extends GuardName> = Extract<Finding, { guard: Name }>

/** The guard's finding of the service as a whole; `null`: it does not judge this service. */
export function findingBy<Name extends GuardName>(findings: readonly Finding[], guard: Name): FindingBy<Name> | null {
  const isWanted = (finding: Finding): finding is FindingBy<Name> => finding.guard === guard && finding.part === ''
  return findings.find(isWanted) ?? null
}

/** Whether people are told a finding besides the main one. A rollout is no fault, but explains what else is told. */
export function isWorthTelling({ severity, status }: { severity: Severity; status: string }): boolean {
  return severity === 'critical' || severity === 'warning' || status === 'ROLLING'
}

/** The earliest of these times, ms since the epoch; `null`: none is known. */
export function oldest(times: readonly (number | null)[]): number | null {
  const known = times.filter(time => time !== null)
  return known.length === 0 ? null : Math.min(...known)
}

/** A severity as log lines and the API have it. */
export type Level = 'info' | 'warning' | 'critical'

const LEVELS: Readonly<Record<Severity, Level>> = {
  critical: 'critical',
  warning: 'warning',
  unknown: 'warning',
  info: 'info',
  ok: 'info'
}

export function levelOf(severity: Severity): Level {
  return LEVELS[severity]
}
