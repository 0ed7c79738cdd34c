import { SEVERITIES, type Severity } from '../../domain/finding.ts'
import { isExposed, type Report, type ServiceReport, severitiesOf } from '../../domain/report.ts'
import { isNotable, statesOf, stateTerm, statusTerm } from '../filter.ts'
import { headlineOf } from './headline.ts'
import { type Html, html } from './html.ts'
import { renderBadge, statusMark } from './status-mark.ts'

/** What the summary is made of. */
type Shown = Pick<Report, 'services' | 'leftOut' | 'tooNew'>

/** Whether a service is not well, or is left out of what alerts can see. */
export function needsAttention(report: Shown, service: ServiceReport): boolean {
  const isWell = severitiesOf(service).every(severity => severity === 'ok' || severity === 'info')
  return !isWell || !isExposed(report, service)
}

/** A number as people write it: `10,000`. */
export function writeCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** How many services need attention. */
export function countAttention(report: Shown): number {
  return report.services.filter(service => needsAttention(report, service)).length
}

/** The whole state in one line; where the guard does not see well now, it does not claim that all is well now. */
export function summarise(report: Shown & Pick<Report, 'source'>, seesWell: boolean): string {
  const { services, source } = report
  const attention = countAttention(report)
  if (services.length === 0)
    return source.lastSyncAt === null ? 'What is guarded is not known yet' : 'Nothing is guarded yet'
  const total = writeCount(services.length)
  if (attention > 0) return `${writeCount(attention)} of ${total} ${attention === 1 ? 'needs' : 'need'} attention`
  const judged = services.filter(({ findings }) => findings.length > 0)
  if (judged.length === 0) return 'No service is checked yet: none has an endpoint'
  const isEach = judged.length === services.length
  const verb = judged.length === 1 ? 'is' : 'are'
  const all =
    judged.length === 1
      ? `The one ${isEach ? 'service' : 'that is checked'}`
      : `All ${writeCount(judged.length)} ${isEach ? 'services' : 'that are checked'}`
  return seesWell ? `${all} ${verb} consistent` : `${all} ${verb} consistent as far as last seen`
}

interface Count {
  readonly term: string
  readonly status: string
  readonly words: Html | null
  readonly severity: Severity
  /** Among counts of one severity, the greater comes first. */
  readonly rank: number
  readonly services: number
}

/** How many services have each status, worst first, then each state of a guard; each a link to the filter for it. */
export function renderCounts({ services }: Shown, filter: string): Html {
  const statuses = new Map<string, Count>()
  const states = new Map<string, Count>()
  const add = (counts: Map<string, Count>, found: Omit<Count, 'services'>) =>
    counts.set(found.term, { ...found, services: (counts.get(found.term)?.services ?? 0) + 1 })
  for (const service of services) {
    const { status, severity, rank } = headlineOf(service)
    add(statuses, { term: statusTerm(status), status, words: statusMark(status, severity), severity, rank })
    for (const state of statesOf(service).filter(isNotable))
      add(states, { ...state, term: stateTerm(state), words: renderBadge(state), rank: 0 })
  }
  return html`${[...worstOnes(statuses), ...worstOnes(states)].map(count => renderCount(count, filter))}`
}

function worstOnes(counts: ReadonlyMap<string, Count>): readonly Count[] {
  const place = ({ severity }: Count) => SEVERITIES.indexOf(severity)
  return [...counts.values()].sort((a, b) => place(a) - place(b) || b.rank - a.rank || (a.term < b.term ? -1 : 1))
}

function renderCount({ term, status, words, services }: Count, filter: string): Html {
  const isCurrent = filter.trim().toLowerCase() === term
  const link = isCurrent ? '?' : `?filter=${encodeURIComponent(term)}`
  return html`<li><a id="count-${term}" data-status="${status}" href="${link}"${
    isCurrent ? html` aria-current="true"` : null
  }>${words} <b>${writeCount(services)}</b></a></li>`
}
