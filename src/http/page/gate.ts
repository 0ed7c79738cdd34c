import type { BuildInfo } from '../../build-info.ts'
import type { Severity } from '../../domain/finding.ts'
import {
  type GateAction,
  type GateItem,
  type GateReport,
  type GateSection,
  type GateStanding,
  isTooOld
} from '../../domain/gate.ts'
import { shown } from '../../domain/text.ts'
import { renderAge } from './age.ts'
import { type Html, html } from './html.ts'
import { paceOf, renderShell } from './shell.ts'
import { STATUS_OF, statusMark } from './status-mark.ts'

/** All that the gate's page is made of. */
export interface GateView {
  readonly standing: GateStanding
  readonly buildInfo: BuildInfo
  /** Ages are counted to this moment, ms since the epoch. */
  readonly now: number
}

// The page shows the last run, and a new one comes once in an interval; but the age that it shows must stay true.
const REFRESH_SECONDS = 15

/** The gate for people: the verdict and its age, what to do, and every item with its evidence. */
export function renderGatePage({ standing, buildInfo, now }: GateView): string {
  const { report } = standing
  const isCurrent = report !== null && !isTooOld(standing, now)
  return renderShell({
    title: `${isCurrent ? report.verdict : 'No verdict'} · ${nameOf(standing)}`,
    headline: html`${headlineOf(standing, now)}`,
    // There before the first report, too: the script fills only what it finds.
    header: html`<p id="origin" class="detail" data-live>${report === null ? null : renderOrigin(standing, report, now)}</p>`,
    main: html`<div id="gate" data-live>${renderRefusals(standing)}${
      report === null
        ? html`<p class="empty">The first run is under way, or its requests are still waiting for answers.</p>`
        : renderReport(report)
    }</div>`,
    isWell: isCurrent && report.verdict === 'GO' && standing.refusals.length === 0,
    root: './',
    now,
    pace: paceOf(REFRESH_SECONDS),
    buildInfo
  })
}

/** The gate in one line. An old report has no verdict. */
export function headlineOf(standing: GateStanding, now: number): string {
  const { report } = standing
  const name = nameOf(standing)
  if (report === null) return `${name}: the gate has not run yet`
  if (isTooOld(standing, now)) return `${name}: no verdict, for the last run is too old`
  const count = report.reservations.length
  if (report.verdict === 'NO-GO') return `${name}: NO-GO`
  return `${name}: GO${count === 0 ? '' : ` with ${count} ${count === 1 ? 'reservation' : 'reservations'}`}`
}

function nameOf({ service, namespace }: GateStanding): string {
  return shown(namespace === null ? service : `${namespace}/${service}`)
}

function renderOrigin(standing: GateStanding, report: GateReport, now: number): Html {
  const at = Date.parse(report.date)
  const { commit, environment, validator } = report
  const facts = Object.entries({ commit, environment, validator }).map(([name, value]) =>
    value === null ? html`` : html` · ${name} ${value}`
  )
  const verdict = isTooOld(standing, now) ? html` It said ${report.verdict}; that says nothing about now.` : null
  return html`Looked ${renderAge(at, now)} ago${facts}.${verdict}`
}

function renderRefusals({ refusals }: GateStanding): Html | null {
  if (refusals.length === 0) return null
  return html`<div class="notice" data-level="critical"><strong>The gate’s file is refused; its last good version is in use</strong><ul>${refusals.map(line => html`<li>${line}</li>`)}</ul></div>`
}

function renderReport({ actions, reservations, sections, items }: GateReport): Html {
  const lines = (texts: readonly string[]) => html`<ul>${texts.map(text => html`<li>${text}</li>`)}</ul>`
  return html`${
    actions.length === 0
      ? null
      : html`<section class="gate"><h2>What to do</h2><ol>${actions.map(renderAction)}</ol></section>`
  }${
    reservations.length === 0 ? null : html`<section class="gate"><h2>Reservations</h2>${lines(reservations)}</section>`
  }${sections
    .filter(({ total }) => total > 0)
    .map(section =>
      renderSection(
        section,
        items.filter(item => item.section === section.section)
      )
    )}`
}

function renderAction({ action, blocking, items }: GateAction): Html {
  return html`<li><strong>${blocking ? 'Blocks: ' : ''}</strong>${action} <span class="detail">${items.join(', ')}</span></li>`
}

function renderSection({ section, total, pass, fail, skip }: GateSection, items: readonly GateItem[]): Html {
  const counts = [
    `${pass} of ${total} passed`,
    ...(fail > 0 ? [`${fail} failed`] : []),
    ...(skip > 0 ? [`${skip} not looked at`] : [])
  ]
  return html`<section class="gate"><h2>${section} <span class="detail">${counts.join(', ')}</span></h2><ul class="items">${items.map(renderItem)}</ul></section>`
}

function renderItem({ id, item, status, required, evidence, waiver }: GateItem): Html {
  const severity = severityOf(status, required)
  const waived =
    waiver === null
      ? null
      : html`<span class="detail">${waiver.expired ? 'waiver ended with' : 'waived until'} ${waiver.until}${waiver.by === null ? null : ` by ${waiver.by}`}: ${waiver.reason}</span>`
  return html`<li id="item-${id}" data-status="${STATUS_OF[severity]}">${statusMark(status, severity)}<div><b>${item}</b><span class="message">${evidence}</span><span class="detail">${id}${required ? null : ', optional'}</span>${waived}</div></li>`
}

function severityOf(status: GateItem['status'], required: boolean): Severity {
  if (status === 'PASS') return 'ok'
  if (status === 'SKIP') return 'unknown'
  return required ? 'critical' : 'warning'
}
