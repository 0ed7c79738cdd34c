import type { ServiceIdentity } from '../domain/target.ts'

/** One metric of the catalogue; what it adds to `/metrics` is read from a subject: a service, or the guard itself. */
export type Family<Subject> = SimpleFamily<Subject> | HistogramFamily<Subject>

interface FamilyBase {
  readonly name: string
  readonly help: string
}

interface SimpleFamily<Subject> extends FamilyBase {
  /** A counter's name ends in `_total`. */
  readonly type: 'gauge' | 'counter'
  /** Besides those that identify the subject. */
  readonly labels: readonly string[]
  /** Whether it is left out first when `SERIES_LIMIT` has no room for all: no alert depends on it. */
  readonly isOptional?: boolean
  /** Nothing where the value cannot be known. */
  samples(subject: Subject): readonly Sample[]
}

interface HistogramFamily<Subject> extends FamilyBase {
  readonly type: 'histogram'
  readonly labels: readonly []
  readonly isOptional?: boolean
  distribution(subject: Subject): Distribution
}

/** Values of the family's own labels, in their order, and the value. */
export type Sample = readonly [labels: readonly string[], value: number]

/** How many observations were at most each bound, not cumulative; the last count is of those above all bounds. */
export interface Distribution {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

/** `openmetrics`: OpenMetrics 1.0, `text`: Prometheus' text format 0.0.4. They differ only in the names of counters. */
export type Format = 'text' | 'openmetrics'

export function single(value: number): readonly Sample[] {
  return [[[], value]]
}

/** Nothing where the value is not known. */
export function optional(value: number | boolean | null | undefined): readonly Sample[] {
  return value === null || value === undefined ? [] : single(Number(value))
}

/** Stands in a label for what keeps changing. */
export const CHANGING = '(changing)'

/** One series for each state, 1 for the present one. */
export function stateSet(states: readonly string[], present: string): readonly Sample[] {
  return states.map(state => [[state], state === present ? 1 : 0])
}

/** The lines that go before a family's samples. */
export function renderHead({ name, help, type }: Family<never>, format: Format): string {
  const family = type === 'counter' && format === 'openmetrics' ? name.replace(/_total$/, '') : name
  return `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n`
}

/**
 * One subject's samples of a family; `identity` has the labels that name the subject, empty for the guard itself.
 *
 * Our own writer, for prom-client takes seven to eight times longer and blocks the loop meanwhile. Sources:
 * prometheus.io/docs/instrumenting/exposition_formats, OpenMetrics 1.0.
 */
export function renderSamples<Subject>(family: Family<Subject>, subject: Subject, identity: string): string {
  if (family.type === 'histogram') return renderDistribution(family.name, family.distribution(subject))
  const { name, labels } = family
  let text = ''
  for (const [values, value] of family.samples(subject)) {
    let pairs = identity
    for (let index = 0; index < labels.length; index += 1) {
      pairs += `${pairs === '' ? '' : ','}${labels[index]}="${escapeLabel(values[index] ?? '')}"`
    }
    text += pairs === '' ? `${name} ${value}\n` : `${name}{${pairs}} ${value}\n`
  }
  return text
}

/** All families of one subject, each with its head; one without samples is left out. `identity` as for `renderSamples`. */
export function renderFamilies<Subject>(
  families: readonly Family<Subject>[],
  subject: Subject,
  { identity, format }: { readonly identity: string; readonly format: Format }
): string {
  return families
    .map(family => {
      const samples = renderSamples(family, subject, identity)
      return samples === '' ? '' : `${renderHead(family, format)}${samples}`
    })
    .join('')
}

/** The labels that name a service. */
export function identityOf({ namespace, service }: ServiceIdentity): string {
  return `namespace="${escapeLabel(namespace)}",service="${escapeLabel(service)}"`
}

function renderDistribution(name: string, { bounds, counts, sum }: Distribution): string {
  let total = 0
  let text = ''
  for (const [index, count] of counts.entries()) {
    total += count
    text += `${name}_bucket{le="${bounds[index] ?? '+Inf'}"} ${total}\n`
  }
  return `${text}${name}_sum ${sum}\n${name}_count ${total}\n`
}

// Control characters never come here: every string of a report has been through `shown`.
export function escapeLabel(value: string): string {
  return /[\\"]/.test(value) ? value.replace(/[\\"]/g, '\\$&') : value
}
