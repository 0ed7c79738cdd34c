import type { FindingBy } from '../../domain/finding.ts'
import { imageFindings, type ServiceReport } from '../../domain/report.ts'
import { type Html, html } from './html.ts'
import { renderBadge } from './status-mark.ts'

type ImageFinding = FindingBy<'image-update'>

/**
 * A cell that says for each container whose image is watched what is newer, whether its tag moved, or why that is not
 * known.
 */
export function renderImages(service: ServiceReport): Html {
  const findings = imageFindings(service)
  if (findings.length === 0)
    return html`<td role="cell" class="unwatched"><span class="nothing">not watched</span></td>`
  return html`<td role="cell">${findings.map(finding => renderImage(finding, findings.length > 1))}</td>`
}

function renderImage({ evidence, status, severity, message }: ImageFinding, isOneOfSeveral: boolean): Html {
  const { container, newer, notes } = evidence
  const name = isOneOfSeveral ? html`<span class="key">${container}</span> ` : null
  const drift = status === 'DRIFTED' ? html` <span class="moved">tag moved</span>` : null
  const badge = renderBadge({ guard: 'image-update', status, severity })
  return html`<span class="image" title="${message}">${badge}${name}${renderNewest(status, newer)}${drift}${renderNotes(notes)}</span>`
}

function renderNewest(status: ImageFinding['status'], newer: ImageFinding['evidence']['newer']): Html | null {
  const { latest = null, sameMajor = null } = newer ?? {}
  if (latest === null) {
    if (status === 'DRIFTED') return null
    return html`<span class="nothing">${status === 'UNKNOWN' ? 'unknown' : 'up to date'}</span>`
  }
  const nearer =
    sameMajor === null || sameMajor === latest ? null : html` <span class="key">or</span> <code>${sameMajor}</code>`
  return html`<code>${latest}</code>${nearer}`
}

// The address is the publisher's; the finding has let only http and https through.
function renderNotes(notes: string): Html | null {
  return notes === '' ? null : html` <a class="detail" href="${notes}" rel="noreferrer noopener">notes</a>`
}
