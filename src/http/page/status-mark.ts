import type { Severity, VersionStatus } from '../../domain/finding.ts'
import { isNotable, type State } from '../filter.ts'
import { type Html, html } from './html.ts'

// Each status has a shape of its own, for those who do not see its colour: 16 by 16, filled, with a sign cut out.
const SHAPES: readonly (readonly [status: VersionStatus, outline: string, sign: string])[] = [
  ['ERROR', 'M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z', 'm5.4 5.4 5.2 5.2m0-5.2-5.2 5.2'],
  ['MISMATCH', 'M8 .1 15.9 8 8 15.9.1 8z', 'M5 6.6h6M5 9.4h6M9.7 4.6l-3.4 6.8'],
  ['WARNING', 'M8 .8 15.8 15H.2z', 'M8 6v4m0 2v.6'],
  [
    'UNKNOWN',
    'M3 1h10q2 0 2 2v10q0 2-2 2H3q-2 0-2-2V3q0-2 2-2z',
    'M5.9 6.2c.2-2.8 4.4-2.6 4.2 0C10 7.8 8 7.7 8 9.4m0 2.2v.6'
  ],
  ['OK', 'M8 .7a7.3 7.3 0 1 1 0 14.6A7.3 7.3 0 1 1 8 .7z', 'm4.8 8.3 2.2 2.2 4.2-4.8']
]

/** The definitions of the shapes, to be put into the page once. */
export function shapeDefinitions(): Html {
  const symbols = SHAPES.map(
    ([status, outline, sign]) =>
      html`<symbol id="shape-${status}" viewBox="0 0 16 16"><path d="${outline}"/><path class="sign" d="${sign}"/></symbol>`
  )
  return html`<svg class="shapes" aria-hidden="true">${symbols}</svg>`
}

/** The version guard's status whose shape and tone a severity has on the page. */
export const STATUS_OF: Readonly<Record<Severity, VersionStatus>> = {
  critical: 'ERROR',
  warning: 'WARNING',
  unknown: 'UNKNOWN',
  info: 'OK',
  ok: 'OK'
}

/**
 * A status as shape and word; the word says it all, so a screen reader skips the shape. A status without a shape of its
 * own has its severity's.
 */
export function statusMark(status: string, severity: Severity): Html {
  const shape = SHAPES.some(([known]) => known === status) ? status : STATUS_OF[severity]
  return html`<span class="status" data-shape="${shape}"><svg aria-hidden="true"><use href="#shape-${shape}"/></svg>${inWords(status)}</span>`
}

/** A state in its guard's words, coloured by its severity; nothing for what is usual. */
export function renderBadge({ guard, status, severity }: State): Html | null {
  if (!isNotable({ status, severity })) return null
  return html`<span class="badge" data-severity="${severity}">${guard} <b>${inWords(status)}</b></span> `
}

// Words of their own, so that a narrow column breaks between them.
function inWords(status: string): string {
  return status.replaceAll('_', ' ')
}
