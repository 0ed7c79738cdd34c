import { parse, stringify } from 'yaml'
import { formatDuration, parseDuration } from '../../src/text/durations.ts'

/** What a duration of the shipped files, such as `10m`, becomes in a faster world. */
export type Shorten = (duration: string) => string

/** A minute of the shipped rules and route lasts a second in a drill. */
export const inDrill: Shorten = timesShorter(60)

/** The cooldown in the world of tests, in seconds. */
export const COOLDOWN_S = 20

/** 90 times shorter, but with more time than that between events that a busy machine might mix up. */
export const inTest: Shorten = timesShorter(90, {
  '15s': '500ms',
  '1m': '1s',
  '10m': '6s',
  '15m': '10s',
  '30m': `${COOLDOWN_S}s`,
  '31m': '22s'
})

// The fields of rules and routes that have durations; durations in texts for people stay.
const RULE_KEYS = ['interval', 'for', 'keep_firing_for']
const ROUTE_KEYS = ['group_wait', 'group_interval', 'repeat_interval']
// How old something is, in seconds: `keybuzz:postdeploy_age:seconds >= 135 < 315`.
const EXPRESSION_AGE = /(?<=_age:seconds (?:>= \d+ )?(?:>=|<) )\d+/g
// A range selector (`[5m]`, `[5m:1m]`) or an offset in an expression.
const EXPRESSION_DURATION = /(?<=\[|\[\w+:|\boffset\s+-?)(?:\d+(?:ms|[smhdwy]))+/g

/** Shortens every duration by the same factor, but for those that have a time of their own. */
export function timesShorter(times: number, exceptions: Readonly<Record<string, string>> = {}): Shorten {
  return duration => {
    const ms = parseDuration(duration)
    if (ms === null) throw new Error(`"${duration}" is no duration`)
    // Zero does not mean a short time: it stays zero, and nothing else becomes zero.
    return exceptions[duration] ?? formatDuration(Math.ceil(ms / times))
  }
}

/**
 * A file of Prometheus rules with all durations shortened, including those in expressions. Nothing else changes, so that
 * what holds for the result holds for the original. Takes and gives YAML.
 */
export function scaleRules(rules: string, shorten: Shorten): string {
  return stringify(scaled(parse(rules), { keys: RULE_KEYS, shorten }))
}

/** An Alertmanager's route, a parsed object, all of whose durations are shortened. */
export function scaleRoute(route: unknown, shorten: Shorten): unknown {
  return scaled(route, { keys: ROUTE_KEYS, shorten })
}

export interface AlertmanagerWish {
  readonly shorten: Shorten
  /** What every receiver has in place of its own: `{ webhook_configs: [...] }`. */
  readonly receiver: object
}

/**
 * An Alertmanager's configuration with its durations shortened, which delivers to nobody but a stand-in. Takes YAML;
 * gives an object that may be changed further.
 */
export function scaleAlertmanager(shipped: string, { shorten, receiver }: AlertmanagerWish) {
  const { route, inhibit_rules = [], time_intervals = [], receivers } = parse(shipped)
  return {
    route: scaleRoute(route, shorten) as {
      routes: [traffic: Record<string, unknown>, cooldown: Record<string, unknown>]
    },
    inhibit_rules,
    time_intervals,
    receivers: receivers.map(({ name }: { name: string }) => ({ name, ...receiver }))
  }
}

/** As `scaleAlertmanager` in the world of tests; everything is delivered to one webhook. */
export function alertmanagerInTest(shipped: string, webhook: string) {
  const receiver = { webhook_configs: [{ url: webhook, send_resolved: false }] }
  return scaleAlertmanager(shipped, { shorten: inTest, receiver })
}

interface Scaling {
  readonly keys: readonly string[]
  readonly shorten: Shorten
}

function scaled(value: unknown, scaling: Scaling): unknown {
  if (Array.isArray(value)) return value.map(item => scaled(item, scaling))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, scaledMember(key, item, scaling)]))
}

function scaledMember(key: string, value: unknown, scaling: Scaling): unknown {
  if (typeof value !== 'string') return scaled(value, scaling)
  if (scaling.keys.includes(key)) return scaling.shorten(value)
  if (key !== 'expr') return value
  return value
    .replaceAll(EXPRESSION_DURATION, duration => scaling.shorten(duration))
    .replaceAll(EXPRESSION_AGE, seconds => String(Number(parseDuration(scaling.shorten(`${seconds}s`))) / 1000))
}
