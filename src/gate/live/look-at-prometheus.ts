import { seen, unseen } from '../../domain/observation.ts'
import { shown } from '../../domain/text.ts'
import type { FileFacts, RuleGroup } from '../files/file-facts.ts'
import { squeezed } from '../files/promql.ts'
import { isTemplate } from '../files/read-rules.ts'
import type { GateConfig } from '../gate-config.ts'
import type { GateClient } from './http-client.ts'
import type { AlertHistory, KeyMetricFacts, LoadedGroup, LoadedRule, PrometheusFacts } from './live-facts.ts'
import { type Asked, askApi, OF_ANOTHER_KIND, queryPrometheus, samplesIn, seenIn } from './prometheus-api.ts'
import { alertQueries, fullNameOf, MOST_EXPRESSIONS, queriesFor } from './queries.ts'
import {
  readBuild,
  readRulesPage,
  readTargets,
  readTypes,
  toAges,
  toFreshness,
  toMetricSeries
} from './read-prometheus.ts'

export interface PrometheusLook {
  readonly config: Pick<GateConfig, 'metrics' | 'alert'> & { readonly selector: string }
  readonly files: Pick<FileFacts, 'rules'>
  readonly client: Pick<GateClient, 'get' | 'url'>
  readonly signal: AbortSignal
}

const GROUPS_OF_A_PAGE = 200
const MOST_PAGES = 50
const METRICS_BYTES = 4 * 1024 * 1024

/**
 * Asks Prometheus everything that it is judged by; if it does not answer at all, no more than two questions. Never
 * rejects.
 */
export async function lookAtPrometheus(look: PrometheusLook): Promise<PrometheusFacts> {
  const { config, client, signal } = look
  const queries = queriesFor(config.selector)
  const [build, time] = await Promise.all([
    askApi(client, { path: 'status/buildinfo', read: readBuild }, signal),
    queryPrometheus(client, 'time()', signal)
  ])
  const isSilent = [build, time].every(({ answer }) => !answer.seen && answer.reason === 'unreachable')
  const asking = isSilent ? silent(time) : client
  const query = (text: string) => queryPrometheus(asking, text, signal)
  const own = { ...look, client: asking }
  const [up, upAge, startTimes, targets, fresh, rules, lastReload, keyMetrics] = await Promise.all([
    query(queries.up),
    query(queries.upAge),
    query(queries.startTimes),
    askApi(asking, { path: 'targets?state=active', read: readTargets }, signal),
    config.metrics.prefix === null ? null : query(queries.freshness(config.metrics.prefix)),
    readRules(own),
    readLastReload(build, own),
    Promise.all(Object.keys(config.metrics.required).map(async name => [name, await lookAtMetric(name, own)] as const))
  ])
  const [formatted, alert] = await Promise.all([formatAll(rules, own), lookAtAlert(rules, own)])
  return {
    url: client.url,
    build,
    time,
    up,
    upAge: mapped(upAge, toAges),
    startTimes,
    targets,
    fresh: fresh && mapped(fresh, toFreshness),
    rules,
    lastReload,
    formatted,
    keyMetrics: new Map(keyMetrics),
    alert
  }
}

// A server that does not answer is not asked forty more times, each time until its timeout.
function silent({ answer, ms }: Asked<unknown>): Pick<GateClient, 'get' | 'url'> {
  const message = answer.seen ? '' : answer.message
  return { url: '', get: async () => ({ answered: false, url: '', reason: 'timeout', message, ms }) }
}

function mapped<Value, Other>(asked: Asked<Value>, to: (value: Value) => Other | null): Asked<Other> {
  const { answer } = asked
  if (!answer.seen) return { ...asked, answer }
  const value = to(answer.value)
  return { ...asked, answer: value === null ? unseen('not_the_api', OF_ANOTHER_KIND) : seen(value) }
}

async function readRules({ client, signal }: PrometheusLook): Promise<Asked<readonly LoadedGroup[]>> {
  // A call takes no more than some 100,000 arguments, so the groups of a page are not pushed as arguments.
  const pages: (readonly LoadedGroup[])[] = []
  const tokens = new Set<string>()
  let ms = 0
  let partial: readonly string[] = []
  let path = `rules?exclude_alerts=true&group_limit=${GROUPS_OF_A_PAGE}`
  for (;;) {
    const page = await askApi(client, { path, read: readRulesPage }, signal)
    ms += page.ms
    partial = [...new Set([...partial, ...page.partial])]
    if (!page.answer.seen) return { ...page, answer: page.answer, partial, ms }
    pages.push(page.answer.value.groups)
    const { next } = page.answer.value
    if (next === null) return { ...page, answer: seen(pages.flat()), partial, ms }
    if (tokens.has(next) || tokens.size >= MOST_PAGES) {
      return { ...page, answer: unseen('refused', 'its pages of rules do not end'), partial, ms }
    }
    tokens.add(next)
    path = `rules?exclude_alerts=true&group_limit=${GROUPS_OF_A_PAGE}&group_next_token=${encodeURIComponent(next)}`
  }
}

