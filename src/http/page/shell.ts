import type { BuildInfo } from '../../build-info.ts'
import { renderTime } from './age.ts'
import { PAGE_SCRIPT, PAGE_STYLE } from './assets.ts'
import { type Html, html, trusted } from './html.ts'
import { shortSha } from './identifiers.ts'
import { shapeDefinitions } from './status-mark.ts'

/** What every page has around its own content. */
export interface Shell {
  /** In the browser's tab. */
  readonly title: string
  /** The state of everything on the page in one line; the script says in front of it when it is no longer current. */
  readonly headline: Html
  /** Below the headline. */
  readonly header: Html | null
  /** The page's content. What changes stands in elements with an `id` and `data-live`: the script refreshes those. */
  readonly main: Html
  /** One more style of ours; its hash must be in the Content-Security-Policy. Absent: none. */
  readonly style?: string
  /** Whether everything is well and seen to be so: the icon is green, otherwise red. */
  readonly isWell: boolean
  /** From the page's address to the guard's root: empty for the root itself, otherwise such as `../../`. */
  readonly root: string
  /** The moment of everything on the page, ms since the epoch by the guard's clock. */
  readonly now: number
  readonly pace: Pace
  readonly buildInfo: BuildInfo
}

/** How old things may be. */
export interface Pace {
  /** How often the script asks for the page again; whole. */
  readonly refreshSeconds: number
  /** What was last checked, or answered, longer ago than this is called old. */
  readonly staleAfterMs: number
}

// A page that reloads more often than this cannot be read.
const SHORTEST_REFRESH_SECONDS = 5
const STALE_AFTER_INTERVALS = 3

/** The pace of a page whose facts are read anew every `checkSeconds` seconds. */
export function paceOf(checkSeconds: number): Pace {
  const refreshSeconds = Math.ceil(Math.max(checkSeconds, SHORTEST_REFRESH_SECONDS))
  return { refreshSeconds, staleAfterMs: STALE_AFTER_INTERVALS * refreshSeconds * 1000 }
}

/** A page that is one answer and asks for nothing else; it works without its script. */
export function renderShell(shell: Shell): string {
  const { title, headline, header, main, root, now, pace, buildInfo } = shell
  const { refreshSeconds, staleAfterMs } = pace
  const attributes = html`data-now="${now}" data-refresh-seconds="${refreshSeconds}" data-stale-after-ms="${staleAfterMs}"`
  return html`<!doctype html>
<html lang="en" dir="ltr" ${attributes} data-version="${buildInfo.version}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<noscript><meta http-equiv="refresh" content="${refreshSeconds}"></noscript>
<title>${title}</title>
<link rel="icon" href="${icon(shell.isWell ? WELL : NOT_WELL)}" data-when-outdated="${icon(OUTDATED)}">
<style>${trusted(PAGE_STYLE)}</style>${shell.style === undefined ? null : html`<style>${trusted(shell.style)}</style>`}
</head>
<body>
${shapeDefinitions()}
<header>
<h1>${root === '' ? 'KeyBuzz Version Guard' : html`<a href="${root}">KeyBuzz Version Guard</a>`}</h1>
<p class="summary" role="status"><span id="outdated" hidden>Not current. Last known: </span><span id="summary" data-live>${headline}</span></p>
${header}
</header>
<main>
<p id="trouble" class="notice" data-level="critical" role="alert" hidden></p>
<p id="said" role="status"></p>
${main}
</main>
<footer>
<p id="generated" data-live>As of ${renderTime(now)}; refreshes every ${refreshSeconds} s</p>
<nav aria-label="Also here"><a href="${root}metrics">Metrics</a> <a href="${root}api/v1/status">Status as JSON</a> <a href="${root}readyz">Readiness</a></nav>
<p>Version ${buildInfo.version}${buildInfo.gitSha === null ? null : ` (${shortSha(buildInfo.gitSha)})`}, read-only</p>
</footer>
<script>${trusted(PAGE_SCRIPT)}</script>
</body>
</html>
`.toString()
}

const WELL = '<circle cx="8" cy="8" r="7" fill="#1d7044"/>'
const NOT_WELL = '<circle cx="8" cy="8" r="7" fill="#b3261e"/>'
// Neither colour: nobody knows.
const OUTDATED = '<circle cx="8" cy="8" r="5.5" fill="#fff" stroke="#6b7280" stroke-width="3" stroke-dasharray="3 2"/>'

function icon(shape: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${shape}</svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
