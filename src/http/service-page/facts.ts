import type { ExplainedFact, FactGroup, ServiceExplanation } from '../../explain/explanation.ts'
import { type Html, html } from '../page/html.ts'
import { renderCopyable, renderWords, withShortDigests } from '../page/identifiers.ts'
import { age } from './times.ts'

/** Every fact with its source and its age, or why it is not seen. */
export function renderFacts({ facts }: ServiceExplanation, now: number): Html {
  return html`<section aria-labelledby="facts">
<h2 id="facts">What is known</h2>
<div class="groups">${facts.map(group => renderGroup(group, now))}</div>
</section>`
}

function renderGroup({ kind, question, facts }: FactGroup, now: number): Html {
  return html`<section class="group" aria-labelledby="fact-${kind}">
<h3 id="fact-${kind}">${kind}</h3><p class="detail">${question}</p>
<ul>${facts.map(fact => renderFact(fact, now))}</ul>
</section>`
}

function renderFact({ name, value, source, asOf, note }: ExplainedFact, now: number): Html {
  const said = value === null ? html`<span class="nothing">not seen</span>` : renderValue(name, value)
  return html`<li class="fact"><span class="key">${name}</span> ${said}${note === '' ? null : html`<span class="detail">${renderWords(note)}</span>`}<span class="detail source">${source}${asOf === null ? null : html`, ${age(asOf, now)} ago`}</span></li>`
}

// Longer than what a person types.
const LONG = 12

function renderValue(name: string, value: string): Html {
  return value.length > LONG ? renderCopyable(withShortDigests(value), value, name) : html`<code>${value}</code>`
}
