import type { Diagnosis } from '../domain/diagnosis.ts'
import type { ServiceReport } from '../domain/report.ts'

/**
 * All that is known of one service, for a person who asks why: plain data, which goes into JSON as it is, and which the
 * page and the command render. Times are ISO 8601 in UTC; unknown is `null`. Strings from outside have been through
 * `shown`.
 */
export interface ServiceExplanation {
  readonly generatedAt: string
  readonly namespace: string
  readonly service: string
  /** What comes first: the version guard's finding, else the worst of the others. */
  readonly verdict: Verdict
  /** Who is out of step; `null`: the service has no endpoint. */
  readonly diagnosis: ExplainedDiagnosis | null
  readonly workload: ServiceReport['workload']
  /** `null`: the service has none. */
  readonly endpoint: string | null
  /** Who names the service: the targets file, an annotation, or DISCOVERY=all. */
  readonly origin: ServiceReport['origin']
  /** What keeps the guard from seeing, one line each; empty: nothing. */
  readonly problems: readonly string[]
  /** In the order in which a version comes to be: declared, deployed, running, reported, built, available. */
  readonly facts: readonly FactGroup[]
  /** The worst first. */
  readonly findings: readonly ExplainedFinding[]
  readonly probe: ExplainedProbe
  /** The newest first, at most twenty. */
  readonly changes: ExplainedList<ExplainedChange>
  /** The newest first, at most ten. */
  readonly revisions: ExplainedList<LiveRevision>
  readonly commands: readonly ExplainedCommand[]
  /** The runbooks of what is wrong, and the dashboard of the service. */
  readonly links: readonly ExplainedLink[]
}

/** A list, and why it is empty or not whole. */
export interface ExplainedList<Item> {
  readonly items: readonly Item[]
  /** Empty: there is nothing to add. */
  readonly note: string
}

interface Verdict {
  /** `null`: no guard judges the service. */
  readonly guard: string | null
  readonly status: string
  readonly severity: ServiceReport['findings'][number]['severity']
  readonly message: string
  readonly since: string | null
  /** Whether it may have been so before this process started. */
  readonly isSinceStart: boolean
}

interface ExplainedDiagnosis extends Omit<Diagnosis, 'since' | 'factsAsOf'> {
  readonly since: string | null
  readonly asOf: string | null
}

export interface FactGroup {
  readonly kind: FactName
  readonly question: string
  readonly facts: readonly ExplainedFact[]
}

export type FactName = 'declared' | 'deployed' | 'running' | 'reported' | 'built' | 'available'

export interface ExplainedFact {
  readonly name: string
  /** `null`: it was not seen, for the reason in `note`. */
  readonly value: string | null
  /** Where it was read, or would be. */
  readonly source: string
  /** When it was last known to be true; `null`: not known, or never seen. */
  readonly asOf: string | null
  /** Why it was not seen and how to make it visible, or what to add; empty: nothing. */
  readonly note: string
}

export interface ExplainedFinding {
  readonly guard: string
  /** Empty: the service as a whole. */
  readonly part: string
  readonly status: string
  readonly severity: Verdict['severity']
  readonly message: string
  readonly since: string
  readonly isSinceStart: boolean
  readonly asOf: string | null
  /** What it rests on, a line each. */
  readonly evidence: readonly string[]
}

/** The last read of the endpoint, step by step. */
export interface ExplainedProbe {
  /** `null`: there was none. */
  readonly checkedAt: string | null
  readonly durationMs: number | null
  readonly steps: readonly ProbeStep[]
  /** Why there are no steps, or why they do not tell all; empty: they do. */
  readonly note: string
}

export interface ProbeStep {
  readonly what: 'address' | 'redirect' | 'lookup' | 'connection' | 'tls' | 'answer' | 'report' | 'failure'
  readonly text: string
  /** How long it took; `null`: it was not measured by itself. */
  readonly durationMs: number | null
  /** More lines, such as headers. */
  readonly details: readonly string[]
}

export interface ExplainedChange {
  readonly at: string
  readonly what: string
  readonly from: string
  readonly to: string
  readonly message: string
}

/** A ReplicaSet or ControllerRevision. */
export interface LiveRevision {
  /** `null`: not known. */
  readonly number: number | null
  readonly name: string
  /** The images of its containers; empty: its template was not read. */
  readonly images: readonly string[]
  /** Since when it was live; `null`: somebody went back to it, and nobody knows when. */
  readonly from: string | null
  /** Until when; `null`: it is live, or not known. */
  readonly to: string | null
  readonly isCurrent: boolean
  /** Pods that run it now; `null`: pods are not seen. */
  readonly pods: number | null
}

export interface ExplainedCommand {
  readonly kind: 'check' | 'back'
  readonly purpose: string
  /** For a shell. */
  readonly command: string
  /** What it does not do, or what to know before; empty: nothing. */
  readonly note: string
}

export interface ExplainedLink {
  readonly kind: 'runbook' | 'dashboard'
  readonly text: string
  readonly href: string
}
