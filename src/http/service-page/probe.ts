import type { ProbeStep, ServiceExplanation } from '../../explain/explanation.ts'
import { type Html, html } from '../page/html.ts'
import { age, duration } from './times.ts'

const WORDS: Readonly<Record<ProbeStep['what'], string>> = {
  address: 'Address',
  redirect: 'Redirect',
  lookup: 'Name',
  connection: 'Connection',
  tls: 'TLS',
  answer: 'Answer',
  report: 'Report',
  failure: 'Failed'
}

/** The last check of the endpoint, step by step. */
export function renderProbe({ probe }: ServiceExplanation, now: number): Html {
  const { checkedAt, durationMs, steps, note } = probe
  const when =
    checkedAt === null
      ? null
      : html`<p class="detail">${age(checkedAt, now)} ago${durationMs === null ? null : html`, took ${duration(durationMs)}`}</p>`
  return html`<section aria-labelledby="probe">
<h2 id="probe">The last check of the endpoint</h2>
${when}
${steps.length === 0 ? null : html`<ol class="steps">${steps.map(renderStep)}</ol>`}
${note === '' ? null : html`<p class="nothing">${sentence(note)}</p>`}
</section>`
}

function renderStep({ what, text, durationMs, details }: ProbeStep): Html {
  const more =
    details.length === 0
      ? null
      : html`<ul class="headers">${details.map(line => html`<li><bdi>${line}</bdi></li>`)}</ul>`
  const took = durationMs === null ? null : html` <span class="detail took">${duration(durationMs)}</span>`
  return html`<li class="step" data-step="${what}"><span class="key">${WORDS[what]}</span> <span class="told"><bdi>${text}</bdi>${took}${more}</span></li>`
}

/** A note as a sentence of its own. */
export function sentence(note: string): string {
  return `${note.slice(0, 1).toUpperCase()}${note.slice(1)}.`
}
