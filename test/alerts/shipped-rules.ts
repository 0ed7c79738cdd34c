import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const RULES = join(import.meta.dirname, '../../alerts/rules.yaml')

export interface ShippedAlert {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly keep_firing_for: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Of its group. */
  readonly interval: string
}

export interface Recording {
  readonly record: string
  readonly expr: string
}

interface Group {
  readonly name: string
  readonly interval: string
  readonly rules: readonly (Omit<ShippedAlert, 'interval'> | Recording)[]
}

/** The alerts and the recorded series of alerts/rules.yaml, or of another text of its kind. */
export function readRules(text = readFileSync(RULES, 'utf8')): {
  readonly alerts: readonly ShippedAlert[]
  readonly recordings: readonly Recording[]
} {
  const groups: readonly Group[] = parse(text).groups
  return {
    alerts: groups.flatMap(({ interval, rules }) =>
      rules.filter(rule => 'alert' in rule).map(rule => ({ ...rule, interval }))
    ),
    recordings: groups.flatMap(({ rules }) => rules.filter(rule => 'record' in rule))
  }
}
