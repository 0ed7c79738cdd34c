import { SEVERITIES } from '../../domain/finding.ts'
import type { ImageUpdateStatus } from '../../domain/image-update.ts'
import { imageFindings, isExposed, type Report, tellingFindings } from '../../domain/report.ts'
import { statusTerm } from './filter.ts'
import { headlineOf } from './headline.ts'
import { type Html, html } from './html.ts'
import { statusMark } from './status-mark.ts'

/** What the summary is made of. */
type Shown = Pick<Report, 'services' | 'leftOut' | 'tooNew'>

/** How many of the services are not well, or are left out of what alerts can see. */
export function countAttention(report: Shown): number {
  const isWell = (service: Report['services'][number]) =>
    tellingFindings(service).every(({ severity }) => severity === 'ok' || severity === 'info') &&
    isExposed(report, service)
  return report.services.filter(service => !isWell(service)).length
}

/** The whole state in one line; where the guard does not see well now, it does not claim that all is well now. */
export function summarise(report: Shown, seesWell: boolean): string {
  const { services } = report
  const attention = countAttention(report)
  if (services.length === 0) return 'Nothing is guarded yet'
  if (attention > 0) return `${attention} of ${services.length} ${attention === 1 ? 'needs' : 'need'} attention`
  const all = services.length === 1 ? 'The one service' : `All ${services.length} services`
  const verb = services.length === 1 ? 'is' : 'are'
  return seesWell ? `${all} ${verb} consistent` : `${all} ${verb} consistent as far as last seen`
}

/** How many services have each status, worst first, each a link to the filter that shows them alone. */
export function renderCounts({ services }: Shown, filter: string): Html {
  const byStatus = Map.groupBy(services.map(headlineOf), ({ status }) => status)
  const counts = [...byStatus.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, count: 1 + others.length }]
  )
  counts.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.rank - a.rank)
  const images = IMAGE_COUNTS.flatMap(status => {
    const count = services.filter(service => imageFindings(service).some(finding => finding.status === status)).length
    return count === 0 ? [] : [{ status, severity: 'info' as const, count }]
  })
  return html`${[...counts, ...images].map(({ status, severity, count }) => {
    const term = statusTerm(status)
    const current = filter === term
    const link = current ? '?' : `?filter=${encodeURIComponent(term)}`
    return html`<li><a id="count-${status}" data-status="${status}" href="${link}"${
      current ? html` aria-current="true"` : null
    }>${statusMark(status, severity)} <b>${count}</b></a></li>`
  })}`
}

// Beside the one status that a service has: what a person may want to look at.
const IMAGE_COUNTS: readonly ImageUpdateStatus[] = ['DRIFTED', 'UPDATE_AVAILABLE']
