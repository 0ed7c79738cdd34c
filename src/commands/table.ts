import { styleText } from 'node:util'
import { findingBy, type VersionStatus } from '../domain/finding.ts'
import { type ServiceReport, versionOf } from '../domain/report.ts'
import type { RolloutState } from '../domain/rollout.ts'

export type Style = Parameters<typeof styleText>[0]

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
const ROLLOUT_HEADINGS = ['STATE', 'NAMESPACE', 'WORKLOAD', 'DEPLOYED', 'MESSAGE']

interface Row {
  readonly style: Style
  readonly cells: readonly string[]
}

/** A table of the services that have an endpoint, in the order in which they are given; in colour where the stream is a terminal. */
export function renderTable(services: readonly ServiceReport[], stream: NodeJS.WritableStream): string {
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
  return renderColumns(HEADINGS, rows, stream)
}

/** A table of rollouts, in the order in which services are given; in colour where the stream is a terminal. */
export function renderRolloutTable(services: readonly ServiceReport[], stream: NodeJS.WritableStream): string {
  const rows = services.flatMap(({ findings, namespace, workload, deployed }) => {
    const rollout = findingBy(findings, 'rollout')
    if (rollout === null) return []
    const name = `${workload.kind}/${workload.name}`
    const cells = [rollout.status, namespace, name, deployed.imageTag ?? '-', rollout.message]
    return [{ style: STATE_STYLES[rollout.status], cells }]
  })
  return renderColumns(ROLLOUT_HEADINGS, rows, stream)
}

/** Lines in columns; the first cell of each row has its style. */
export function renderColumns(
  headings: readonly string[],
  rows: readonly Row[],
  stream: NodeJS.WritableStream
): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0))
  )
  const line = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0))
  const paint = (style: Style, text: string) => styleText(style, text, { stream })
  const lines = rows.map(({ style, cells }) => {
    const [first = '', ...rest] = line(cells)
    return [paint(style, first), ...rest].join('  ').trimEnd()
  })
  return `${[paint('bold', line(headings).join('  ').trimEnd()), ...lines].join('\n')}\n`
}
