import type { BuildInfo } from '../../build-info.ts'
import type { GateStanding } from '../../domain/gate.ts'
import { isExposed, type Report, type ServiceReport } from '../../domain/report.ts'
import type { Shard } from '../../domain/shard.ts'
import type { Readiness } from '../ports.ts'
import { headlineOf } from './gate.ts'
import { html } from './html.ts'
import { renderNotices } from './notices.ts'
import { paceOf, renderShell } from './shell.ts'
import { countAttention, renderCounts, summarise } from './summary.ts'
import { describeShown, renderRows, renderTable } from './table.ts'

/** All that the page is made of. */
export interface PageView {
  readonly report: Report
  readonly shard: Shard
  readonly readiness: Readiness
  readonly buildInfo: BuildInfo
  /** Ages are counted to this moment, ms since the epoch. */
  readonly now: number
  /** The filter as it was asked for; empty: everything is shown. */
  readonly filter: string
  readonly refreshSeconds: number
  /** Absent: no gate runs here. */
  readonly gate?: GateStanding
}

/** The page for people: every service, worst first. */
export async function renderPage(view: PageView): Promise<string> {
  const { report, shard, buildInfo, filter, now } = view
  const attention = countAttention(report)
  const seesWell = view.readiness.ready && report.source.up
  const { refreshSeconds, staleAfterMs } = paceOf(view.refreshSeconds)
  const rowView = { now, filter, staleAfterMs, isExposed: (service: ServiceReport) => isExposed(report, service) }
  const rows = await renderRows(report.services, rowView)
  return renderShell({
    title: `${attention === 0 ? '' : `(${attention}) `}Version Guard`,
    headline: html`${summarise(report, seesWell)}${shard.total === 1 ? null : ' in this shard'}`,
    header: html`<ul id="counts" class="counts" aria-label="Services by status" data-live>${renderCounts(report, filter)}</ul>${view.gate === undefined ? null : html`<p id="gate" class="detail" data-live>Gate: <a id="gate-link" href="gate">${headlineOf(view.gate, now)}</a></p>`}`,
    main: html`<div id="notices" data-live>${renderNotices({ ...report, shard, readiness: view.readiness, now })}</div>
<form role="search">
<label for="filter">Filter</label>
<input id="filter" name="filter" type="search" value="${filter}" maxlength="200" placeholder="service, namespace, status, version …" autocomplete="off" spellcheck="false" aria-keyshortcuts="/">
<noscript><button>Filter</button></noscript>
<span class="hint"><kbd>/</kbd> to filter, <kbd>Esc</kbd> to clear</span>
<output id="shown" for="filter">${describeShown(rows, filter)}</output>
</form>
<div id="services" data-live>${renderTable(rows)}</div>`,
    isWell: attention === 0 && seesWell,
    root: '',
    now,
    refreshSeconds,
    buildInfo
  })
}
