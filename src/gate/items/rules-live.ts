import { shown } from '../../domain/text.ts'
import { counted, firstFew } from '../../text/lines.ts'
import type { GateConfig } from '../gate-config.ts'
import type { GateFacts, ItemResult, ItemSpec } from '../item.ts'
import type { LoadedGroup, LoadedRule, PrometheusFacts } from '../live/live-facts.ts'
import { type Asked, samplesIn, seenIn } from '../live/prometheus-api.ts'
import { MOST_EXPRESSIONS } from '../live/queries.ts'
import { inWords, MOST_SKEW_SECONDS, passPartly, skipPartial, skipUnseen, source, whyUnseen } from './evidence.ts'
import { compareGroups, type WantedGroup } from './loaded-groups.ts'
import { fail, MOST_TOLD, notConfigured, pass, skip, unusable } from './results.ts'
import { ofPrometheus, productOf } from './sources.ts'

const SECTION = 'Alert rules'
const RELOAD_FAILED = 'its last reload failed, so it still runs older rules'
const LEAST_AGE_SECONDS = 10
// For a group whose interval is not told: Prometheus' own default.
const DEFAULT_INTERVAL_MS = 60_000

const intervalOf = ({ intervalMs }: LoadedGroup): number => intervalMs || DEFAULT_INTERVAL_MS

/** Whether the rules are loaded in Prometheus, and evaluated. */
export function liveRuleItems(config: GateConfig): readonly ItemSpec[] {
  const { files, groups } = config.rules
  const loaded = { id: 'rules-loaded', section: SECTION, item: 'The rules are loaded in Prometheus' } as const
  const evaluated = {
    id: 'rules-evaluated',
    section: SECTION,
    item: 'The rules are evaluated, and without errors'
  } as const
  if (files === null && groups === null) {
    return [loaded, evaluated].map(row => notConfigured(row, 'rules.files', config))
  }
  return [
    ofPrometheus(loaded, config, { judge: (prometheus, facts) => judgeLoaded(prometheus, facts, config) }),
    ofPrometheus(evaluated, config, {
      needs: [loaded.id],
      judge: (prometheus, facts) => judgeEvaluated(prometheus, facts, config)
    })
  ]
}

/** What Prometheus says of expressions. */
export interface ExpressionCheck {
  /** Who says it: `format_query of Prometheus 2.42.0`. */
  readonly by: string
  /** What is wrong with an expression of the rules files; `null`: nothing; `undefined`: it does not say. */
  faultOf(expr: string): string | null | undefined
}

/** Prometheus' own judgement of the expressions of the rules files; `null`: it was not asked, or does not judge any. */
export function expressionCheck({ live: { prometheus } }: Pick<GateFacts, 'live'>): ExpressionCheck | null {
  if (prometheus === null) return null
  const { formatted, build } = prometheus
  const faultOf = (expr: string) => {
    const asked = formatted.get(expr)
    if (asked === undefined) return undefined
    if (asked.answer.seen) return null
    const { reason, message } = asked.answer
    const fault = /^400 bad_data: (?:invalid parameter "query": )?(.*)$/.exec(message)
    return reason === 'refused' && fault !== null ? fault[1] : undefined
  }
  if ([...formatted.keys()].every(expr => faultOf(expr) === undefined)) return null
  const version = build.answer.seen ? ` ${build.answer.value.version}` : ''
  return { by: `format_query of ${productOf(prometheus)}${version}`, faultOf }
}

/** Why nothing can be learnt about the loaded rules; `null`: something can. */
export function whyNoRules(prometheus: PrometheusFacts): ItemResult | null {
  const { rules, build } = prometheus
  const isPlaceholder =
    rules.answer.seen &&
    rules.answer.value.length === 0 &&
    build.answer.seen &&
    build.answer.value.product === 'VictoriaMetrics'
  if (isPlaceholder) {
    return skip(
      `VictoriaMetrics has no rules of its own, and shows vmalert's only with -vmalert.proxyURL ${source(rules)}`,
      'Start VictoriaMetrics with -vmalert.proxyURL, or set prometheus.url to vmalert'
    )
  }
  if (rules.answer.seen) return null
  if (rules.answer.reason !== 'missing') return skipUnseen(rules)
  return skip(
    `${productOf(prometheus)} has no rules API: ${whyUnseen(rules)}`,
    'Set prometheus.url to the server that evaluates the rules'
  )
}

