import { type ServiceReport, worstFirst } from '../../domain/report.ts'
import { matchesFilter, searchText } from './filter.ts'
import { type Html, html } from './html.ts'
import { type RowView, renderRow } from './row.ts'

const COLUMNS = ['Status', 'Service', 'Version', 'Why', 'Since']

const NO_TARGETS = html`<div class="empty"><p>Add a service in either way:</p>
<ul><li>name it in the file of <code>TARGETS_FILE</code>;</li>
<li>put the annotation <code>version-guard.keybuzz.io/endpoint</code> with the address of its debug endpoint on its workload.</li></ul></div>`

/**
 * Every service as a row, worst first; without services, how to add one. The roles are spelt out because
 * a browser forgets them where the style makes rows into cards.
 */
export function renderTable(services: readonly ServiceReport[], view: RowView): Html {
  if (services.length === 0) return NO_TARGETS
  const found = countShown(services, view.filter) > 0
  return html`<table role="table">
<caption>Services, worst first</caption>
<thead role="rowgroup"><tr role="row">${COLUMNS.map(name => html`<th role="columnheader" scope="col">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">
${worstFirst(services).map(service => renderRow(service, view))}</tbody>
</table>
<p id="nothing-found" class="empty"${found ? html` hidden` : null}>No service matches the filter. <a id="clear" href="?">Show all</a></p>`
}

/** How much of the table a filter leaves; empty without one. */
export function describeShown(services: readonly ServiceReport[], filter: string): string {
  return filter.trim() === '' ? '' : `${countShown(services, filter)} of ${services.length} shown`
}

function countShown(services: readonly ServiceReport[], filter: string): number {
  return services.filter(service => matchesFilter(searchText(service), filter)).length
}
