import type { BuildInfo } from '../../build-info.ts'
import type { GateStanding } from '../../domain/gate.ts'
import type { Links } from '../../domain/links.ts'
import type { Report } from '../../domain/report.ts'
import type { Shard } from '../../domain/shard.ts'
import { LONGEST_FILTER } from '../filter.ts'
import type { Readiness } from '../ports.ts'
import { headlineOf } from './gate.ts'
import { type Html, html } from './html.ts'
import { renderNotices } from './notices.ts'
import { paceOf, renderShell } from './shell.ts'
import { countAttention, renderCounts, summarise } from './summary.ts'
import { type Choice, describeFound, renderRows, renderTable } from './table.ts'

/** All that the page is made of. */
export interface PageView extends Choice {
  readonly report: Report
  readonly shard: Shard
  readonly readiness: Readiness
  readonly buildInfo: BuildInfo
  readonly links: Links
  /** Ages are counted to this moment, ms since the epoch. */
  readonly now: number
  /** How often the facts are read anew. */
  readonly refreshSeconds: number
  /** Whether people may ask for a check before its time. */
  readonly canCheck: boolean
  /** Absent: no gate runs here. */
  readonly gate?: GateStanding
}

/** The page for people: the services, worst first. */
export async function renderPage(view: PageView): Promise<string> {
  const { report, shard, buildInfo, filter, links, now } = view
  const attention = countAttention(report)
  const seesWell = view.readiness.ready && report.source.up
  const pace = paceOf(view.refreshSeconds)
  const rows = await renderRows(report, view, { now, staleAfterMs: pace.staleAfterMs, links })
  return renderShell({
    title: `${attention === 0 ? '' : `(${attention}) `}Version Guard`,
    headline: html`${summarise(report, seesWell)}${shard.total === 1 ? null : ' in this shard'}`,
    header: html`<ul id="counts" class="counts" aria-label="Services by status" data-live>${renderCounts(report, filter)}</ul>${view.gate === undefined ? null : html`<p id="gate" class="detail" data-live>Gate: <a id="gate-link" href="gate">${headlineOf(view.gate, now)}</a></p>`}`,
    main: html`<div id="notices" data-live>${renderNotices({ ...report, shard, readiness: view.readiness, now })}</div>
<div class="tools">
${renderFilter(filter)}
<output id="found" for="filter" data-live>${describeFound(rows, view)}</output>
${view.canCheck ? renderCheckNow(view) : null}
</div>
${renderTable(rows, view)}`,
    isWell: attention === 0 && seesWell,
    root: '',
    now,
    pace,
    buildInfo
  })
}

// A button, not a link, so that nothing that only looks for links follows it. It takes along what is shown, for it
// leads back here.
function renderCheckNow({ filter, showAll }: Choice): Html {
  const fields = Object.entries({ filter, show: showAll ? 'all' : '' }).filter(([, value]) => value !== '')
  return html`<form id="check-now" action="check-now">${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}<button>Check now</button></form>`
}

function renderFilter(filter: string): Html {
  return html`<form id="search" role="search">
<label for="filter">Filter</label>
<input id="filter" name="filter" type="search" value="${filter}" maxlength="${LONGEST_FILTER}" placeholder="service, image, version, words …" autocomplete="off" spellcheck="false" aria-describedby="filter-help" aria-keyshortcuts="/">
<noscript><button>Filter</button></noscript>
<p id="filter-help" class="hint">All words must be found. <code>status:error</code>, <code>namespace:shop</code>, <code>culprit:route</code>, <code>rollout:stuck</code> and the like match exactly. <span class="keys"><kbd>/</kbd> to filter, <kbd>Esc</kbd> to clear</span></p>
</form>`
}
