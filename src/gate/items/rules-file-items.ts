import { shown } from '../../domain/text.ts'
import { counted, firstFew } from '../../text/lines.ts'
import type { Rule, RuleGroup, RulesFile } from '../files/file-facts.ts'
import { toldLink } from '../files/paths.ts'
import { syntaxFault } from '../files/promql.ts'
import { runbookOf } from '../files/read-rules.ts'
import type { GateConfig } from '../gate-config.ts'
import type { GateFacts, ItemResult, ItemSpec } from '../item.ts'
import type { Build } from '../live/live-facts.ts'
import { loadedRunbooksOf } from './alert-live.ts'
import { fail, listed, MOST_TOLD, notConfigured, pass, skip, unusable } from './results.ts'
import { expressionCheck } from './rules-live.ts'
import { whyNoPrometheus } from './sources.ts'

/** What the rules files are judged by without Prometheus. */
export function rulesFileItems(config: GateConfig): ItemSpec[] {
  const { files, groups } = config.rules
  const present = {
    id: 'rules-file-present',
    section: 'Alert rules',
    item: 'The rules files are there, readable and not empty'
  } as const
  const syntax = {
    id: 'rules-syntax-valid',
    section: 'Alert rules',
    item: 'The rules files are valid, and their expressions parse'
  } as const
  const complete = {
    id: 'rule-groups-complete',
    section: 'Alert rules',
    item: 'The expected groups are in the files, with at least their number of alerts'
  } as const
  if (files === null) {
    // Groups without a file that they could be in: rules.files was forgotten, not left out.
    return [
      groups === null
        ? notConfigured(present, 'rules.files', config)
        : { ...present, needs: [], required: true, judge: () => FORGOTTEN },
      notConfigured(syntax, 'rules.files', config),
      groups === null
        ? notConfigured(complete, 'rules.groups', config)
        : { ...complete, needs: [present.id], required: true, judge: () => FORGOTTEN }
    ]
  }
  return [
    { ...present, needs: [], required: true, judge: facts => judgePresence(filesIn(facts)) },
    { ...syntax, needs: ['rules-file-present'], required: true, judge: judgeSyntax },
    groups === null
      ? notConfigured(complete, 'rules.groups', config)
      : {
          ...complete,
          needs: ['rules-file-present'],
          required: true,
          judge: facts => judgeGroups(groups, filesIn(facts))
        }
  ]
}

const FORGOTTEN = skip(
  'rules.groups says what is expected, and rules.files is not configured: set it to have this looked at',
  'Set rules.files in the gate file'
)

/** Whether the alert, or each alert of the expected groups, names its runbook. */
export function annotationItem(config: GateConfig): ItemSpec {
  const row = {
    id: 'alert-has-runbook-annotation',
    section: 'Alert and runbook',
    item: 'The alert names its runbook in an annotation, runbook or runbook_url'
  } as const
  if (config.alert === null && !config.runbooks.everyAlert) return notConfigured(row, 'alert.name', config)
  return { ...row, needs: [], required: true, judge: facts => judgeAnnotations(config, facts) }
}

function filesIn({ files }: GateFacts): readonly RulesFile[] {
  return files.rules ?? []
}

function judgePresence(files: readonly RulesFile[]): ItemResult {
  const found = files.flatMap(file => unusable(file, 'Add') ?? [])
  if (found.length === 0) return pass(listed(files.map(({ path, bytes }) => `${path}, ${counted(bytes, 'byte')}`)))
  const broken = found.filter(({ status }) => status === 'FAIL')
  const told = broken.length > 0 ? broken : found
  const words = listed(told.map(({ evidence }) => evidence))
  const action = listed(told.flatMap(one => one.action ?? []))
  return broken.length > 0 ? fail(words, action) : skip(words, action)
}

function judgeSyntax(facts: GateFacts): ItemResult {
  const files = filesIn(facts)
  const check = expressionCheck(facts)
  const rules = files.flatMap(({ path, groups }) => groups.flatMap(group => group.rules.map(rule => ({ path, rule }))))
  // Prometheus knows its own functions and types best; where it does not say, its grammar does.
  const judged = rules.map(({ path, rule: { name, line, expr } }) => {
    const byServer = check?.faultOf(expr)
    const fault = byServer === undefined ? syntaxFault(expr) : byServer
    return {
      fault: fault === null ? null : `${path}:${line}: ${shown(name)}: ${fault}`,
      isByServer: byServer !== undefined
    }
  })
  const newNames = files.flatMap(file => file.newNames ?? [])
  const major = majorOf(facts)
  const isMetricsQl = buildOf(facts)?.product === 'VictoriaMetrics'
  const unsure = judged.filter(({ fault, isByServer }) => isMetricsQl && fault !== null && !isByServer)
  const faults = [
    ...files.flatMap(({ mistakes }) => mistakes),
    ...(major === 2 ? newNames.map(name => `${name} is not a valid name in Prometheus 2`) : []),
    ...judged.filter(one => !unsure.includes(one)).flatMap(({ fault }) => fault ?? [])
  ]
  if (faults.length > 0) return fail(listed(faults), `Fix ${faults[0]}`)
  if (unsure.length > 0) {
    return skip(
      `not PromQL; the gate cannot tell whether it is MetricsQL: ${listed(unsure.flatMap(({ fault }) => fault ?? []))}`,
      'Check the rules with vmalert -dryRun, and make rules-syntax-valid optional'
    )
  }
  if (rules.length === 0) return fail('there is no rule in the files', 'Write rules into the rules files')
  const byServer = judged.filter(({ isByServer }) => isByServer).length
  const by = [
    ...(byServer > 0 ? [`${byServer} by ${check?.by}`] : []),
    ...(byServer < judged.length ? [`${judged.length - byServer} by PromQL's grammar, which knows most types`] : [])
  ]
  const words = pass(`${counted(judged.length, 'expression')} parsed: ${by.join(', ')}`)
  if (newNames.length === 0 || major !== null) return words
  return { ...words, warning: `only Prometheus 3 takes these names: ${listed(newNames)}` }
}

