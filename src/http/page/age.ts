import { utcTime } from '../../text/times.ts'
import { type Html, html } from './html.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A length of time in the two units that matter: `12 s`, `5 min`, `2 h 5 min`, `3 d 4 h`. Less than nothing is `0 s`. */
export function describeAge(ms: number): string {
  if (ms < MINUTE_MS) return `${whole(Math.max(ms, 0), SECOND_MS)} s`
  if (ms < HOUR_MS) return `${whole(ms, MINUTE_MS)} min`
  if (ms < DAY_MS) return twoUnits(`${whole(ms, HOUR_MS)} h`, `${whole(ms % HOUR_MS, MINUTE_MS)} min`)
  return twoUnits(`${whole(ms, DAY_MS)} d`, `${whole(ms % DAY_MS, HOUR_MS)} h`)
}

/** A moment as a person reads it. */
export function renderTime(at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${utcTime(at)}</time>`
}

/** How long ago a moment is; the page's script counts on. */
export function renderAge(at: number, now: number): Html {
  const attributes = html`datetime="${new Date(at).toISOString()}" title="${utcTime(at)}"`
  return html`<time class="age" ${attributes}>${describeAge(now - at)}</time>`
}

function whole(ms: number, unitMs: number): number {
  return Math.floor(ms / unitMs)
}

function twoUnits(large: string, small: string): string {
  return small.startsWith('0 ') ? large : `${large} ${small}`
}
