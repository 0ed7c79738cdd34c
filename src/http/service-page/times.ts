import { describeAge, utcTime } from '../page/age.ts'
import { type Html, html } from '../page/html.ts'

/** How long ago a moment is, which the page's script counts on; `at` as JSON has it. */
export function age(at: string, now: number): Html {
  const ms = Date.parse(at)
  return html`<time class="age" datetime="${at}" title="${utcTime(ms)}">${describeAge(now - ms)}</time>`
}

/** A moment, and when it is. */
export function moment(at: string): Html {
  return html`<time datetime="${at}">${utcTime(Date.parse(at))}</time>`
}

/** A duration as a person measures it: `42 ms`, `1.5 s`. */
export function duration(ms: number): string {
  if (ms < 1) return 'less than 1 ms'
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`
}
