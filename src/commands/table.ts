import { styleText } from 'node:util'
import type { Status } from '../domain/finding.ts'
import type { ServiceReport } from '../domain/report.ts'

type Style = Parameters<typeof styleText>[0]

const STYLES: Readonly<Record<Status, Style>> = {
  ERROR: ['bold', 'red'],
  MISMATCH: ['bold', 'yellow'],
  WARNING: 'yellow',
  UNKNOWN: 'magenta',
  OK: 'green'
}

const HEADINGS = ['STATUS', 'NAMESPACE', 'SERVICE', 'DEPLOYED', 'REPORTED', 'GIT SHA', 'MESSAGE']

/** A table for people, worst first; in colour where the stream is a terminal that wants it. */
export function renderTable(services: readonly ServiceReport[], stream: NodeJS.WritableStream): string {
  const rows = services.map(({ finding, namespace, service, deployed, reported }) => [
    finding.status,
    namespace,
    service,
    deployed.imageTag ?? '-',
    reported?.version ?? '-',
    reported?.gitSha?.slice(0, 12) ?? '-',
    finding.message
  ])
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map(row => row[column]?.length ?? 0))
  )
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
  const paint = (style: Style, text: string) => styleText(style, text, { stream })
  const lines = services.map(({ finding: { status } }, index) => {
    const [first = '', ...rest] = line(rows[index] ?? [])
    return [paint(STYLES[status], first), ...rest].join('  ').trimEnd()
  })
  return `${[paint('bold', line(HEADINGS).join('  ').trimEnd()), ...lines].join('\n')}\n`
}
