import { parse, stringify } from 'yaml'
import { formatDuration, parseDuration } from '../src/config/durations.ts'

/** A minute of the shipped rules and route lasts a second in a drill. */
export const DRILL_SCALE = 60

// Where rules and routes have durations; those of texts that people read stay.
const RULE_KEYS = ['interval', 'for', 'keep_firing_for']
const ROUTE_KEYS = ['group_wait', 'group_interval', 'repeat_interval']
// A range selector (`[5m]`, `[5m:1m]`) or an offset in an expression.
const EXPRESSION_DURATION = /(?<=\[|\[\w+:|\boffset\s+-?)(?:\d+(?:ms|[smhdwy]))+/g

/**
 * A file of Prometheus rules, all of whose durations are `scale` times shorter, also those in expressions. Nothing else
 * changes, so that what holds for the outcome holds for the original. Takes and gives YAML.
 */
export function scaleRules(rules: string, scale: number): string {
  return stringify(scaled(parse(rules), { keys: RULE_KEYS, scale }))
}

/** An Alertmanager's route, a parsed object, all of whose durations are `scale` times shorter. */
export function scaleRoute(route: unknown, scale: number): unknown {
  return scaled(route, { keys: ROUTE_KEYS, scale })
}

interface Scaling {
  readonly keys: readonly string[]
  readonly scale: number
}

function scaled(value: unknown, scaling: Scaling): unknown {
  if (Array.isArray(value)) return value.map(item => scaled(item, scaling))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, scaledMember(key, item, scaling)]))
}

function scaledMember(key: string, value: unknown, scaling: Scaling): unknown {
  if (typeof value !== 'string') return scaled(value, scaling)
  if (scaling.keys.includes(key)) return shortened(value, scaling.scale)
  if (key !== 'expr') return value
  return value.replaceAll(EXPRESSION_DURATION, duration => shortened(duration, scaling.scale))
}

function shortened(duration: string, scale: number): string {
  const ms = parseDuration(duration)
  if (ms === null) throw new Error(`"${duration}" is no duration`)
  // Zero means something else than a short time: it stays zero, and nothing else becomes it.
  return formatDuration(Math.ceil(ms / scale))
}
