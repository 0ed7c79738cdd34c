import { STATUSES, type Status } from '../../domain/finding.ts'
import type { ServiceReport } from '../../domain/report.ts'
import { statusTerm } from './filter.ts'
import { type Html, html } from './html.ts'
import { statusMark } from './shapes.ts'

/** How many of the targets are not OK, or are left out of what alerts can see. */
export function countAttention(services: readonly ServiceReport[]): number {
  return services.filter(({ finding, isExposed }) => finding.status !== 'OK' || !isExposed).length
}

/** The whole state in one line; where the guard does not see well now, it does not claim that all is well now. */
export function summarise(services: readonly ServiceReport[], seesWell: boolean): string {
  const attention = countAttention(services)
  if (services.length === 0) return 'Nothing is guarded yet'
  if (attention > 0) return `${attention} of ${services.length} ${attention === 1 ? 'needs' : 'need'} attention`
  const all = services.length === 1 ? 'The one service' : `All ${services.length} services`
  const verb = services.length === 1 ? 'is' : 'are'
  return seesWell ? `${all} ${verb} consistent` : `${all} ${verb} consistent as far as last seen`
}

/** How many targets have each status, worst first, each a link to the filter that shows them alone. */
export function renderCounts(services: readonly ServiceReport[], filter: string): Html {
  const present = STATUSES.filter(status => services.some(service => service.finding.status === status))
  return html`${present.map(status => renderCount(status, { services, filter }))}`
}

function renderCount(status: Status, view: { services: readonly ServiceReport[]; filter: string }): Html {
  const count = view.services.filter(service => service.finding.status === status).length
  const term = statusTerm(status)
  const current = view.filter === term
  const link = current ? '?' : `?filter=${encodeURIComponent(term)}`
  return html`<li><a id="count-${status}" data-status="${status}" href="${link}"${
    current ? html` aria-current="true"` : null
  }>${statusMark(status)} <b>${count}</b></a></li>`
}
