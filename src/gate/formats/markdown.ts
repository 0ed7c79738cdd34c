import { GATE_SECTIONS, type GateItem, type GateReport, isBlocking } from '../../domain/gate.ts'
import { firstFew } from '../../text/lines.ts'
import { marksOf, percent, reasonOf, totalOf, verdictOf } from './words.ts'

const STATUS_SIGNS = { PASS: '✅', FAIL: '❌', SKIP: '⏭️' } as const

/** The report as GitHub and GitLab render it, such as for a job's summary or a comment. Source: GitHub Flavored Markdown. */
export function renderGateMarkdown(report: GateReport, service: string): string {
  const { reservations, actions, sections, items } = report
  const total = totalOf(sections)
  const rates = [...sections, { section: '**All**', ...total }].map(
    ({ section, pass, fail, skip, total: all, rate }) => [section, pass, fail, skip, all, percent(rate)]
  )
  const blocks = [
    `# PROD gate of ${escaped(service)}: ${verdictOf(report)}`,
    `${escaped(capital(reasonOf(report)))}.`,
    table(['Date', 'Commit', 'Environment', 'Validator'], [headerOf(report)]),
    ...(reservations.length === 0
      ? []
      : ['## Reservations', reservations.map(text => `- ${escaped(text)}`).join('\n')]),
    ...(actions.length === 0 ? [] : ['## Actions', actions.map(renderAction).join('\n')]),
    '## Sections',
    table(['Section', 'PASS', 'FAIL', 'SKIP', 'Items', 'Rate'], rates, ':--', '--:'),
    ...GATE_SECTIONS.flatMap(section => {
      const own = items.filter(item => item.section === section)
      return own.length === 0 ? [] : [`## ${section}`, table(['Status', 'Item', 'Evidence'], own.map(rowOf))]
    })
  ]
  return `${blocks.join('\n\n')}\n`
}

function headerOf({ date, commit, environment, validator }: GateReport): string[] {
  return [date, commit, environment, validator].map(text => (text === null ? '-' : escaped(text)))
}

function renderAction({ action, blocking, items }: GateReport['actions'][number]): string {
  return `1. ${blocking ? '**Blocking:** ' : ''}${escaped(action)} (${firstFew(items.map(code))})`
}

function rowOf(item: GateItem): string[] {
  const { id, status, evidence } = item
  const word = isBlocking(item) ? `**${status}**` : status
  const marks = marksOf(item).map(mark => `<br>${escaped(mark)}`)
  return [
    `${STATUS_SIGNS[status]} ${word}`,
    `${code(id)}${marks.join('')}`,
    `${escaped(item.item)}<br>${escaped(evidence)}`
  ]
}

function table(
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  first = ':--',
  rest = ':--'
): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  const delimiters = headings.map((_, index) => (index === 0 ? first : rest))
  return [line(headings), line(delimiters), ...rows.map(line)].join('\n')
}

// Ids are letters, digits, hyphens, underscores and colons.
function code(id: string): string {
  return `\`${id.replace(/[`|]/g, '')}\``
}

/** A text that is shown as it is: no Markdown, no HTML, no end of a table's cell, no mention of a user. */
function escaped(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]|~$!]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[@#](?=\w)/g, '$&<!-- -->')
    .replace(/^([-+]|\d+(?=[.)]))/, '&#8203;$1')
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
