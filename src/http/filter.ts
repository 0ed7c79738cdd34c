import type { Culprit } from '../domain/diagnosis.ts'
import { findingBy, isWorthTelling, type Severity } from '../domain/finding.ts'
import { imageFindings, type ServiceReport } from '../domain/report.ts'
import { headlineOf } from './page/headline.ts'

/** What is said of a service besides its headline: shown as a badge, counted, and found by `GUARD:STATUS`. */
export interface State {
  readonly guard: StatefulGuard
  readonly status: string
  readonly severity: Severity
}

type StatefulGuard = (typeof STATEFUL_GUARDS)[number]

/** The most characters of a filter. */
export const LONGEST_FILTER = 200

const STATEFUL_GUARDS = ['culprit', 'rollout', 'release', 'image-update', 'pods'] as const
// With any other colon in it, such as that of an image's name, it is an ordinary word.
const EXACT = new RegExp(`^(?:status|namespace|${STATEFUL_GUARDS.join('|')}):.`)

/** The states of a service, each once: who is out of step, then in the order of its findings; those of its pods come last. */
export function statesOf({ findings, diagnosis }: ServiceReport): readonly State[] {
  const states: State[] = diagnosis === null ? [] : [stateOfCulprit(diagnosis.culprit)]
  for (const { guard, status, severity } of findings) {
    if (guard === 'version' || states.some(state => state.guard === guard && state.status === status)) continue
    states.push({ guard, status, severity })
  }
  const results = findingBy(findings, 'version')?.evidence.pods?.results
  if (results !== undefined && results.differs > 0)
    states.push({ guard: 'pods', status: 'DIFFERS', severity: 'warning' })
  if (results !== undefined && results.failed > 0) states.push({ guard: 'pods', status: 'FAILED', severity: 'warning' })
  return states
}

/** Who is out of step, as a state. */
export function stateOfCulprit(culprit: Culprit): State {
  const severity =
    culprit === 'none' ? 'ok' : culprit === 'unknown' ? 'unknown' : culprit === 'rollout' ? 'info' : 'warning'
  return { guard: 'culprit', status: culprit.toUpperCase(), severity }
}

/** Whether a state is worth a badge: not what is usual, and not what a guard cannot see or was never given. */
export function isNotable({ status, severity }: Pick<State, 'status' | 'severity'>): boolean {
  return severity !== 'ok' && severity !== 'unknown' && status !== 'UNKNOWN'
}

/** The filter that finds the services with one state. */
export function stateTerm({ guard, status }: Pick<State, 'guard' | 'status'>): string {
  return `${guard}:${status.toLowerCase()}`
}

/** The filter that finds the services whose headline has this status. */
export function statusTerm(status: string): string {
  return `status:${status.toLowerCase()}`
}

/**
 * Whether a service has every term of a filter, in any case and order. `status:`, `namespace:` and the states of guards
 * are compared whole; any other word is looked for in all that a row shows. The empty filter finds everything.
 */
export function createFilter(filter: string): (service: ServiceReport) => boolean {
  const terms = filter
    .toLowerCase()
    .split(/\s+/)
    .filter(term => term !== '')
  const [exact, words] = [terms.filter(term => EXACT.test(term)), terms.filter(term => !EXACT.test(term))]
  return service => {
    const itsTerms = exact.length === 0 ? [] : exactTerms(service)
    if (!exact.every(term => itsTerms.includes(term))) return false
    const text = words.length === 0 ? '' : searchText(service)
    return words.every(word => text.includes(word))
  }
}

function exactTerms(service: ServiceReport): readonly string[] {
  const { status } = headlineOf(service)
  return [statusTerm(status), `namespace:${service.namespace.toLowerCase()}`, ...statesOf(service).map(stateTerm)]
}

function searchText(report: ServiceReport): string {
  const { service, namespace, findings, deployed, reported, diagnosis, ...rest } = report
  const badges = statesOf(report).filter(isNotable)
  const headline = headlineOf(report)
  return [
    service,
    namespace,
    `${rest.workload.kind}/${rest.workload.name}`,
    headline.status,
    headline.message,
    ...findings.filter(isWorthTelling).flatMap(({ status, message }) => [status, message]),
    ...badges.map(({ guard, status }) => `${guard} ${status.replaceAll('_', ' ')}`),
    // A row does not say that nobody is to blame.
    diagnosis?.culprit === 'none' ? null : diagnosis?.message,
    deployed.image,
    reported?.version,
    reported?.gitSha,
    rest.endpoint,
    deployed.rolloutInProgress === true ? 'rollout' : null,
    ...wordsOfImages(report),
    ...wordsOfPods(report)
  ]
    .filter(text => typeof text === 'string')
    .join('\n')
    .toLowerCase()
}

// A container is named only if there are several.
function wordsOfImages(report: ServiceReport): readonly (string | null)[] {
  const images = imageFindings(report)
  return images.flatMap(({ evidence: { container, newer } }) => [
    images.length > 1 ? container : null,
    newer?.latest ?? null,
    newer?.sameMajor ?? null
  ])
}

function wordsOfPods({ findings }: ServiceReport): readonly (string | null)[] {
  const pods = findingBy(findings, 'version')?.evidence.pods?.pods ?? []
  return pods.flatMap(({ name, node, version, gitSha, message }) => [name, node, version, gitSha, message])
}
