import type { Observation } from '../domain/probe.ts'
import type { ServiceReport } from '../domain/report.ts'
import { namespaceOf, targetKey } from '../domain/target.ts'
import { atMost } from '../text/lines.ts'

/** Something that people should fix, and the namespace that it belongs to. */
export interface Warning {
  readonly namespace: string
  readonly line: string
}

const MOST_LINES = 500

/**
 * The lines to show: namespaces take turns, so that one with many mistakes does not push those of others off the page
 * and out of the log. A last line counts the rest.
 */
export function takeTurns(warnings: readonly Warning[], most = MOST_LINES): readonly string[] {
  if (warnings.length <= most) return warnings.map(({ line }) => line)
  const byNamespace = Map.groupBy(warnings, ({ namespace }) => namespace)
  const told: string[] = []
  for (let turn = 0; told.length < most; turn += 1) {
    for (const { line } of [...byNamespace.values()].flatMap(lines => lines[turn] ?? [])) told.push(line)
  }
  return atMost(most, told, { more: warnings.length - told.length })
}

export function warnOfObstacle(obstacle: string): string {
  return `this guard cannot ask all targets, so some keep their last result: ${obstacle}`
}

export function warnOfProbe({ target, warning }: Observation): Warning {
  return { namespace: target.namespace, line: `${targetKey(target)}: ${warning}` }
}

export function warnOfChanges({ held, ...target }: ServiceReport): Warning[] {
  const { namespace } = target
  const warn = (what: string): Warning => ({
    namespace,
    line: `${targetKey(target)} ${what}: it is not a label in /metrics until it has stayed the same for 10 minutes`
  })
  return [
    ...(held.version ? [warn('keeps reporting another version')] : []),
    ...(held.image ? [warn('keeps getting another image, release or endpoint')] : [])
  ]
}

export function warnOfNewSeries(tooNew: ReadonlySet<string>): Warning[] {
  const namespaces = Map.groupBy(tooNew, namespaceOf)
  return [...namespaces].map(([namespace, keys]) => ({
    namespace,
    line: `namespace ${namespace} has named too many new services within an hour: ${keys.length} of them are not in /metrics for now`
  }))
}
