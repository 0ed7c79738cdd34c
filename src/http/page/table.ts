import { imageFindings, type ServiceReport, worstFirst } from '../../domain/report.ts'
import { inSlices } from '../../event-loop.ts'
import { matchesFilter, searchText } from './filter.ts'
import { type Html, html } from './html.ts'
import { type RowView, renderRow } from './row.ts'

const COLUMNS = ['Status', 'Service', 'Version', 'Images', 'Why', 'Since']

const NO_TARGETS = html`<div class="empty"><p>Add a service in either way:</p>
<ul><li>name it in the file of <code>TARGETS_FILE</code>;</li>
<li>put the annotation <code>version-guard.keybuzz.io/endpoint</code> with the address of its debug endpoint on its workload.</li></ul></div>`

/** Every service as a row, worst first, and how many of them the filter shows. */
export interface Rows {
  readonly rows: readonly Html[]
  readonly shown: number
  /** Whether images are watched: without any, there is no column for them. */
  readonly hasImages: boolean
}

/** Renders in small slices of time: thousands of rows would keep a scrape and a kubelet waiting. */
export async function renderRows(services: readonly ServiceReport[], view: Omit<RowView, 'hasImages'>): Promise<Rows> {
  const rows: Html[] = []
  let shown = 0
  const hasImages = services.some(service => imageFindings(service).length > 0)
  await inSlices(worstFirst(services), service => {
    rows.push(renderRow(service, { ...view, hasImages }))
    if (matchesFilter(searchText(service), view.filter)) shown += 1
  })
  return { rows, shown, hasImages }
}

/**
 * The rows as a table; without any, how to add a service. The roles are spelt out because a browser forgets them where
 * the style makes rows into cards.
 */
export function renderTable({ rows, shown, hasImages }: Rows): Html {
  if (rows.length === 0) return NO_TARGETS
  const columns = COLUMNS.filter(name => hasImages || name !== 'Images')
  return html`<table role="table">
<caption>Services, worst first</caption>
<thead role="rowgroup"><tr role="row">${columns.map(name => html`<th role="columnheader" scope="col" class="${name.toLowerCase()}-column">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">
${rows}</tbody>
</table>
<p id="nothing-found" class="empty"${shown > 0 ? html` hidden` : null}>No service matches the filter. <a id="clear" href="?">Show all</a></p>`
}

/** How much of the table a filter leaves; empty without one. */
export function describeShown({ rows, shown }: Rows, filter: string): string {
  return filter.trim() === '' ? '' : `${shown} of ${rows.length} shown`
}
