import { formatDuration } from '../../text/durations.ts'
import type { GateConfig, MetricType } from '../gate-config.ts'

/** The most expressions that Prometheus is asked to format, one by one. */
export const MOST_EXPRESSIONS = 1000

/** The name that a metric of `metrics.required` has in an exposition. */
export function fullNameOf({ prefix }: Pick<GateConfig['metrics'], 'prefix'>, name: string): string {
  return `${prefix ?? ''}${name}`
}

/** What is asked for the series of a service. `selector` is matchers without braces. */
export function queriesFor(selector: string) {
  const named = (name: string) => `${name}{${selector}}`
  return {
    up: named('up'),
    upAge: `time() - timestamp(${named('up')})`,
    startTimes: named('process_start_time_seconds'),
    // `timestamp()` would lose the names and refuse series that are then the same; `last_over_time()` keeps them.
    freshness: (prefix: string) => {
      const series = `{__name__=~"${prefix}.+",${selector}}`
      return either([
        ['now', `count(${series})`],
        ...['1m', '5m', '1h'].map(within => [within, `count(last_over_time(${series}[${within}]))`] as const)
      ])
    },
    /** How many series a metric has, and the age of the youngest. */
    metric: (name: string, type: MetricType) => {
      // A native histogram has the base name, a classic one and a summary have a count.
      const names = type === 'histogram' || type === 'summary' ? [`${name}_count`, name] : [name]
      const ages = names.map(one => `time() - timestamp(${named(one)})`)
      return either([
        ['count', `count(${names.map(named).join(' or ')})`],
        ['age', `min(${ages.join(' or ')})`]
      ])
    }
  }
}

/** What is asked for the past of an alert. `labels` are those that each of its series has. */
export function alertQueries({
  name,
  seenWithinMs,
  labels
}: {
  readonly name: string
  readonly seenWithinMs: number
  readonly labels: Readonly<Record<string, string>>
}) {
  // Prometheus sets these two itself. Other names than plain ones need Prometheus 3.
  const own = Object.entries(labels).filter(([label]) => /^(?!alert(?:name|state)$)[a-zA-Z_]\w*$/.test(label))
  const matchers = [['alertname', name] as const, ...own].map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  const alerts = `ALERTS{${matchers.join(',')}}`
  const within = formatDuration(seenWithinMs)
  return {
    now: alerts,
    seen: `count by (alertstate) (last_over_time(${alerts}[${within}]))`,
    times: `max by (alertstate) (timestamp(${alerts}) or max_over_time(timestamp(${alerts})[${within}:1m]))`
  }
}

function either(kinds: readonly (readonly [kind: string, query: string])[]): string {
  return kinds.map(([kind, query]) => `label_replace(${query}, "is", "${kind}", "", "")`).join(' or ')
}
