import type { ExplainedFinding, ServiceExplanation } from '../../explain/explanation.ts'
import { type Html, html } from '../page/html.ts'
import { renderWords } from '../page/identifiers.ts'
import { statusMark } from '../page/status-mark.ts'
import { age } from './times.ts'

/** What each guard finds, and on which evidence. */
export function renderFindings({ findings }: ServiceExplanation, now: number): Html {
  const list =
    findings.length === 0
      ? html`<p class="nothing">Nothing is checked for this service.</p>`
      : html`<ul>${findings.map(finding => renderFinding(finding, now))}</ul>`
  return html`<section aria-labelledby="findings">
<h2 id="findings">What the guards find</h2>
${list}
</section>`
}

/** Who finds what, in a line. */
export function renderFound({ guard, part, status, severity, message }: ExplainedFinding): Html {
  return html`<span class="key">${guard}${part === '' ? null : html` <bdi>${part}</bdi>`}</span> ${statusMark(status, severity)} <span class="message">${renderWords(message)}</span>`
}

function renderFinding(finding: ExplainedFinding, now: number): Html {
  const { status, severity, since, isSinceStart, asOf, evidence } = finding
  const proof =
    evidence.length === 0
      ? null
      : html`<ul class="evidence">${evidence.map(line => html`<li><bdi>${renderWords(line)}</bdi></li>`)}</ul>`
  return html`<li class="finding" data-status="${status}" data-severity="${severity}">
<p>${renderFound(finding)}</p>
<p class="detail">for ${isSinceStart ? 'at least ' : ''}${age(since, now)}${asOf === null ? null : html`, on facts of ${age(asOf, now)} ago`}</p>${proof}
</li>`
}
