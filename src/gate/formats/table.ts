import { styleText } from 'node:util'
import {
  GATE_SECTIONS,
  type GateItem,
  type GateReport,
  type GateSection,
  type GateStatus,
  isBlocking
} from '../../domain/gate.ts'
import { columnsOf } from '../../text/columns.ts'
import { wrapHard } from '../../text/entries.ts'
import { firstFew } from '../../text/lines.ts'
import { marksOf, percent, reasonOf, totalOf, verdictOf } from './words.ts'

/** Where a table goes: `columns` is absent if it is no terminal, and then no line is broken. */
export type TableStream = NodeJS.WritableStream & { readonly columns?: number }

type Style = Parameters<typeof styleText>[0]

const STYLES: Readonly<Record<GateStatus, Style>> = { FAIL: ['bold', 'red'], SKIP: 'yellow', PASS: 'green' }
const HEADINGS = ['SECTION', 'PASS', 'FAIL', 'SKIP', 'TOTAL', 'RATE']
const LEAST_WIDTH = 40
const INDENT = 8

/** The report for a person: items by section, then rates, reservations, actions and the verdict, which stays on the screen. */
export function renderGateTable(report: GateReport, service: string, stream: TableStream): string {
  const paint = (style: Style, text: string) => styleText(style, text, { stream })
  const width = stream.columns === undefined ? Number.POSITIVE_INFINITY : Math.max(LEAST_WIDTH, stream.columns)
  const { reservations, actions } = report
  const sections = GATE_SECTIONS.flatMap(section => {
    const items = report.items.filter(item => item.section === section)
    return items.length === 0
      ? []
      : [[paint('bold', section), ...items.flatMap(item => renderItem(item, width, paint))]]
  })
  const blocks = [
    headerOf(report, service),
    ...sections,
    renderRates(report.sections, width, paint),
    reservations.length === 0 ? [] : [paint('bold', 'Reservations'), ...bulleted(reservations, width)],
    actions.length === 0
      ? []
      : [
          paint('bold', 'Actions'),
          ...bulleted(
            actions.map(
              ({ action, blocking, items }) => `${blocking ? '[blocking] ' : ''}${action} (${firstFew(items)})`
            ),
            width
          )
        ],
    renderVerdict(report, width, paint)
  ]
  return `${blocks
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')}\n`
}

type Paint = (style: Style, text: string) => string

function headerOf({ date, commit, environment, validator }: GateReport, service: string): string[] {
  const said = [
    ['service', service],
    ['date', date],
    ['commit', commit],
    ['environment', environment],
    ['validator', validator]
  ] as const
  return said.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(11)}  ${value}`]))
}

function renderItem(item: GateItem, width: number, paint: Paint): string[] {
  const { id, status, evidence } = item
  const marks = marksOf(item).length === 0 ? '' : `(${marksOf(item).join(', ')})`
  const style = isBlocking(item) || status !== 'FAIL' ? STYLES[status] : 'yellow'
  const head = `  ${paint(style, status)}  ${paint('bold', id)}`
  const below = (text: string) => wrapHard(text, width - INDENT).map(line => `${' '.repeat(INDENT)}${line}`)
  const hasRoom = INDENT + columnsOf(`${id} ${marks}`) <= width
  return [...(hasRoom ? [`${head} ${marks}`.trimEnd()] : [head, ...below(marks)]), ...below(evidence)]
}

function renderRates(sections: readonly GateSection[], width: number, paint: Paint): string[] {
  const rows = [...sections, { section: 'all', ...totalOf(sections) }].map(
    ({ section, pass, fail, skip, total, rate }) => [section, pass, fail, skip, total, percent(rate)].map(String)
  )
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map(cells => cells[column]?.length ?? 0))
  )
  const widthOf = (count: number) => widths.slice(0, count).reduce((sum, own) => sum + own + 2, -2)
  // The total and the rate tell nothing that the others do not.
  const count = [HEADINGS.length, HEADINGS.length - 1].find(most => widthOf(most) <= width) ?? HEADINGS.length - 2
  const line = (cells: readonly string[]) =>
    cells
      .slice(0, count)
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  return [paint('bold', line(HEADINGS)), ...rows.map(line)]
}

function renderVerdict(report: GateReport, width: number, paint: Paint): string[] {
  const verdict = verdictOf(report)
  const [first = '', ...more] = wrapHard(`${verdict}: ${reasonOf(report)}`, width)
  return [`${paint(styleOfVerdict(report), verdict)}${first.slice(verdict.length)}`, ...more]
}

function bulleted(texts: readonly string[], width: number): string[] {
  return texts.flatMap(text =>
    wrapHard(text, width - 4).map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`)
  )
}

function styleOfVerdict({ verdict, reservations }: GateReport): Style {
  if (verdict === 'NO-GO') return ['bold', 'red']
  return reservations.length > 0 ? ['bold', 'yellow'] : ['bold', 'green']
}
