import { shown } from '../../domain/text.ts'
import { runbookOf } from '../files/read-rules.ts'
import type { GateConfig } from '../gate-config.ts'
import type { GateFacts, ItemResult, ItemSpec } from '../item.ts'
import type { AlertHistory, LoadedRule, PrometheusFacts } from '../live/live-facts.ts'
import { alertRulesIn } from '../live/look-at-prometheus.ts'
import { type Asked, type Samples, samplesIn, seenIn } from '../live/prometheus-api.ts'
import { actionToDrill, judgeAlertByDrills } from './drills.ts'
import { inMs, inWords, passPartly, skipPartial, skipUnseen, source, timeOf, whyUnseen } from './evidence.ts'
import { fail, notConfigured, skip } from './results.ts'
import { judgeLoaded, whyNoRules } from './rules-live.ts'
import { ofPrometheus } from './sources.ts'

const SECTION = 'Alert and runbook'

/** A gate that follows an alert. */
type AlertConfig = GateConfig & { readonly alert: NonNullable<GateConfig['alert']> }

/** Whether the alert is loaded, and was seen to trigger and to fire. */
export function liveAlertItems(config: GateConfig): readonly ItemSpec[] {
  const name = shown(config.alert?.name ?? 'alert.name')
  const row = (id: string, item: string) => ({ id, section: SECTION, item }) as const
  const visible = row('alert-rule-visible', `The alert ${name} is visible in Prometheus`)
  const triggered = row('alert-triggered', `${name} was seen to trigger`)
  const fired = row('alert-pending-or-firing', `${name} was seen pending and firing`)
  const { alert } = config
  if (alert === null) return [visible, triggered, fired].map(one => notConfigured(one, 'alert.name', config))
  const drill = actionToDrill(config)
  const once = { needs: [visible.id], required: false, ...(drill === null ? {} : { alsoDo: drill }) }
  const own = { ...config, alert }
  const byDrills = ({ drills }: GateFacts) => judgeAlertByDrills(alert.name, config, drills)
  return [
    ofPrometheus(visible, config, { judge: (prometheus, facts) => judgeVisible(prometheus, facts, own) }),
    ofPrometheus(triggered, config, {
      ...once,
      judge: (prometheus, facts) => byDrills(facts)?.triggered ?? judgeTriggered(prometheus, own)
    }),
    ofPrometheus(fired, config, {
      ...once,
      judge: (prometheus, facts) => byDrills(facts)?.pendingOrFiring ?? judgeFired(prometheus, facts, own)
    })
  ]
}

/** What the loaded rules of an alert name as their runbooks, `null` for none; empty: no such rule could be looked at. */
export function loadedRunbooksOf(
  { live: { prometheus }, files }: Pick<GateFacts, 'live' | 'files'>,
  alert: string
): readonly (string | null)[] {
  return prometheus === null ? [] : alertRulesIn(prometheus.rules, files, alert).map(runbookOf)
}

function judgeVisible(prometheus: PrometheusFacts, facts: GateFacts, config: AlertConfig): ItemResult {
  const { alert } = config
  const name = shown(alert.name)
  const nothing = whyNoRules(prometheus)
  if (nothing !== null) return nothing
  const { rules } = prometheus
  const own = alertRulesIn(prometheus.rules, facts.files, alert.name)
  const [rule] = own
  if (rule === undefined) {
    return rules.partial.length > 0
      ? skipPartial(rules)
      : fail(`no alert ${name} is loaded ${source(rules)}`, actionToLoad(prometheus, facts, config))
  }
  const broken = own.find(({ health }) => health === 'err')
  if (broken !== undefined) {
    const error = broken.lastError || 'its evaluation fails'
    return fail(`${name}: ${error} ${source(rules)}`, `Fix rule ${name}: ${error}`)
  }
  if (own.some(({ health }) => health !== 'ok')) {
    return skip(
      `${name} is there, but has not been evaluated yet (health unknown) ${source(rules)}`,
      'Run the gate again once the rules have been evaluated'
    )
  }
  const group = groupOf(prometheus, rule)
  return passPartly(`${name} in ${group}, ${rule.state || 'without a state'} ${source(rules)}`, rules.partial)
}

// An alert in the files is loaded with them.
function actionToLoad(prometheus: PrometheusFacts, facts: GateFacts, config: AlertConfig): string {
  const { name } = config.alert
  const groups = (facts.files.rules ?? []).flatMap(file => file.groups)
  const isInFiles = groups.some(({ rules }) => rules.some(rule => rule.kind === 'alert' && rule.name === name))
  const loaded = isInFiles ? judgeLoaded(prometheus, facts, config).action : null
  return loaded ?? `Load an alert ${shown(name)}`
}

