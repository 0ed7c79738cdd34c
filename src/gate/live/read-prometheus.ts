import { parseDuration } from '../../text/durations.ts'
import { isJsonObject, type JsonObject, listAt, textAt, timeAt, valueAt } from '../../text/json.ts'
import type { Build, Freshness, LoadedGroup, LoadedRule, MetricSeries, Target } from './live-facts.ts'
import { labelsOf, rowsAt, type Samples, told } from './prometheus-api.ts'

/**
 * Reads `/api/v1/status/buildinfo`; `null`: it is none.
 *
 * Each server gives itself away: Mimir names itself (`application`), Thanos is below version 1, and VictoriaMetrics
 * gives only a version, one that Grafana wants to see. Prometheus says which Go built it.
 */
export function readBuild(data: unknown): Build | null {
  const version = textAt(data, 'version')
  if (version === '') return null
  const application = textAt(data, 'application')
  const product = /mimir|cortex/i.test(application)
    ? 'Mimir'
    : application !== ''
      ? 'another server'
      : /^v?0\./.test(version)
        ? 'Thanos'
        : textAt(data, 'goVersion') === '' && textAt(data, 'revision') === ''
          ? 'VictoriaMetrics'
          : 'Prometheus'
  return { version: told(version), product }
}

/** Reads the active ones of `/api/v1/targets`; `null`: it is none. */
export function readTargets(data: unknown): readonly Target[] | null {
  const targets = rowsAt(data, 'activeTargets', ({ labels }) => isJsonObject(labels))
  if (targets === null) return null
  return targets.map(target => {
    const health = textAt(target, 'health')
    return {
      labels: labelsOf(valueAt(target, 'labels')),
      url: told(textAt(target, 'scrapeUrl')),
      health: health === 'up' || health === 'down' ? health : 'unknown',
      lastError: told(textAt(target, 'lastError')),
      intervalMs: parseDuration(textAt(target, 'scrapeInterval'))
    }
  })
}

/** One page of `/api/v1/rules`. */
export interface RulesPage {
  readonly groups: readonly LoadedGroup[]
  /** `null`: it is the last one. */
  readonly next: string | null
}

/** Reads one page of `/api/v1/rules`; `null`: it is none. */
export function readRulesPage(data: unknown): RulesPage | null {
  const groups = rowsAt(data, 'groups', group => rowsAt(group, 'rules', isNamed) !== null && isNamed(group))
  if (groups === null) return null
  const next = textAt(data, 'groupNextToken')
  return { groups: groups.map(toGroup), next: next === '' ? null : next }
}

function isNamed({ name }: JsonObject): boolean {
  return typeof name === 'string'
}

function toGroup(group: unknown): LoadedGroup {
  const interval = valueAt(group, 'interval')
  return {
    name: textAt(group, 'name'),
    intervalMs: typeof interval === 'number' ? interval * 1000 : 0,
    rules: listAt(group, 'rules').map(toRule)
  }
}

function toRule(rule: unknown): LoadedRule {
  const health = textAt(rule, 'health')
  const lastEvaluation = timeAt(rule, 'lastEvaluation')
  const msAt = (key: string) => {
    const seconds = valueAt(rule, key)
    return typeof seconds === 'number' ? Math.round(seconds * 1000) : null
  }
  return {
    kind: textAt(rule, 'type') === 'alerting' ? 'alert' : 'record',
    name: textAt(rule, 'name'),
    expr: textAt(rule, 'query'),
    state: told(textAt(rule, 'state')),
    health: health === 'ok' || health === 'err' ? health : 'unknown',
    lastError: told(textAt(rule, 'lastError')),
    // Go's zero time is in the year 1.
    lastEvaluation: lastEvaluation !== null && lastEvaluation > 0 ? lastEvaluation : null,
    forMs: msAt('duration') ?? 0,
    keepFiringMs: msAt('keepFiringFor'),
    labels: labelsOf(valueAt(rule, 'labels')),
    annotations: labelsOf(valueAt(rule, 'annotations'))
  }
}

/** The types of a metric in an answer of `/api/v1/metadata`; `null`: it is none. */
export function readTypes(data: unknown, name: string): readonly string[] | null {
  if (!isJsonObject(data)) return null
  return listAt(data, name).map(entry => told(textAt(entry, 'type')))
}

/** Reads samples that have a label `is`, by its value; `null`: one is no number. */
function byKind({ samples }: Samples): ReadonlyMap<string, number> | null {
  if (samples.some(({ value }) => !Number.isFinite(value))) return null
  return new Map(samples.map(({ labels, value }) => [labels.is ?? '', value]))
}

/** Reads the counts of `queriesFor(…).freshness`; `null`: they are none. */
export function toFreshness(samples: Samples): Freshness | null {
  const counts = byKind(samples)
  if (counts === null) return null
  const count = (kind: string) => counts.get(kind) ?? 0
  return { now: count('now'), minute: count('1m'), fiveMinutes: count('5m'), hour: count('1h') }
}

/** Reads the answer to `queriesFor(…).metric`; `null`: it is none. */
export function toMetricSeries(samples: Samples): MetricSeries | null {
  const found = byKind(samples)
  if (found === null || found.has('count') !== found.has('age')) return null
  return { count: found.get('count') ?? 0, age: found.get('age') ?? null }
}

/** Reads ages, in seconds; `null`: one is no number. */
export function toAges(samples: Samples): Samples | null {
  return samples.samples.every(({ value }) => Number.isFinite(value)) ? samples : null
}
