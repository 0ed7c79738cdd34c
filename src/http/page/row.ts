import type { Finding } from '../../domain/finding.ts'
import { type ReportedReport, type ServiceReport, versionOf } from '../../domain/report.ts'
import { targetKey } from '../../domain/target.ts'
import { SHOWN_LENGTH } from '../../domain/text.ts'
import { describeAge, timeElement } from './age.ts'
import { matchesFilter, searchText } from './filter.ts'
import { headlineOf } from './headline.ts'
import { type Html, html } from './html.ts'
import { renderImages } from './images.ts'
import { renderPods } from './pods.ts'
import { statusMark } from './status-mark.ts'
import { renderVersions } from './versions.ts'

/** The moment at which a row is shown, and how. */
export interface RowView {
  readonly now: number
  /** A check that ended longer ago is marked as old knowledge. */
  readonly staleAfterMs: number
  readonly filter: string
  /** Whether the table has a column of images. */
  readonly hasImages: boolean
  /** Whether alerts can see it. */
  readonly isExposed: (service: ServiceReport) => boolean
}

/** One target as a row of the table; hidden when the filter does not find it, so that the page's script can show it. */
export function renderRow(service: ServiceReport, view: RowView): Html {
  const text = searchText(service)
  const { status, severity, since, isSinceStart } = headlineOf(service)
  const attributes = html`class="row" data-status="${status}" data-text="${text}"`
  return html`<tr role="row" ${attributes}${matchesFilter(text, view.filter) ? null : html` hidden`}>
<td role="cell" class="bar">${statusMark(status, severity)}</td>
<th role="rowheader" scope="row">${renderName(service)}</th>
<td role="cell">${renderVersions(service)}</td>${
    view.hasImages
      ? html`
<td role="cell">${renderImages(service)}</td>`
      : null
  }
<td role="cell">${renderReason(service, view)}</td>
<td role="cell" class="times">${timeElement(since, `for ${isSinceStart ? 'at least ' : ''}${describeAge(view.now - since)}`)}${versionOf(service) === null ? null : renderChecked(service.reported, view)}</td>
</tr>
`
}

function renderName({ service, namespace, workload }: ServiceReport): Html {
  const detail = workload.name === service ? null : html` · ${workload.kind}/${workload.name}`
  return html`<span class="service">${service}</span><span class="detail">${namespace}${detail}</span>`
}

function renderReason(service: ServiceReport, { isExposed }: RowView): Html {
  const { message } = headlineOf(service)
  const others = service.findings.filter(finding => finding.message !== message && isWorthTelling(finding))
  const pods = versionOf(service)?.evidence.pods ?? null
  const leftOut = isExposed(service) ? null : html`<span class="stale">left out of /metrics: no alert can see it</span>`
  return html`<span class="message">${message}</span>${renderCulprit(service)}${leftOut}${others.map(renderFinding)}${pods === null ? null : renderPods(pods, targetKey(service))}${renderAddress(service)}`
}

function renderCulprit({ diagnosis }: ServiceReport): Html | null {
  if (diagnosis === null || diagnosis.culprit === 'none') return null
  return html`<span class="detail"><b>${diagnosis.culprit}</b>: ${diagnosis.message}</span>`
}

// A rollout is no fault, and explains what else is in the row.
function isWorthTelling({ severity, status }: Finding): boolean {
  return severity === 'critical' || severity === 'warning' || status === 'ROLLING'
}

function renderFinding({ guard, message }: Finding): Html {
  return html`<span class="${guard}">${message}</span>`
}

function renderAddress({ namespace, service, endpoint }: ServiceReport): Html | null {
  if (endpoint === null) return null
  if (!isLinkable(endpoint)) return html`<span class="detail">${endpoint}</span>`
  return html`<a id="endpoint:${namespace}/${service}" class="detail" href="${endpoint}" rel="noreferrer noopener">${endpoint}</a>`
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