/** Whether the rules of the files, or as many as are expected, are loaded. */
export function judgeLoaded(prometheus: PrometheusFacts, { files }: GateFacts, config: GateConfig): ItemResult {
  const nothing = whyNoRules(prometheus)
  if (nothing !== null) return nothing
  const { rules, lastReload } = prometheus
  const loaded = seenIn(rules)
  const broken = (files.rules ?? []).find(({ unreadable, mistakes }) => unreadable !== null || mistakes.length > 0)
  if (broken !== undefined) {
    const file = unusable(broken, 'Add')
    return skip(
      `what should be loaded is unknown: ${file?.evidence ?? broken.mistakes[0]}`,
      file?.action ?? `Fix ${broken.path}`
    )
  }
  const wanted = wantedIn(files)
  // If there are files, another item judges whether they have as many as are expected.
  const counts = wanted.length > 0 ? [] : Object.entries(config.rules.groups ?? {})
  if (wanted.length === 0 && counts.length === 0)
    return skip('the rules files have no rules', 'Write rules into the rules files')
  const compared = compareGroups(wanted, loaded, prometheus)
  const gone = compared.find(({ fault }) => fault !== null)
  const few = counts.find(
    ([name, least]) => loaded.every(group => group.name !== name) || sumOf(alertsIn(loaded, name)) < least
  )
  if (gone !== undefined || few !== undefined) {
    if (rules.partial.length > 0) return skipPartial(rules)
    const reload = lastReload === false ? `; ${RELOAD_FAILED}` : ''
    const path = gone?.path ?? 'the rules'
    const fault = gone?.fault ?? faultOfCount(few, loaded)
    const others = compared.filter(one => one.fault !== null).length - 1
    const more = others > 0 ? `, and ${counted(others, 'more group')} not as in the files` : ''
    return fail(
      `${fault}${more}${reload} ${source(rules)}`,
      lastReload === false
        ? `Make Prometheus load its configuration again: ${RELOAD_FAILED} (promtool check config names the fault)`
        : `Load ${path} into Prometheus: ${fault}`
    )
  }
  const unclear = compared.find(one => one.unclear !== null)
  if (unclear !== undefined) {
    const words = `the names are there, but the expressions cannot be compared: ${unclear.unclear}`
    if (prometheus.formatted.size >= MOST_EXPRESSIONS && [...prometheus.formatted.values()].some(isFormatted)) {
      return skip(
        `${words} (the gate has no more than ${counted(MOST_EXPRESSIONS, 'expression')} formatted)`,
        'Write the expressions of the rules files as Prometheus shows them, or make rules-loaded optional'
      )
    }
    return skip(words, 'Let the gate ask a Prometheus that has the API format_query')
  }
  const shared = counts.find(([name, least]) => largestOf(alertsIn(loaded, name)) < least)
  if (shared !== undefined) {
    const [name, least] = shared
    const alerts = alertsIn(loaded, name)
    const told = alerts.length > MOST_TOLD ? [...alerts.slice(0, MOST_TOLD), '…'] : alerts
    return skip(
      `${counted(alerts.length, 'group')} ${shown(name)} have ${told.join(' + ')} of ${counted(least, 'alert')}: which of them are meant is unknown ${source(rules)}`,
      'Set rules.files in the gate file'
    )
  }
  const inFiles = wanted.flatMap(({ group }) => group.rules).length
  const evidence =
    wanted.length > 0
      ? `${wanted.length} of ${counted(wanted.length, 'group')}, ${inFiles} of ${counted(inFiles, 'rule')} ${source(rules)}`
      : `${counts.map(([name, least]) => `${shown(name)} ${largestOf(alertsIn(loaded, name))} of ${least}`).join(', ')} ${source(rules)}`
  const result = passPartly(evidence, rules.partial)
  return lastReload === false ? { ...result, warning: `Prometheus: ${RELOAD_FAILED}` } : result
}

