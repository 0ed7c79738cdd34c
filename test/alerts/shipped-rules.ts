import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const RULES = join(import.meta.dirname, '../../alerts/rules.yaml')

/** Each file of rules that ships, by name; the first is about versions and rollouts. */
export const RULE_FILES = ['rules', 'postdeploy', 'traffic', 'api', 'database', 'gate'] as const

export function ruleFile(name: (typeof RULE_FILES)[number]): string {
  return join(import.meta.dirname, `../../alerts/${name}.yaml`)
}

export interface ShippedAlert {
  readonly alert: string
  readonly expr: string
  /** Absent where windows in the expression are enough. */
  readonly for?: string
  readonly keep_firing_for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Of its group. */
  readonly interval: string
}

export interface Recording {
  readonly record: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
}

interface Group {
  readonly name: string
  readonly interval: string
  readonly rules: readonly (Omit<ShippedAlert, 'interval'> | Recording)[]
}

/** As below, of all files, each changed as a text first. */
export function readAllRules(change = (text: string) => text) {
  const all = RULE_FILES.map(name => readRules(change(readFileSync(ruleFile(name), 'utf8'))))
  return { alerts: all.flatMap(({ alerts }) => alerts), recordings: all.flatMap(({ recordings }) => recordings) }
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
