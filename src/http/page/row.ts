import { hash } from 'node:crypto'
import { type Finding, isWorthTelling } from '../../domain/finding.ts'
import { alertOf, dashboardLink, type Links, runbookLink, servicePath } from '../../domain/links.ts'
import { type ReportedReport, type ServiceReport, versionOf } from '../../domain/report.ts'
import { targetKey } from '../../domain/target.ts'
import { SHOWN_LENGTH } from '../../domain/text.ts'
import { stateOfCulprit, statesOf } from '../filter.ts'
import { renderAge } from './age.ts'
import { headlineOf } from './headline.ts'
import { type Html, html } from './html.ts'
import { renderWords } from './identifiers.ts'
import { renderImages } from './images.ts'
import { renderPods } from './pods.ts'
import { renderBadge, statusMark } from './status-mark.ts'
import { renderVersions } from './versions.ts'

/** The moment at which a row is shown, and how. */
export interface RowView {
  readonly now: number
  /** A check that ended longer ago is marked as old knowledge. */
  readonly staleAfterMs: number
  /** Whether the table has a column of images. */
  readonly hasImages: boolean
  /** Whether alerts can see it. */
  readonly isExposed: (service: ServiceReport) => boolean
  readonly needsAttention: (service: ServiceReport) => boolean
  readonly links: Links
}

/**
 * One target as a row of the table. The script knows the row by its id, replaces it when its hash changes, and counts
 * its ages itself, so they are not part of the hash.
 */
export function renderRow(service: ServiceReport, view: RowView): Html {
  const { status, severity, since, isSinceStart } = headlineOf(service)
  const cells = html`<td role="cell" class="bar">${statusMark(status, severity)}</td>
<th role="rowheader" scope="row">${renderName(service)}</th>
<td role="cell">${renderVersions(service)}</td>${view.hasImages ? html`\n${renderImages(service)}` : null}
<td role="cell">${renderReason(service, view)}</td>`
  const id = digestOf(targetKey(service))
  const checkedAt = service.reported?.checkedAt ?? null
  const attributes = html`data-hash="${digestOf(`${since} ${isSinceStart} ${view.needsAttention(service)} ${cells}`)}" data-checked="${checkedAt}"`
  return html`<tr id="row-${id}" ${attributes} role="row" class="row" data-status="${status}"${view.needsAttention(service) ? html` data-attention` : null}>
${cells}
<td role="cell" class="times">${since === null ? null : html`for ${isSinceStart ? 'at least ' : ''}${renderAge(since, view.now)}`}${versionOf(service) === null ? null : renderChecked(service.reported, view)}</td>
</tr>
`
}

// Short, and made of letters that need no escape.
function digestOf(text: string): string {
  return hash('sha1', text, 'base64url').slice(0, 16)
}

function renderName({ service, namespace, workload }: ServiceReport): Html {
  const path = servicePath({ namespace, service })
  const name =
    path === null
      ? html`<bdi class="service">${service}</bdi>`
      : html`<a class="service" href="${path}"><bdi>${service}</bdi></a>`
  const detail = workload.name === service ? null : html` · ${workload.kind}/<bdi>${workload.name}</bdi>`
  return html`${name}<span class="detail"><bdi>${namespace}</bdi>${detail}</span>`
}

function renderReason(service: ServiceReport, view: RowView): Html {
  const { message } = headlineOf(service)
  const others = service.findings.filter(
    finding => isWorthTelling(finding) && !message.startsWith(finding.message) && !isToldByCulprit(finding, service)
  )
  const pods = versionOf(service)?.evidence.pods ?? null
  const leftOut = view.isExposed(service)
    ? null
    : html`<span class="stale">left out of /metrics: no alert can see it</span>`
  return html`<span class="message">${renderWords(message)}</span>${renderCulprit(service)}${leftOut}${others.map(renderFinding)}${pods === null ? null : renderPods(pods, statesOf(service))}${renderAddress(service)}${renderLinks(service, view.links)}`
}

function renderCulprit(service: ServiceReport): Html | null {
  const { diagnosis, findings } = service
  if (diagnosis === null || diagnosis.culprit === 'none') return null
  const badge = renderBadge(stateOfCulprit(diagnosis.culprit))
  // The headline has the reason already.
  if (diagnosis.culprit === 'endpoint') return html`<span class="more">${badge}</span>`
  const told = findings.filter(finding => isWorthTelling(finding) && isToldByCulprit(finding, service))
  // What nobody knows takes less room than what somebody should look at.
  const kind = diagnosis.culprit === 'unknown' ? 'detail' : 'more'
  return html`<span class="${kind}">${badge}${told.map(renderBadgeOf)}${renderWords(diagnosis.message)}</span>`
}

function isToldByCulprit({ message }: Finding, { diagnosis }: ServiceReport): boolean {
  return diagnosis?.message.startsWith(message) === true
}

function renderBadgeOf({ guard, status, severity }: Finding): Html {
  return html`${guard === 'version' ? null : renderBadge({ guard, status, severity })}`
}

function renderFinding(finding: Finding): Html {
  return html`<span class="more">${renderBadgeOf(finding)}${renderWords(finding.message)}</span>`
}

function renderAddress({ endpoint }: ServiceReport): Html | null {
  if (endpoint === null) return null
  if (!isLinkable(endpoint)) return html`<span class="detail">${endpoint}</span>`
  return html`<a class="detail" href="${endpoint}" rel="noreferrer noopener">${endpoint}</a>`
}

// Anything but http(s) could run in the page; an address of maximum length may have been cut.
function isLinkable(endpoint: string): boolean {
  return /^https?:\/\//i.test(endpoint) && endpoint.length < SHOWN_LENGTH
}

function renderLinks(service: ServiceReport, links: Links): Html | null {
  const alert = runbookAlertOf(service)
  const dashboard = dashboardLink(links, service)
  const runbook =
    alert === null ? null : html`<a href="${runbookLink(links, alert)}" rel="noreferrer noopener">Runbook</a>`
  if (runbook === null && dashboard === null) return null
  return html`<span class="links">${runbook}${dashboard === null ? null : html` <a href="${dashboard}" rel="noreferrer noopener">Dashboard</a>`}</span>`
}

// Of several runbooks, that of the first finding: findings are in the order in which they are told.
function runbookAlertOf(service: ServiceReport): string | null {
  const { findings, deployed } = service
  // As in the alerts, an endpoint that is down comes before its workload that is missing.
  if (deployed.found === false && versionOf(service)?.status !== 'ERROR') return 'KeyBuzzWorkloadMissing'
  for (const finding of findings) {
    const alert = alertOf(finding)
    if (alert !== null) return alert
  }
  return null
}

function renderChecked(reported: ReportedReport | null, { now, staleAfterMs }: RowView): Html {
  if (reported === null) return html`<span class="detail">not checked yet</span>`
  const isOld = now - reported.checkedAt > staleAfterMs
  return html`<span class="checked${isOld ? ' stale' : ''}"><span class="old">old: </span>checked ${renderAge(reported.checkedAt, now)} ago</span>`
}
