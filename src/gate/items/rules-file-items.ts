import { shown } from '../../domain/text.ts'
import type { Rule, RulesFile } from '../files/file-facts.ts'
import { syntaxFault } from '../files/promql.ts'
import { runbookOf } from '../files/read-rules.ts'
import type { GateConfig } from '../gate-config.ts'
import type { GateFacts } from '../gate-facts.ts'
import type { ItemResult, ItemSpec } from '../item.ts'
import { counted, fail, listed, notConfigured, pass, skip } from './results.ts'

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
    // Groups without a file that they could be in: that was forgotten, not left out.
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
  const missing = files.filter(({ unreadable }) => unreadable !== null)
  if (missing.length === 0) return pass(files.map(({ path, bytes }) => `${path}, ${counted(bytes, 'byte')}`).join('; '))
  return fail(
    listed(missing.map(({ path, unreadable }) => `${path}: ${unreadable}`)),
    `Add ${missing.map(({ path }) => path).join(', ')}`
  )
}

function judgeSyntax({ files: { rules } }: GateFacts): ItemResult {
  const files = rules ?? []
  const expressions = files.flatMap(({ path, groups }) =>
    groups.flatMap(group => group.rules.map(rule => ({ ...rule, path })))
  )
  const faults = [
    ...files.flatMap(({ mistakes }) => mistakes),
    ...expressions.flatMap(({ path, line, expr, name }) => {
      const fault = syntaxFault(expr)
      return fault === null ? [] : [`${path}:${line}: ${shown(name)}: ${fault}`]
    })
  ]
  if (faults.length > 0) return fail(listed(faults), `Fix ${faults[0]}`)
  if (expressions.length === 0) return fail('there is no rule in the files', 'Write rules into the rules files')
  return pass(`${counted(expressions.length, 'expression')} parse (by PromQL's grammar, which knows no types)`)
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
  return fail(`${listed(faults)}${hint}`, `Add the missing alerts to ${missing.join(', ')}`)
}

function judgeAnnotations({ alert, rules: { groups }, runbooks }: GateConfig, { files }: GateFacts): ItemResult {
  const unusable = files.rules?.find(({ unreadable, mistakes }) => unreadable !== null || mistakes.length > 0)
  if (files.rules === null) {
    return skip('rules.files is not configured: set it to have this looked at', 'Set rules.files in the gate file')
  }
  if (unusable !== undefined) {
    const why = unusable.unreadable ?? 'not valid'
    return skip(`${unusable.path} cannot be judged: ${why}`, `Fix ${unusable.path}: ${unusable.mistakes[0] ?? why}`)
  }
  const inFiles = files.rules.flatMap(file => file.groups)
  const alertsOf = (group: (typeof inFiles)[number]) => group.rules.filter(({ kind }: Rule) => kind === 'alert')
  const own = inFiles.flatMap(alertsOf).filter(({ name }) => name === alert?.name)
  if (alert !== null && own.length === 0) {
    const name = shown(alert.name)
    return fail(`there is no alert ${name} in the rules files`, `Add an alert ${name} with an annotation runbook_url`)
  }
  const wanted = inFiles.filter(({ name }) => groups === null || Object.keys(groups).some(one => shown(one) === name))
  const asked = runbooks.everyAlert ? [...own, ...wanted.flatMap(alertsOf).filter(rule => !own.includes(rule))] : own
  const without = [...new Set(asked.filter(rule => runbookOf(rule) === null).map(({ name }) => shown(name)))]
  if (without.length > 0) {
    return fail(`without an annotation: ${listed(without)}`, `Add annotation runbook_url to ${without.join(', ')}`)
  }
  const [first] = asked
  if (first === undefined) return skip('there is no alert in the rules files', 'Write alerts into the rules files')
  const words = `${shown(first.name)}: ${shown(runbookOf(first) ?? '')}`
  return pass(asked.length === 1 ? words : `${counted(asked.length, 'alert')} name a runbook; ${words}`)
}
