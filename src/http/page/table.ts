import { imageFindings, isExposed, type Report, type ServiceReport, worstFirst } from '../../domain/report.ts'
import { inSlices } from '../../event-loop.ts'
import { createFilter, LONGEST_FILTER } from '../filter.ts'
import { type Html, html } from './html.ts'
import { type RowView, renderRow } from './row.ts'
import { needsAttention, writeCount } from './summary.ts'

const COLUMNS = ['Status', 'Service', 'Version', 'Images', 'Why', 'Since']

// As many rows as a phone renders in a second or two; nobody reads more there.
const MOST_BAD = 400
const MOST_OTHERS = 200
// Of all rows together, however long each is.
const MOST_CHARACTERS = 1_000_000

const NO_TARGETS = html`<div class="empty"><p>Add a service in one of two ways:</p>
<ul><li>name it in the file of <code>TARGETS_FILE</code>;</li>
<li>give its workload the annotation <code>version-guard.keybuzz.io/endpoint</code> with the address of its debug endpoint; on a Docker host, its container takes the same as a label.</li></ul></div>`

/** Which services a page shows. */
export interface Choice {
  readonly filter: string
  /** Whether it was longer, and only its beginning counts; absent: it is whole. */
  readonly isFilterCut?: boolean
  /** Whether everything is shown that the filter finds, however much it is. */
  readonly showAll: boolean
}

/** The rows that are shown, worst first, and how many services are not. */
export interface Rows {
  readonly rows: readonly Html[]
  /** Whether images are watched: without any, there is no column for them. */
  readonly hasImages: boolean
  readonly total: number
  /** How many the filter finds. */
  readonly found: number
  /** Found but not shown: those that need attention, and the others. */
  readonly notShown: { readonly bad: number; readonly others: number }
  /** Whether workloads were ever read: without that, nobody knows whether a service is missing. */
  readonly isRead: boolean
}

/**
 * Renders what needs attention and some of the rest, or all of it. Works in small slices of time: thousands of rows would
 * keep a scrape and a kubelet waiting.
 */
export async function renderRows(
  report: Report,
  { filter, showAll }: Choice,
  view: Omit<RowView, 'hasImages' | 'isExposed' | 'needsAttention'>
): Promise<Rows> {
  const { services } = report
  const matches = createFilter(filter)
  const found: ServiceReport[] = []
  await inSlices(services, service => {
    if (matches(service)) found.push(service)
  })
  const hasImages = services.some(service => imageFindings(service).length > 0)
  const rowView = {
    ...view,
    hasImages,
    isExposed: (service: ServiceReport) => isExposed(report, service),
    needsAttention: (service: ServiceReport) => needsAttention(report, service)
  }
  const rows: Html[] = []
  const notShown = { bad: 0, others: 0 }
  const shown = { bad: 0, others: 0 }
  let characters = 0
  await inSlices(worstFirst(found), service => {
    const kind = needsAttention(report, service) ? 'bad' : 'others'
    const most = kind === 'bad' ? MOST_BAD : MOST_OTHERS
    if (!showAll && (shown[kind] === most || characters > MOST_CHARACTERS)) {
      notShown[kind] += 1
      return
    }
    const row = renderRow(service, rowView)
    rows.push(row)
    shown[kind] += 1
    characters += row.toString().length
  })
  const isRead = report.source.lastSyncAt !== null
  return { rows, hasImages, total: services.length, found: found.length, notShown, isRead }
}

/**
 * The rows as a table, in parts that the script refreshes; without any service, how to add one. The roles are spelt out
 * because a browser forgets them where the style turns a table into something else.
 */
export function renderTable(rows: Rows, choice: Choice): Html {
  const columns = COLUMNS.filter(name => rows.hasImages || name !== 'Images')
  const kind = rows.rows.length === 0 ? 'without-rows' : rows.hasImages ? 'with-images' : ''
  return html`<table id="services" role="table" class="${kind}">
<caption>Services, worst first</caption>
<thead role="rowgroup"><tr id="columns" role="row" data-live>${columns.map(name => html`<th role="columnheader" scope="col">${name}</th>`)}</tr></thead>
${inParts(rows.rows)}
</table>
<div id="more" data-live>${renderMore(rows, choice)}</div>`
}

// A browser draws this many rows, or leaves them undrawn, together: to decide for each row would cost more than it
// saves.
const ROWS_OF_A_PART = 40

function inParts(rows: readonly Html[]): Html {
  const parts = Array.from({ length: Math.max(1, Math.ceil(rows.length / ROWS_OF_A_PART)) }, (_, index) =>
    rows.slice(index * ROWS_OF_A_PART, (index + 1) * ROWS_OF_A_PART)
  )
  return html`${parts.map(part => html`<tbody role="rowgroup">\n${part}</tbody>`)}`
}

/** How many services a filter finds; empty without one. */
export function describeFound({ found, total }: Rows, { filter, isFilterCut = false }: Choice): string {
  if (filter.trim() === '' && !isFilterCut) return ''
  const by = isFilterCut ? ` by its first ${LONGEST_FILTER} characters: the filter is longer` : ''
  return `${writeCount(found)} of ${writeCount(total)} found${by}`
}

function renderMore({ total, found, notShown, isRead }: Rows, { filter }: Choice): Html | null {
  if (total === 0) return isRead ? NO_TARGETS : null
  if (found === 0) return html`<p class="empty">No service matches the filter. <a id="clear" href="?">Show all</a></p>`
  const parts = [
    notShown.bad === 0 ? [] : [`${writeCount(notShown.bad)} more that need attention`],
    notShown.others === 0
      ? []
      : [`${writeCount(notShown.others)} ${notShown.bad === 0 ? 'more that need no attention' : 'that do not'}`]
  ].flat()
  if (parts.length === 0) return null
  const query = new URLSearchParams({ ...(filter === '' ? {} : { filter }), show: 'all' })
  return html`<p class="empty">Not shown: ${parts.join(', and ')}. <a id="show-all" href="?${query.toString()}">Show all ${writeCount(found)}</a></p>`
}