function buildOf({ live: { prometheus } }: GateFacts): Build | null {
  return prometheus?.build.answer.seen === true ? prometheus.build.answer.value : null
}

/** Of the Prometheus that was asked; `null`: it is unknown, or another server. */
function majorOf(facts: GateFacts): number | null {
  const build = buildOf(facts)
  const major = build?.product === 'Prometheus' ? Number.parseInt(build.version, 10) : Number.NaN
  return Number.isNaN(major) ? null : major
}

function judgeGroups(expected: Readonly<Record<string, number>>, files: readonly RulesFile[]): ItemResult {
  const groups = files.flatMap(file => file.groups)
  const found = Object.entries(expected).map(([name, least]) => {
    const own = groups.filter(group => group.name === shown(name))
    const alerts = own.flatMap(({ rules }) => rules.filter(({ kind }) => kind === 'alert')).length
    return { name: shown(name), least, alerts, isThere: own.length > 0 }
  })
  const short = found.filter(({ least, alerts, isThere }) => !isThere || alerts < least)
  if (short.length === 0) return pass(found.map(({ name, alerts }) => `${name} ${alerts}`).join(', '))
  const broken = files.filter(({ mistakes }) => mistakes.length > 0)
  const hint = broken.length === 0 ? '' : `; not valid, so without groups: ${broken.map(({ path }) => path).join(', ')}`
  const faults = short.map(({ name, least, alerts, isThere }) =>
    isThere ? `${name} has ${alerts} of ${counted(least, 'alert')}` : `there is no group ${name}`
  )
  const missing = short.map(({ name, least, alerts }) => `${name} (${alerts} of ${least})`)
  return fail(`${listed(faults)}${hint}`, `Add the missing alerts to ${firstFew(missing, MOST_TOLD)}`)
}

function judgeAnnotations(config: GateConfig, facts: GateFacts): ItemResult {
  const { alert, rules, runbooks } = config
  const name = alert === null ? null : shown(alert.name)
  const loadedOf = (one: string) => (whyNoPrometheus(facts, config) === null ? loadedRunbooksOf(facts, one) : [])
  const unread = whyUnread(facts)
  if (unread !== null) {
    // Without the files, the loaded rules tell at least about the one alert.
    const loaded = alert === null ? [] : loadedOf(alert.name)
    const [first] = loaded
    if (first === undefined) return unread
    // If several rules have the name, each must have one.
    return first === null || loaded.includes(null)
      ? fail(`${name} is loaded without an annotation`, `Add annotation runbook_url to ${name}`)
      : pass(`${name}: ${toldLink(first)}, as it is loaded`)
  }
  const groups = filesIn(facts).flatMap(file => file.groups)
  const alertsOf = (group: RuleGroup) => group.rules.filter(({ kind }) => kind === 'alert')
  const own = groups.flatMap(alertsOf).filter(rule => rule.name === alert?.name)
  if (name !== null && own.length === 0) {
    return fail(`there is no alert ${name} in the rules files`, `Add an alert ${name} with an annotation runbook_url`)
  }
  const expected = rules.groups === null ? null : Object.keys(rules.groups).map(shown)
  const inGroups = groups.filter(group => expected === null || expected.includes(group.name)).flatMap(alertsOf)
  const asked = runbooks.everyAlert ? [...new Set([...own, ...inGroups])] : own
  const [first] = asked
  if (first === undefined) return skip('there is no alert in the rules files', 'Write alerts into the rules files')
  const namesOf = (found: readonly Rule[]) => [...new Set(found.map(rule => shown(rule.name)))]
  const without = namesOf(asked.filter(rule => runbookOf(rule) === null))
  if (without.length > 0) {
    return fail(
      `without an annotation: ${listed(without)}`,
      `Add annotation runbook_url to ${firstFew(without, MOST_TOLD)}`
    )
  }
  const isStale = (rule: Rule) => {
    const loaded = loadedOf(rule.name)
    return loaded.length > 0 && (loaded.includes(null) || !loaded.includes(runbookOf(rule)))
  }
  const stale = namesOf(asked.filter(isStale))
  if (stale.length > 0) {
    return fail(
      `in the file, and not in what Prometheus has loaded: ${listed(stale)}`,
      `Load the rules files into Prometheus again: it has another runbook_url for ${firstFew(stale, MOST_TOLD)}, or none`
    )
  }
  const words = `${shown(first.name)}: ${toldLink(runbookOf(first) ?? '')}`
  return pass(asked.length === 1 ? words : `${counted(asked.length, 'alert')} name a runbook; ${words}`)
}

/** Why the rules files tell nothing; `null`: they do. */
function whyUnread({ files: { rules } }: GateFacts): ItemResult | null {
  if (rules === null) {
    return skip('rules.files is not configured: set it to have this looked at', 'Set rules.files in the gate file')
  }
  const missing = rules.filter(({ unreadable }) => unreadable !== null)
  if (missing.length > 0)
    return skip(`the rules files cannot be read: ${judgePresence(rules).evidence}`, judgePresence(rules).action)
  const broken = rules.find(({ mistakes }) => mistakes.length > 0)
  return broken === undefined ? null : skip(`${broken.path} is not valid`, `Fix ${broken.mistakes[0]}`)
}
