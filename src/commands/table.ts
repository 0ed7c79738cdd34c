import { styleText } from 'node:util'
import { findingBy, VERSION_STATUSES, type VersionStatus } from '../domain/finding.ts'
import { type ServiceReport, versionOf } from '../domain/report.ts'
import type { RolloutState } from '../domain/rollout.ts'
import { columnsOf, inPieces, padColumns } from '../text/columns.ts'
import { wrapHard } from '../text/entries.ts'

export type Style = Parameters<typeof styleText>[0]

/** Where a table is printed; if that is not a terminal, lines are as long as they need to be. */
export interface Screen extends NodeJS.WritableStream {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** A table for people. */
export interface Table {
  readonly headings: readonly string[]
  readonly rows: readonly Row[]
  /** Headings of columns that are left out before a name is cut, the least important first; absent: none. */
  readonly spare?: readonly string[]
  /** One line below the rows; absent: none. */
  readonly totals?: string
}

interface Row {
  /** Of the first cell. */
  readonly style: Style
  /** The last one is a sentence. */
  readonly cells: readonly string[]
}

const STYLES: Readonly<Record<VersionStatus, Style>> = {
  ERROR: ['bold', 'red'],
  MISMATCH: ['bold', 'yellow'],
  WARNING: 'yellow',
  UNKNOWN: 'magenta',
  OK: 'green'
}

const STATE_STYLES: Readonly<Record<RolloutState, Style>> = {
  STUCK: ['bold', 'yellow'],
  MIXED: 'yellow',
  UNKNOWN: 'magenta',
  ROLLING: 'cyan',
  STABLE: 'green'
}

const HEADINGS = ['STATUS', 'NAMESPACE', 'SERVICE', 'DEPLOYED', 'REPORTED', 'GIT SHA', 'MESSAGE']
// The message has both versions wherever they differ.
const SPARE = ['GIT SHA', 'REPORTED', 'DEPLOYED']
const ROLLOUT_HEADINGS = ['STATE', 'NAMESPACE', 'WORKLOAD', 'DEPLOYED', 'MESSAGE']

const GAP = '  '
// A sentence in fewer columns is hard to read; it then goes below its row.
const LEAST_SENTENCE = 30
const LEAST_CELL = 8
const SENTENCE_INDENT = '    '

/**
 * A table of the services that have an endpoint, in the order in which they are given; in colour where the stream is a
 * terminal. Its last line counts all of `counted`, which may be more than are shown.
 */
export function renderTable(
  services: readonly ServiceReport[],
  screen: Screen,
  counted: readonly ServiceReport[] = services
): string {
  const rows = services.flatMap(service => {
    const version = versionOf(service)
    if (version === null) return []
    const { namespace, deployed, reported } = service
    const cells = [
      version.status,
      namespace,
      service.service,
      deployed.imageTag ?? '-',
      reported?.version ?? '-',
      reported?.gitSha?.slice(0, 12) ?? '-',
      version.message
    ]
    return [{ style: STYLES[version.status], cells }]
  })
  const statuses = counted.flatMap(service => versionOf(service)?.status ?? [])
  const totals = describeTotals('service', statuses, VERSION_STATUSES)
  return renderColumns({ headings: HEADINGS, rows, spare: SPARE, totals }, screen)
}

/** A table of rollouts, in the order in which services are given; in colour where the stream is a terminal. */
export function renderRolloutTable(
  services: readonly ServiceReport[],
  screen: Screen,
  counted: readonly ServiceReport[] = services
): string {
  const rows = services.flatMap(({ findings, namespace, workload, deployed }) => {
    const rollout = findingBy(findings, 'rollout')
    if (rollout === null) return []
    const name = `${workload.kind}/${workload.name}`
    const cells = [rollout.status, namespace, name, deployed.imageTag ?? '-', rollout.message]
    return [{ style: STATE_STYLES[rollout.status], cells }]
  })
  const states = counted.flatMap(({ findings }) => findingBy(findings, 'rollout')?.status ?? [])
  const totals = describeTotals('workload', states, Object.keys(STATE_STYLES))
  return renderColumns({ headings: ROLLOUT_HEADINGS, rows, spare: SPARE, totals }, screen)
}

/** `7 services: 1 ERROR, 6 OK`; `order` has every status, the worst first. */
export function describeTotals(what: string, statuses: readonly string[], order: readonly string[]): string {
  const counts = order
    .map(status => ({ status, count: statuses.filter(one => one === status).length }))
    .filter(({ count }) => count > 0)
    .map(({ status, count }) => `${count} ${status}`)
  const sum = `${statuses.length} ${what}${statuses.length === 1 ? '' : 's'}`
  return counts.length === 0 ? sum : `${sum}: ${counts.join(', ')}`
}

/**
 * Lines in columns. Where they would be wider than the terminal, a row's last cell, a sentence, stands below it, in as
 * many lines as it takes; where that is not enough, columns that can be spared are left out, and then the widest cells
 * end in an ellipsis.
 */
export function renderColumns({ headings, rows, spare = [], totals }: Table, screen: Screen): string {
  // A terminal that nobody told its size, such as that of script(1) in a job, has 0 columns.
  const width = (screen.isTTY === true && screen.columns) || Number.POSITIVE_INFINITY
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map(({ cells }) => columnsOf(cells[column] ?? '')))
  )
  const before = widthOf(widths.slice(0, -1)) + GAP.length
  const isWide = before + (widths.at(-1) ?? 0) <= width
  const isSentenceBelow = !isWide && width - before < LEAST_SENTENCE
  const kept = isSentenceBelow
    ? leaveOut(
        spare.map(heading => headings.indexOf(heading)),
        widths.slice(0, -1),
        width
      )
    : null
  const columns =
    kept !== null
      ? fit(
          kept.map(column => widths[column] ?? 0),
          width
        )
      : isWide
        ? widths
        : widths.with(-1, width - before)
  const paint = (style: Style, text: string) => styleText(style, text, { stream: screen })
  const lineOf = (cells: readonly string[]) =>
    columns.map((column, index) => padColumns(cut(cells[kept?.[index] ?? index] ?? '', column), column))
  const lines = rows.flatMap(({ style, cells }) => {
    const sentence = cells.at(-1) ?? ''
    const lead = isSentenceBelow ? SENTENCE_INDENT : ' '.repeat(before)
    const parts = isWide ? [sentence] : wrapHard(sentence, width - lead.length)
    const own = isSentenceBelow ? cells : [...cells.slice(0, -1), parts.shift() ?? '']
    const [first = '', ...rest] = lineOf(own)
    return [[paint(style, first), ...rest].join(GAP).trimEnd(), ...parts.map(part => `${lead}${part}`)]
  })
  const heading = paint('bold', lineOf(headings).join(GAP).trimEnd())
  return `${[...(rows.length === 0 ? [] : [heading]), ...lines, ...(totals === undefined ? [] : [totals])].join('\n')}\n`
}

/** Which columns stay, by their places: those in `spare` are left out, in its order, until the others fit. */
function leaveOut(spare: readonly number[], widths: readonly number[], width: number): readonly number[] {
  let kept = widths.map((_, column) => column)
  for (const column of spare) {
    if (widthOf(kept.map(place => widths[place] ?? 0)) <= width) break
    kept = kept.filter(place => place !== column)
  }
  return kept
}

/** Widths whose columns fit: the widest give way first, but never the first column, which has the status. */
function fit([first = 0, ...widths]: readonly number[], width: number): number[] {
  const fitted = [first, ...widths]
  for (let over = widthOf(fitted) - width; over > 0; over -= 1) {
    const widest = Math.max(...fitted.slice(1))
    if (widest <= LEAST_CELL) break
    fitted[fitted.indexOf(widest, 1)] = widest - 1
  }
  return fitted
}

function widthOf(columns: readonly number[]): number {
  return columns.reduce((sum, column) => sum + column, 0) + GAP.length * Math.max(0, columns.length - 1)
}

function cut(text: string, width: number): string {
  return columnsOf(text) <= width ? text : `${inPieces(text, width - 1)[0]}…`
}
