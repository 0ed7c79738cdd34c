import type { BuildInfo } from '../../build-info.ts'
import { servicePath } from '../../domain/links.ts'
import { SERVICE_STYLE } from '../page/assets.ts'
import { html } from '../page/html.ts'
import { paceOf, renderShell } from '../page/shell.ts'
import { ROOT } from './page.ts'

interface Missing {
  readonly message: string
  readonly near: readonly { readonly namespace: string; readonly service: string }[]
}

interface View {
  readonly buildInfo: BuildInfo
  readonly now: number
  readonly refreshSeconds: number
}

/** The page of a service that there is not: which may be meant, and the way back. */
export function renderNoService({ message, near }: Missing, { buildInfo, now, refreshSeconds }: View): string {
  const items = near.map(one => {
    const path = servicePath(one)
    const words = html`<bdi>${one.service}</bdi> in <bdi>${one.namespace}</bdi>`
    return html`<li>${path === null ? words : html`<a href="${ROOT}${path}">${words}</a>`}</li>`
  })
  return renderShell({
    title: 'No such service, Version Guard',
    headline: html`No such service`,
    header: null,
    main: html`<div id="service" data-live><p>${message.slice(0, 1).toUpperCase()}${message.slice(1)}.</p>
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