// Its API goes on showing the old rules; only its own metrics tell that a reload was refused.
async function readLastReload(build: PrometheusFacts['build'], { client, signal }: PrometheusLook) {
  const name = 'prometheus_config_last_reload_successful'
  const metrics = await client.get('/metrics', { accept: 'text/plain', mostBytes: METRICS_BYTES, signal })
  const own = metrics.answered && metrics.status === 200 ? new RegExp(`^${name} (\\S+)`, 'm').exec(metrics.body) : null
  if (own !== null) return Number(own[1]) === 1
  // What other servers store comes from the Prometheus that sends to them, which evaluates no rules here.
  if (!build.answer.seen || build.answer.value.product !== 'Prometheus') return null
  const [only, ...others] = samplesIn(await queryPrometheus(client, name, signal))
  // With several, nobody can tell which one answers here.
  return only === undefined || others.length > 0 ? null : only.value === 1
}

async function lookAtMetric(name: string, { config, client, signal }: PrometheusLook): Promise<KeyMetricFacts> {
  const type = config.metrics.required[name] ?? 'gauge'
  const full = fullNameOf(config.metrics, name)
  const askTypes = (of: string) =>
    askApi(client, { path: `metadata?metric=${encodeURIComponent(of)}`, read: data => readTypes(data, of) }, signal)
  const [series, types, baseTypes] = await Promise.all([
    queryPrometheus(client, queriesFor(config.selector).metric(full, type), signal),
    askTypes(full),
    // OpenMetrics has a counter's type under its name without `_total`.
    full.endsWith('_total') ? askTypes(full.slice(0, -'_total'.length)) : null
  ])
  const more = baseTypes === null ? [] : seenIn(baseTypes)
  return {
    series: mapped(series, toMetricSeries),
    types: mapped(types, own => [...new Set([...own, ...more])])
  }
}

async function lookAtAlert(
  rules: PrometheusFacts['rules'],
  { config, files, client, signal }: PrometheusLook
): Promise<AlertHistory | null> {
  const { alert } = config
  if (alert === null) return null
  const own = alertRulesIn(rules, files, alert.name)
  const queries = alertQueries({ ...alert, labels: sharedLabels(own) })
  const query = (text: string) => queryPrometheus(client, text, signal)
  const [now, past, times, expression] = await Promise.all([
    query(queries.now),
    query(queries.seen),
    query(queries.times),
    own[0] === undefined ? null : query(own[0].expr)
  ])
  return { now, seen: past, times, expression }
}

/** The loaded alerts of a name: where groups of the files have it, those alone, as another team may have one too. */
export function alertRulesIn(
  rules: PrometheusFacts['rules'],
  files: Pick<FileFacts, 'rules'>,
  alert: string
): readonly LoadedRule[] {
  const loaded = seenIn(rules)
  const isIt = ({ kind, name }: Pick<LoadedRule, 'kind' | 'name'>) => kind === 'alert' && name === alert
  const inFiles = (files.rules ?? []).flatMap(({ groups }) => groups).filter(group => group.rules.some(isIt))
  const names = new Set(inFiles.map(({ name }) => name))
  const found = loaded.filter(({ name }) => names.has(shown(name))).flatMap(group => group.rules.filter(isIt))
  return found.length > 0 ? found : loaded.flatMap(group => group.rules.filter(isIt))
}

// What each of an alert's series has, and the series of another team's alert of the same name may not have.
function sharedLabels([first, ...others]: readonly LoadedRule[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(first?.labels ?? {}).filter(
      ([name, value]) => !isTemplate(value) && others.every(({ labels }) => labels[name] === value)
    )
  )
}

/**
 * Expressions of the files, and of the groups that are loaded under the same names, in Prometheus' own words: first
 * those that only one side has, for they have to be compared, then those of the files, for Prometheus may refuse them.
 */
async function formatAll(rules: PrometheusFacts['rules'], { files, client, signal }: PrometheusLook) {
  const own = (files.rules ?? []).flatMap(({ groups }) => groups)
  const names = new Set(own.map(({ name }) => name))
  const loaded = seenIn(rules).filter(({ name }) => names.has(shown(name)))
  const [inFiles, inUse] = [expressionsOf(own), expressionsOf(loaded)]
  const all = [...without(inFiles, inUse), ...without(inUse, inFiles), ...inFiles]
  const [first, ...rest] = [...new Set(all)].slice(0, MOST_EXPRESSIONS)
  if (first === undefined) return new Map<string, Asked<string>>()
  const read = (data: unknown) => (typeof data === 'string' ? data : null)
  const format = (expr: string) =>
    askApi(client, { path: `format_query?query=${encodeURIComponent(expr)}`, read }, signal)
  const one = await format(first)
  const isMissing = !one.answer.seen && one.answer.reason !== 'refused'
  const others = await Promise.all(rest.map(async expr => [expr, isMissing ? one : await format(expr)] as const))
  return new Map([[first, one] as const, ...others])
}

function expressionsOf(groups: readonly (RuleGroup | LoadedGroup)[]): readonly string[] {
  return groups.flatMap(({ rules }) => rules.map(({ expr }) => expr))
}

function without(expressions: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others.map(squeezed))
  return expressions.filter(expr => !known.has(squeezed(expr)))
}
