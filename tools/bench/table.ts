import { advantage, type Spread } from './statistics.ts'
import type { KeptResult, KeptRow, Subject, Unit } from './subject.ts'

/** What a subject says about itself. */
type Heading = Pick<Subject, 'title' | 'peer' | 'notes'>

/** A result as a table in Markdown, which a terminal can show as it is. */
export function renderResult({ title, peer, notes }: Heading, { date, machine, versions, rows }: KeptResult): string {
  const hasPeer = rows.some(row => row.peer !== null)
  const head = ['', 'the guard', ...(hasPeer ? [peer, 'the guard is better by'] : []), 'physical limit']
  const body = rows.map(row => [
    row.what,
    renderSpread(row.ours, row.unit),
    ...(hasPeer ? [row.peer === null ? '' : renderSpread(row.peer, row.unit), renderAdvantage(row)] : []),
    row.limit
  ])
  const samples = Math.max(...rows.map(({ ours }) => ours.count))
  const origin = `Medians of up to ${samples} (least to most). ${date}; ${machine}; ${versions}.`
  return [`## ${title}`, '', renderTable([head, ...body]), '', ...paragraph(notes), origin, ''].join('\n')
}

/** `57.1 ms (55.9 to 60.2)` */
export function renderSpread({ median, least, most, count }: Spread, unit: Unit): string {
  const value = renderValue(median, unit)
  return count === 1 ? value : `${value} (${renderNumber(least)} to ${renderNumber(most)})`
}

/** `57.1 ms`, `6,400/s` */
export function renderValue(value: number, unit: Unit): string {
  return unit === '/s' ? `${renderNumber(value)}/s` : `${renderNumber(value)} ${unit}`
}

function renderAdvantage({ ours, peer, better }: KeptRow): string {
  return peer === null ? '' : `${renderNumber(advantage(ours.median, peer.median, better))} ×`
}

/** Three digits: the measurements are no more precise. */
export function renderNumber(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 })
}

function paragraph(text: string): readonly string[] {
  return text === '' ? [] : [text, '']
}

/** Columns as wide as their widest cell; the first line is the head. */
export function renderTable(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(3, ...lines.map(line => line[column]?.length ?? 0)))
  const [head = '', ...body] = lines.map(
    line => `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  )
  return [head, `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n')
}