// Newer versions of Prometheus do not show a group without rules.
function wantedIn({ rules }: GateFacts['files']): readonly WantedGroup[] {
  return (rules ?? []).flatMap(({ groups, path }) =>
    groups.filter(group => group.rules.length > 0).map(group => ({ group, path }))
  )
}

function isFormatted({ answer }: Asked<string>): boolean {
  return answer.seen
}

function faultOfCount([name, least]: readonly [string, number] = ['', 0], loaded: readonly LoadedGroup[]): string {
  if (loaded.every(group => group.name !== name)) return `group ${shown(name)} is not there`
  return `group ${shown(name)} has ${sumOf(alertsIn(loaded, name))} of ${counted(least, 'alert')}`
}

/** How many each loaded group of the name has. */
function alertsIn(groups: readonly LoadedGroup[], name: string): readonly number[] {
  const own = groups.filter(group => group.name === name)
  return own.map(({ rules }) => rules.filter(({ kind }) => kind === 'alert').length)
}

/** At least 0. A hostile answer has more rules than a call takes arguments. */
function largestOf(numbers: readonly number[]): number {
  return numbers.reduce((largest, number) => Math.max(largest, number), 0)
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function judgeEvaluated(prometheus: PrometheusFacts, { files, now }: GateFacts, config: GateConfig): ItemResult {
  const { rules, time } = prometheus
  const wanted = wantedIn(files)
  const names = Object.keys(config.rules.groups ?? {})
  // Somebody else's file may have a group of the same name.
  const groups =
    wanted.length > 0
      ? compareGroups(wanted, seenIn(rules), prometheus).flatMap(({ loaded }) => loaded ?? [])
      : seenIn(rules).filter(({ name }) => names.includes(name))
  const all = groups.flatMap(group => group.rules.map(rule => ({ rule, group })))
  if (all.length === 0)
    return skip(`there is no rule in the groups ${source(rules)}`, 'Write rules into the rules files')
  const broken = all.filter(({ rule }) => rule.health === 'err')
  const [first] = broken
  if (first !== undefined) {
    const names = firstFew(broken.map(({ rule }) => shown(rule.name)))
    return fail(
      `${names}: ${first.rule.lastError || 'an error'} ${source(rules)}`,
      `Fix rule ${shown(first.rule.name)}: ${first.rule.lastError || 'its evaluation fails'}`
    )
  }
  const unknown = all.filter(({ rule }) => rule.health === 'unknown' || rule.lastEvaluation === null)
  if (unknown.length > 0) {
    const interval = largestOf(unknown.map(({ group }) => intervalOf(group))) / 1000
    return skip(
      `${firstFew(unknown.map(({ rule }) => shown(rule.name)))} not evaluated yet (health unknown) ${source(rules)}`,
      `Run the gate again once the rules have been evaluated, which happens every ${inWords(interval)}`
    )
  }
  if (rules.partial.length > 0) return skipPartial(rules)
  // By its own clock, which may differ from ours.
  const present = samplesIn(time)[0]?.value ?? now / 1000
  const ageOf = (rule: LoadedRule) => present - (rule.lastEvaluation ?? 0) / 1000
  const latest = (group: LoadedGroup) => Math.max(LEAST_AGE_SECONDS, (3 * intervalOf(group)) / 1000)
  const late = all.find(({ rule, group }) => ageOf(rule) > latest(group))
  if (late !== undefined) {
    return fail(
      `${shown(late.rule.name)} was last evaluated ${inWords(ageOf(late.rule))} ago, at an interval of ${inWords(intervalOf(late.group) / 1000)} ${source(rules)}`,
      `Find out why Prometheus no longer evaluates group ${shown(late.group.name)}`
    )
  }
  const ahead = all.find(({ rule }) => ageOf(rule) < -MOST_SKEW_SECONDS)
  if (ahead !== undefined) {
    return skip(
      `${shown(ahead.rule.name)} was last evaluated ${inWords(-ageOf(ahead.rule))} in the future, so whether it still is evaluated is unknown ${source(rules)}`,
      'Correct the clocks of Prometheus and of what evaluates its rules'
    )
  }
  const oldest = largestOf(all.map(({ rule }) => ageOf(rule)))
  return pass(`${counted(all.length, 'rule')} ok, the last evaluated ${inWords(oldest)} ago ${source(rules)}`)
}
