import { shown } from '../../domain/text.ts'
import type { Rule, RuleGroup } from '../files/file-facts.ts'
import { squeezed, withoutMatchers } from '../files/promql.ts'
import type { LoadedGroup, LoadedRule, PrometheusFacts } from '../live/live-facts.ts'

/** A group of a rules file. */
export interface WantedGroup {
  readonly group: RuleGroup
  /** Of its file. */
  readonly path: string
}

export interface Comparison extends WantedGroup {
  /** The loaded group that stands for it; `null`: none does. */
  readonly loaded: LoadedGroup | null
  /** What is not as in the file; `null`: nothing that can be told. */
  readonly fault: string | null
  /** What cannot be told; `null`: all can. */
  readonly unclear: string | null
}

/**
 * Compares groups of the files with those that are loaded, in the order given. Groups of one name may come from several
 * files: each loaded group stands for one of them, the one that it resembles most.
 */
export function compareGroups(
  wanted: readonly WantedGroup[],
  loaded: readonly LoadedGroup[],
  prometheus: PrometheusFacts
): readonly Comparison[] {
  const left = new Set(loaded)
  const compared = new Map<WantedGroup, Comparison>()
  // What is loaded may have more rules than its file, never fewer: so the largest is the first to choose.
  for (const one of wanted.toSorted((a, b) => b.group.rules.length - a.group.rules.length)) {
    const { candidate, fault, unclear } = compare(one.group, [...left].filter(isNamed(one)), prometheus)
    if (candidate !== null) left.delete(candidate)
    const isThere = loaded.some(isNamed(one))
    const none = `group ${one.group.name} is not there${isThere ? ' as often as in the files' : ''}`
    compared.set(one, { ...one, loaded: candidate, fault: candidate === null ? (fault ?? none) : null, unclear })
  }
  return wanted.flatMap(one => compared.get(one) ?? [])
}

function isNamed({ group }: WantedGroup): (loaded: LoadedGroup) => boolean {
  return ({ name }) => shown(name) === group.name
}

type Verdict = Pick<Comparison, 'fault' | 'unclear'>

function compare(
  group: RuleGroup,
  candidates: readonly LoadedGroup[],
  prometheus: PrometheusFacts
): Verdict & { readonly candidate: LoadedGroup | null } {
  const compared = candidates
    .toSorted((a, b) => a.rules.length - b.rules.length)
    .map(candidate => ({ candidate, ...compareRules(group, candidate, prometheus) }))
  return (
    compared.find(({ fault, unclear }) => fault === null && unclear === null) ??
    compared.find(({ fault }) => fault === null) ?? {
      candidate: null,
      fault: compared[0]?.fault ?? null,
      unclear: null
    }
  )
}

function compareRules(group: RuleGroup, candidate: LoadedGroup, prometheus: PrometheusFacts): Verdict {
  const left = [...candidate.rules]
  let unclear: string | null = null
  for (const wanted of group.rules) {
    const { kind, name } = wanted
    const named = left.filter(rule => rule.kind === kind && rule.name === name)
    const verdicts = named.map(rule => ({
      rule,
      isSame: isSameExpression(wanted, rule, prometheus),
      other: differenceOf(wanted, rule)
    }))
    const alike = verdicts.filter(({ other }) => other === null)
    const found = alike.find(({ isSame }) => isSame === true) ?? alike.find(({ isSame }) => isSame === null)
    const where = `${shown(name)} of group ${group.name}`
    if (found === undefined) {
      const other = verdicts.find(({ isSame }) => isSame !== false)?.other ?? 'expression'
      return { fault: `${where} ${named.length === 0 ? 'is not there' : `has another ${other}`}`, unclear: null }
    }
    if (found.isSame === null) unclear ??= where
    left.splice(left.indexOf(found.rule), 1)
  }
  return { fault: null, unclear }
}

/**
 * What in a loaded rule is not as in the file, its expression aside; `null`: nothing. It may have more labels, such as
 * the namespace that prometheus-operator enforces.
 */
function differenceOf({ forMs, keepFiringMs, labels }: Rule, loaded: LoadedRule): string | null {
  if (forMs !== loaded.forMs) return 'for'
  if (keepFiringMs !== (loaded.keepFiringMs ?? keepFiringMs)) return 'keep_firing_for'
  const other = Object.entries(labels).find(([name, value]) => loaded.labels[name] !== value)
  return other === undefined ? null : `label ${shown(other[0])}`
}

// Prometheus shows expressions in its own layout, so they are compared as it formats them. `null`: it cannot be told.
function isSameExpression(wanted: Rule, loaded: LoadedRule, { formatted }: PrometheusFacts): boolean | null {
  const isSame = (one: string, other: string) => bare(one, wanted, loaded) === bare(other, wanted, loaded)
  if (isSame(wanted.expr, loaded.expr)) return true
  const [first, second] = [formatted.get(wanted.expr)?.answer, formatted.get(loaded.expr)?.answer]
  if (first?.seen !== true || second?.seen !== true) return null
  return isSame(first.value, second.value)
}

// A label that prometheus-operator enforces (`enforcedNamespaceLabel`) becomes a matcher of each selector, too.
function bare(expr: string, wanted: Rule, loaded: LoadedRule): string {
  const added = Object.entries(loaded.labels).filter(([name]) => wanted.labels[name] === undefined)
  return withoutMatchers(squeezed(expr), new Set(added.map(([name, value]) => `${name}=${JSON.stringify(value)}`)))
}
