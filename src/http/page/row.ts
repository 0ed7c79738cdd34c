import type { ReportedReport, ServiceReport } from '../../domain/report.ts'
import { SHOWN_LENGTH } from '../../domain/text.ts'
import { describeAge, timeElement } from './age.ts'
import { matchesFilter, searchText } from './filter.ts'
import { type Html, html } from './html.ts'
import { statusMark } from './shapes.ts'
import { renderVersions } from './versions.ts'

/** The moment at which a row is shown, and how. */
export interface RowView {
  readonly now: number
  /** A check that ended longer ago is marked as old knowledge. */
  readonly staleAfterMs: number
  readonly filter: string
}

/** One target as a row of the table; hidden when the filter does not find it, so that the page's script can show it. */
export function renderRow(service: ServiceReport, view: RowView): Html {
  const text = searchText(service)
  const attributes = html`class="row" data-status="${service.finding.status}" data-text="${text}"`
  return html`<tr role="row" ${attributes}${matchesFilter(text, view.filter) ? null : html` hidden`}>
<td role="cell" class="bar">${statusMark(service.finding.status)}</td>
<th role="rowheader" scope="row">${renderName(service)}</th>
<td role="cell">${renderVersions(service)}</td>
<td role="cell">${renderReason(service)}</td>
<td role="cell" class="times">${timeElement(service.since, `for ${service.isSinceStart ? 'at least ' : ''}${describeAge(view.now - service.since)}`)}${renderChecked(service.reported, view)}</td>
</tr>
`
}

function renderName({ service, namespace, workload }: ServiceReport): Html {
  const detail = workload.name === service ? null : html` · ${workload.kind}/${workload.name}`
  return html`<span class="service">${service}</span><span class="detail">${namespace}${detail}</span>`
}

function renderReason({ service, namespace, finding, deployed, endpoint, isExposed }: ServiceReport): Html {
  const rollout = deployed.rolloutInProgress === true ? renderRollout(deployed.rolloutMessage) : null
  const address = isLinkable(endpoint)
    ? html`<a id="endpoint:${namespace}/${service}" class="detail" href="${endpoint}" rel="noreferrer noopener">${endpoint}</a>`
    : html`<span class="detail">${endpoint}</span>`
  const leftOut = isExposed ? null : html`<span class="stale">left out of /metrics: no alert can see it</span>`
  return html`<span class="message">${finding.message}</span>${leftOut}${rollout}${address}`
}

function renderRollout(message: string | null): Html {
  return html`<span class="rollout">Rollout in progress${message === null || message === '' ? null : `: ${message}`}</span>`
}

// Anything else than http(s) could run in the page; an address of the greatest length may have been cut.
function isLinkable(endpoint: string): boolean {
  return /^https?:\/\//i.test(endpoint) && endpoint.length < SHOWN_LENGTH
}

function renderChecked(reported: ReportedReport | null, { now, staleAfterMs }: RowView): Html {
  if (reported === null) return html`<span class="detail">not checked yet</span>`
  const ageMs = now - reported.checkedAt
  const words = timeElement(reported.checkedAt, `checked ${describeAge(ageMs)} ago`)
  return ageMs > staleAfterMs
    ? html`<span class="stale">old: ${words}</span>`
    : html`<span class="detail">${words}</span>`
}
