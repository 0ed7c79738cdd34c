import type { BuildInfo } from '../../build-info.ts'
import { isExposed, type Report, type ServiceReport } from '../../domain/report.ts'
import type { Shard } from '../../domain/shard.ts'
import type { Readiness } from '../ports.ts'
import { timeElement, utcTime } from './age.ts'
import { PAGE_SCRIPT, PAGE_STYLE } from './assets.ts'
import { html, trusted } from './html.ts'
import { renderNotices } from './notices.ts'
import { shapeDefinitions } from './status-mark.ts'
import { countAttention, renderCounts, summarise } from './summary.ts'
import { describeShown, renderRows, renderTable } from './table.ts'
import { shortSha } from './versions.ts'

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
}

// A page that reloads more often than this cannot be read.
const SHORTEST_REFRESH_SECONDS = 5
const STALE_AFTER_INTERVALS = 3

/** The page for people, whole and without another request; it works without its script. */
export async function renderPage(view: PageView): Promise<string> {
  const { report, shard, buildInfo, filter, now } = view
  const attention = countAttention(report)
  const seesWell = view.readiness.ready && report.source.up
  const refreshSeconds = Math.max(view.refreshSeconds, SHORTEST_REFRESH_SECONDS)
  const staleAfterMs = STALE_AFTER_INTERVALS * refreshSeconds * 1000
  const rowView = { now, filter, staleAfterMs, isExposed: (service: ServiceReport) => isExposed(report, service) }
  const rows = await renderRows(report.services, rowView)
  const page = html`<!doctype html>
<html lang="en" data-refresh-seconds="${refreshSeconds}" data-version="${buildInfo.version}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<noscript><meta http-equiv="refresh" content="${Math.ceil(refreshSeconds)}"></noscript>
<title>${attention === 0 ? null : `(${attention}) `}Version Guard</title>
<link rel="icon" href="${icon(attention === 0 && seesWell ? '#1d7044' : '#b3261e')}">
<style>${trusted(PAGE_STYLE)}</style>
</head>
<body>
${shapeDefinitions()}
<header>
<h1>KeyBuzz Version Guard</h1>
<p id="summary" class="summary" role="status" data-live>${summarise(report, seesWell)}${shard.total === 1 ? null : ' in this shard'}</p>
<ul id="counts" class="counts" aria-label="Services by status" data-live>${renderCounts(report, filter)}</ul>
</header>
<main>
<p id="trouble" class="notice" data-level="critical" role="alert" hidden></p>
<div id="notices" data-live>${renderNotices({ ...report, shard, readiness: view.readiness, now })}</div>
<form role="search">
<label for="filter">Filter</label>
<input id="filter" name="filter" type="search" value="${filter}" maxlength="200" placeholder="service, namespace, status, version …" autocomplete="off" spellcheck="false" aria-keyshortcuts="/">
<noscript><button>Filter</button></noscript>
<span class="hint"><kbd>/</kbd> to filter, <kbd>Esc</kbd> to clear</span>
<output id="shown" for="filter">${describeShown(rows, filter)}</output>
</form>
<div id="services" data-live>${renderTable(rows)}</div>
</main>
<footer>
<p id="generated" data-live>As of ${timeElement(now, utcTime(now))}; refreshes every ${refreshSeconds} s</p>
<nav aria-label="Also here"><a href="metrics">Metrics</a> <a href="api/v1/status">Status as JSON</a> <a href="readyz">Readiness</a></nav>
<p>Version ${buildInfo.version}${buildInfo.gitSha === null ? null : ` (${shortSha(buildInfo.gitSha)})`}, read-only</p>
</footer>
<script>${trusted(PAGE_SCRIPT)}</script>
</body>
</html>
`
  return page.toString()
}

// In the browser's tab: green when all is well and seen to be so, else red.
function icon(colour: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="${colour}"/></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
