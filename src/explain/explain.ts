import { type Finding, findingBy, isWorthTelling, SEVERITIES } from '../domain/finding.ts'
import { alertOf, dashboardLink, type Links, runbookLink } from '../domain/links.ts'
import type { SourceHealth } from '../domain/ports.ts'
import { diagnosisAsOf, type ServiceReport, tellingFindings } from '../domain/report.ts'
import type { KnownService, ServiceChange } from '../domain/service-change.ts'
import { isoTime } from '../text/times.ts'
import { explainCommands } from './commands.ts'
import { evidenceOf } from './evidence.ts'
import type {
  ExplainedChange,
  ExplainedFinding,
  ExplainedLink,
  ExplainedList,
  FactGroup,
  ServiceExplanation
} from './explanation.ts'
import { explainProbe } from './probe-steps.ts'
import { available, built, reported } from './report-facts.ts'
import { explainRevisions } from './revisions.ts'
import { declared, deployed, placeOf, running } from './workload-facts.ts'

/** Where and when it is explained. */
export interface ExplainContext {
  readonly now: number
  readonly source: SourceHealth & { readonly kind: 'kubernetes' | 'docker' | 'file' }
  readonly links: Links
  /** Whether this process goes on, and so remembers what changed. */
  readonly isServing: boolean
}

// A workload may have any number of containers.
const MOST_FINDINGS = 50

/** Explains one service: every fact with its source and its age, every finding with its evidence, and what to do next. */
export function explain(known: KnownService, context: ExplainContext): ServiceExplanation {
  const { report, facts } = known
  const { now, source } = context
  const findings = report.findings.toSorted((a, b) => rankOf(a) - rankOf(b))
  return {
    generatedAt: new Date(now).toISOString(),
    namespace: report.namespace,
    service: report.service,
    verdict: verdictOf(known),
    diagnosis: explainDiagnosis(report),
    workload: report.workload,
    endpoint: report.endpoint,
    origin: report.origin,
    problems: source.problems.map(({ message }) => message),
    facts: explainFacts(known, context),
    findings: findings.slice(0, MOST_FINDINGS).map(explainFinding),
    probe: explainProbe(facts.observation, report.endpoint, known.target.podEndpoint !== undefined),
    changes: explainChanges(known.changes, context.isServing),
    revisions: explainRevisions(facts),
    commands: explainCommands(known),
    links: linksOf(report, context.links)
  }
}

/** The facts of a service in the order in which a version comes to be; what was not seen says why, and what would show it. */
function explainFacts(known: KnownService, context: ExplainContext): readonly FactGroup[] {
  const where = placeOf(known, context)
  const notAsked = context.isServing ? IMAGES_OFF : IMAGES_NOT_ASKED
  return [
    { kind: 'declared', question: 'What is meant to run?', facts: declared(known, where) },
    { kind: 'deployed', question: 'What does the workload name?', facts: deployed(known, where) },
    { kind: 'running', question: 'What do its pods run?', facts: running(known, where) },
    { kind: 'reported', question: 'What does the service say it is?', facts: reported(known) },
    { kind: 'built', question: 'From which commit?', facts: built(known, where, notAsked) },
    { kind: 'available', question: 'Is there something newer?', facts: available(known, notAsked) }
  ]
}

const IMAGES_OFF = 'registries are not asked: set IMAGE_UPDATES to opt-in or all'
const IMAGES_NOT_ASKED =
  'registries are not asked here: see the page of this service in a guard that serves, or check --images'

const NOT_JUDGED = { guard: null, status: 'UNKNOWN', severity: 'unknown', since: null, isSinceStart: true } as const

function verdictOf({ report, facts: { workload } }: KnownService): ServiceExplanation['verdict'] {
  // As in its row on the page, an object that may well be missing, or an image that has a newer tag, does not speak for
  // the service.
  const telling = tellingFindings(report).filter(finding => finding.part === '' || isWorthTelling(finding))
  const [worst] = (telling.length > 0 ? telling : report.findings).toSorted((a, b) => rankOf(a) - rankOf(b))
  const first = findingBy(report.findings, 'version') ?? worst
  if (first === undefined) {
    const why = workload.seen ? '' : `; ${workload.message}`
    return { ...NOT_JUDGED, message: `Nothing is checked: it has no endpoint${why}` }
  }
  const { guard, status, severity, message, since, isSinceStart } = first
  return { guard, status, severity, message, since: new Date(since).toISOString(), isSinceStart }
}

/**
 * The diagnosis as it is told to a person. `culprit` is empty where nobody is to blame, or nobody knows who. `null`:
 * there is nothing to tell, for nobody needs to hear that nobody is to blame.
 */
export function tellDiagnosis({ diagnosis, verdict }: ServiceExplanation): { culprit: string; message: string } | null {
  if (diagnosis === null || (diagnosis.culprit === 'none' && verdict.severity === 'ok')) return null
  const { culprit, message } = diagnosis
  return { culprit: culprit === 'none' || culprit === 'unknown' ? '' : culprit.replace('_', ' '), message }
}

/**
 * The findings that are told beside the verdict because it does not mention them: a version may agree while its rollout
 * is stuck. The worst first; empty: verdict and diagnosis say it all.
 */
export function tellOthers(explanation: ServiceExplanation): readonly ExplainedFinding[] {
  const said = [explanation.verdict.message, tellDiagnosis(explanation)?.message ?? '']
  return explanation.findings.filter(
    finding => isWorthTelling(finding) && !said.some(words => words.startsWith(finding.message))
  )
}

function explainDiagnosis(report: ServiceReport): ServiceExplanation['diagnosis'] {
  if (report.diagnosis === null) return null
  const { factsAsOf: _, since, ...diagnosis } = report.diagnosis
  return { ...diagnosis, since: isoTime(since), asOf: isoTime(diagnosisAsOf(report)) }
}

function rankOf({ severity }: Finding): number {
  return SEVERITIES.indexOf(severity)
}

function explainFinding(finding: Finding): ExplainedFinding {
  const { guard, part, status, severity, message, since, isSinceStart, asOf } = finding
  return {
    guard,
    part,
    status,
    severity,
    message,
    since: new Date(since).toISOString(),
    isSinceStart,
    asOf: isoTime(asOf),
    evidence: evidenceOf(finding)
  }
}

function explainChanges(changes: readonly ServiceChange[], isServing: boolean): ExplainedList<ExplainedChange> {
  const note = isServing
    ? 'nothing has changed since this guard started'
    : 'what changed is remembered by a guard that serves: see the page of this service there'
  return {
    items: changes.map(({ at, ...change }) => ({ at: new Date(at).toISOString(), ...change })),
    note: changes.length > 0 ? '' : note
  }
}

function linksOf(report: ServiceReport, links: Links): readonly ExplainedLink[] {
  const alerts = new Set(report.findings.flatMap(finding => alertOf(finding) ?? []))
  if (report.deployed.found === false) alerts.add('KeyBuzzWorkloadMissing')
  const dashboard = dashboardLink(links, report)
  return [
    ...[...alerts].map(alert => ({ kind: 'runbook', text: alert, href: runbookLink(links, alert) }) as const),
    ...(dashboard === null ? [] : [{ kind: 'dashboard', text: 'Dashboard of this service', href: dashboard } as const])
  ]
}
