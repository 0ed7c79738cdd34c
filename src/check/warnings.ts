import { atMost } from '../text/lines.ts'

/** Something that people should fix, and whose it is. */
export interface Warning {
  readonly namespace: string
  readonly line: string
}

const MOST_LINES = 500

/**
 * The lines that are shown: namespaces take turns, so that one with many mistakes pushes no other's off the page and the
 * log. A last line counts the rest.
 */
export function takeTurns(warnings: readonly Warning[], most = MOST_LINES): readonly string[] {
  if (warnings.length <= most) return warnings.map(({ line }) => line)
  const byNamespace = Map.groupBy(warnings, ({ namespace }) => namespace)
  const told: string[] = []
  for (let turn = 0; told.length < most; turn += 1) {
    for (const { line } of [...byNamespace.values()].flatMap(lines => lines[turn] ?? [])) {
      if (told.length < most) told.push(line)
    }
  }
  return atMost(most, told, { more: warnings.length - told.length })
}