function groupOf({ rules }: PrometheusFacts, rule: LoadedRule): string {
  return shown(seenIn(rules).find(group => group.rules.includes(rule))?.name ?? '')
}

function judgeTriggered({ alert: history }: PrometheusFacts, config: AlertConfig): ItemResult {
  if (history === null) return skip('its history was not asked', null)
  const { expression, now, seen } = history
  if (expression !== null && samplesIn(expression).length > 0) {
    return passPartly(`its expression has a value now (${inMs(expression.ms)})`, expression.partial)
  }
  if (statesIn(now).size > 0)
    return passPartly(`${[...statesIn(now)].sort().join(', ')} now ${source(now)}`, now.partial)
  const states = statesIn(seen)
  if (states.size > 0) return passPartly(`${timesOf(states, history)}, within ${within(config)}`, seen.partial)
  return unseen(history, config)
}

function judgeFired(
  prometheus: PrometheusFacts,
  { live: { alertmanager }, files }: GateFacts,
  config: AlertConfig
): ItemResult {
  const history = prometheus.alert
  if (history === null) return skip('its history was not asked', null)
  const { name } = config.alert
  const states = new Set([...statesIn(history.now), ...statesIn(history.seen)])
  const hasNoPending = alertRulesIn(prometheus.rules, files, name).every(({ forMs }) => forMs === 0)
  if (!states.has('firing')) {
    if (states.size === 0) return unseen(history, config)
    return skip(`${timesOf(states, history)}, and never firing within ${within(config)}`, actionToDrill(config))
  }
  if (!states.has('pending') && !hasNoPending) {
    return skip(`${timesOf(states, history)}, and never pending within ${within(config)}`, actionToDrill(config))
  }
  const times = timesOf(states, history)
  const partial = [...history.now.partial, ...history.seen.partial]
  if (alertmanager === null) return passPartly(`${times} ${source(history.seen)}`, partial)
  const isFiring = statesIn(history.now).has('firing')
  if (!isFiring) {
    return passPartly(`${times}; Alertmanager does not keep what is over ${source(history.seen)}`, partial)
  }
  const { answer } = alertmanager
  if (!answer.seen) return skip(`${times}; ${whyUnseen(alertmanager)}`, `Make Alertmanager answer: ${answer.message}`)
  const { count, since } = answer.value
  if (count === 0) {
    return fail(
      `${times}, but not in Alertmanager ${source(alertmanager)}`,
      `Make Prometheus send its alerts to Alertmanager: it has no ${shown(name)}`
    )
  }
  return passPartly(
    `${times}, in Alertmanager${since === null ? '' : ` at ${timeOf(since / 1000, AN_UNKNOWN_TIME)}`} ${source(alertmanager)}`,
    partial
  )
}

// An alert that was not seen may be in what could not be looked at.
function unseen(history: AlertHistory, config: AlertConfig): ItemResult {
  const { now, seen } = history
  const failed = [now, seen].find(({ answer }) => !answer.seen)
  if (failed !== undefined) return skipUnseen(failed)
  if (seen.partial.length > 0) return skipPartial(seen)
  const how = config.drills.length === 0 ? 'a drill in the gate file' : 'gate --drill NAME'
  const words = `quiet, and not seen within ${within(config)}; ${how} can show it ${source(seen)}`
  return skip(words, actionToDrill(config))
}

function statesIn(alerts: Asked<Samples>): ReadonlySet<string> {
  const states = samplesIn(alerts).map(({ labels }) => labels.alertstate ?? '')
  return new Set(states.filter(state => ['pending', 'firing'].includes(state)))
}

const AN_UNKNOWN_TIME = 'an unknown time'

function timesOf(states: ReadonlySet<string>, { times }: AlertHistory): string {
  const samples = samplesIn(times)
  const words = ['pending', 'firing'].flatMap(state => {
    if (!states.has(state)) return []
    const at = samples.find(({ labels }) => labels.alertstate === state)?.value
    return [at === undefined ? `${state} seen` : `${state} at ${timeOf(at, AN_UNKNOWN_TIME)}`]
  })
  return words.join(', ')
}

function within({ alert: { seenWithinMs } }: AlertConfig): string {
  const days = seenWithinMs / 86_400_000
  return Number.isInteger(days) ? `${days} d` : inWords(seenWithinMs / 1000)
}
