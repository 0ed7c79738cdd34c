import type { ExplainedChange, ExplainedCommand, LiveRevision, ServiceExplanation } from '../../explain/explanation.ts'
import { type Html, html } from '../page/html.ts'
import { renderCopyable, renderWords, withShortDigests } from '../page/identifiers.ts'
import { sentence } from './probe.ts'
import { age, moment } from './times.ts'

/** Runbooks of what is wrong, and the dashboard; their addresses are the operator's. */
export function renderLinks({ links }: ServiceExplanation): Html | null {
  if (links.length === 0) return null
  const items = links.map(({ kind, text, href }) => {
    const words = kind === 'runbook' ? `Runbook ${text}` : text
    return html`<li><a href="${href}" rel="noreferrer noopener">${words}</a></li>`
  })
  return html`<ul class="links">${items}</ul>`
}

/** What a person may run, ready to be copied. */
export function renderCommands({ commands }: ServiceExplanation): Html | null {
  if (commands.length === 0) return null
  const of = (kind: ExplainedCommand['kind'], title: string) => {
    const some = commands.filter(command => command.kind === kind)
    return some.length === 0 ? null : html`<h3>${title}</h3><ul class="commands">${some.map(renderCommand)}</ul>`
  }
  return html`<section aria-labelledby="commands">
<h2 id="commands">What you can run</h2>
${of('check', 'To check')}
${of('back', 'To go back')}
</section>`
}

function renderCommand({ purpose, command, note }: ExplainedCommand): Html {
  return html`<li class="command"><span>${purpose}</span><span class="line">${renderCopyable(command, command, 'the command')}</span>${note === '' ? null : html`<span class="detail">${note}</span>`}</li>`
}

/** What changed of late, the newest first. */
export function renderChanges({ changes }: ServiceExplanation, now: number): Html {
  const { items, note } = changes
  return html`<section aria-labelledby="changes">
<h2 id="changes">What changed</h2>
${items.length === 0 ? null : html`<ol class="changes">${items.map(change => renderChange(change, now))}</ol>`}
${note === '' ? null : html`<p class="nothing">${sentence(note)}</p>`}
</section>`
}

function renderChange({ at, what, from, to, message }: ExplainedChange, now: number): Html {
  return html`<li class="change"><span class="detail">${age(at, now)} ago, ${moment(at)}</span><span><span class="key">${what}</span> <code>${withShortDigests(from)}</code> → <code>${withShortDigests(to)}</code></span>${message === '' ? null : html`<span class="detail">${renderWords(message)}</span>`}</li>`
}

/** What was live when, the newest first. */
export function renderRevisions({ revisions }: ServiceExplanation, now: number): Html {
  const { items, note } = revisions
  return html`<section aria-labelledby="revisions">
<h2 id="revisions">What was live when</h2>
${items.length === 0 ? null : html`<ol class="changes">${items.map(revision => renderRevision(revision, now))}</ol>`}
${note === '' ? null : html`<p class="nothing">${sentence(note)}</p>`}
</section>`
}

function renderRevision({ number, name, images, from, to, isCurrent, pods }: LiveRevision, now: number): Html {
  const begin = from === null ? html`since when is not known` : html`from ${moment(from)}`
  const end = isCurrent
    ? html` until now${from === null ? null : html` (${age(from, now)})`}`
    : to === null
      ? null
      : html` until ${moment(to)}`
  const count = pods === null ? null : html`, ${pods} ${pods === 1 ? 'pod' : 'pods'} now`
  const what =
    images.length === 0
      ? html`<span class="nothing">image not read</span>`
      : images.map(image => html`<code>${withShortDigests(image)}</code> `)
  return html`<li class="change"><span>${number === null ? null : html`<span class="key">revision ${number}</span> `}${what}</span><span class="detail">${begin}${end}${count} · <bdi>${name}</bdi></span></li>`
}
