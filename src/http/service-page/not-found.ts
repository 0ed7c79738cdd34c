import type { BuildInfo } from '../../build-info.ts'
import { servicePath } from '../../domain/links.ts'
import type { ServiceIdentity } from '../../domain/target.ts'
import { SERVICE_STYLE } from '../page/assets.ts'
import { html } from '../page/html.ts'
import { paceOf, renderShell } from '../page/shell.ts'
import { ROOT } from './page.ts'
import { sentence } from './probe.ts'

/** Why there is no page of a service. */
export interface Missing {
  readonly message: string
  /** 503: whether there is such a service is not known. */
  readonly code: 404 | 503
  /** Which may be meant instead; empty: none is like it. */
  readonly near: readonly ServiceIdentity[]
}

interface View {
  readonly buildInfo: BuildInfo
  readonly now: number
  readonly refreshSeconds: number
}

/** The page for a service that does not exist, or is not known: which ones may be meant, and the way back. */
export function renderNoService({ message, near, code }: Missing, { buildInfo, now, refreshSeconds }: View): string {
  const items = near.map(one => {
    const path = servicePath(one)
    const words = html`<bdi>${one.service}</bdi> in <bdi>${one.namespace}</bdi>`
    return html`<li>${path === null ? words : html`<a href="${ROOT}${path}">${words}</a>`}</li>`
  })
  const headline = code === 404 ? 'No such service' : 'Not known yet'
  return renderShell({
    title: `${headline}, Version Guard`,
    headline: html`${headline}`,
    // The script fills it as soon as there is such a service.
    header: html`<p id="what" class="detail" data-live></p>`,
    main: html`<div id="service" data-live><p>${sentence(message)}</p>
${near.length === 0 ? null : html`<p>Did you mean:</p><ul>${items}</ul>`}
<p><a href="${ROOT}">All services</a></p></div>`,
    style: SERVICE_STYLE,
    isWell: false,
    root: ROOT,
    now,
    pace: paceOf(refreshSeconds),
    buildInfo
  })
}
