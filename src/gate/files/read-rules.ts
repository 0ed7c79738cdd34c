import type { Static } from 'typebox'
import * as Type from 'typebox'
import { CLOSED, type Fault, parseParts, type ValueSchema } from '../../config/file-schema.ts'
import { shown } from '../../domain/text.ts'
import type { YamlDocument, YamlPath } from '../../files/read-yaml.ts'
import { parseDuration } from '../../text/durations.ts'
import { isJsonObject, listAt, textAt, valueAt } from '../../text/json.ts'
import { MOST_MISTAKES } from '../../text/mistake.ts'
import type { Rule, RuleGroup, RulesFile } from './file-facts.ts'
import { readText } from './paths.ts'
import { templateFault } from './template-fault.ts'

// Go's YAML takes a number or a flag for a text where a text is wanted.
const SCALAR = Type.Refine(Type.Unknown({ takes: 'a text' } satisfies ValueSchema & object), isScalar)
const EXPRESSION = Type.Refine(Type.Unknown({ takes: 'a PromQL expression' } satisfies ValueSchema & object), isScalar)
const NAME = Type.Refine(
  Type.Unknown({ takes: 'a name' } satisfies ValueSchema & object),
  name => isScalar(name) && String(name).trim() !== ''
)
// Go counts nanoseconds in 63 bits.
const LONGEST_MS = 2 ** 63 / 1e6
// `for: 0` is a number.
const DURATION = Type.Refine(
  Type.Unknown({ takes: 'a duration, such as 5m' } satisfies ValueSchema & object),
  duration => isScalar(duration) && (parseDuration(String(duration)) ?? LONGEST_MS) < LONGEST_MS
)
const COUNT = Type.Integer({ takes: 'a whole number' } satisfies ValueSchema & object)
const FLAG = Type.Boolean({ takes: 'true or false' } satisfies ValueSchema & object)
const TEXTS = Type.Record(Type.String(), SCALAR)

// Source: pkg/rulefmt of Prometheus; besides, the keys of a group that Thanos and Mimir add.
const RULE = Type.Object(
  {
    record: Type.Optional(NAME),
    alert: Type.Optional(NAME),
    expr: EXPRESSION,
    for: Type.Optional(DURATION),
    keep_firing_for: Type.Optional(DURATION),
    labels: Type.Optional(TEXTS),
    annotations: Type.Optional(TEXTS)
  },
  CLOSED
)

const GROUP = Type.Object(
  {
    name: NAME,
    interval: Type.Optional(DURATION),
    query_offset: Type.Optional(DURATION),
    limit: Type.Optional(COUNT),
    labels: Type.Optional(TEXTS),
    rules: Type.Optional(Type.Array(RULE)),
    partial_response_strategy: Type.Optional(NAME),
    evaluation_delay: Type.Optional(DURATION),
    source_tenants: Type.Optional(Type.Array(NAME)),
    align_evaluation_time_on_interval: Type.Optional(FLAG)
  },
  CLOSED
)

const RULES = Type.Object({ groups: Type.Optional(Type.Array(GROUP)) }, CLOSED)

const FORMAT = {
  schema: RULES,
  takes: 'a rules file is one YAML document with groups',
  placesIn: placesOfRules,
  // In a plain rules file, Prometheus reads only the first document.
  takesMany: (documents: readonly unknown[]) =>
    documents.every(document => valueAt(document, 'apiVersion') !== undefined),
  findMore: findRuleFaults,
  dropsNulls: true,
  yaml: { refusesAsGo: true }
}

const OTHER_KIND = 'a Kubernetes manifest of another kind; it takes a rules file of Prometheus, or PrometheusRules'

// What every version takes. Since 3.0, Prometheus takes any other text as well.
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL_NAME = /^[a-zA-Z_]\w*$/

type RuleEntry = Static<typeof RULE>
type GroupEntry = Static<typeof GROUP>

/** Reads a rules file of Prometheus, or PrometheusRules, of at most 1 MiB; its expressions are not parsed. */
export function readRules(path: string, told: string): RulesFile {
  const { text, ...file } = readText(path, told)
  if (file.unreadable !== null) return { ...file, mistakes: [], groups: [] }
  const parsed = parseParts(text, told, FORMAT)
  if (!parsed.ok) {
    const mistakes = parsed.mistakes.map(({ message }) => message)
    // In such a manifest, each key is a mistake too.
    const ofManifests = mistakes.filter(message => message.includes(OTHER_KIND))
    return { ...file, mistakes: [...new Set([...ofManifests, ...mistakes])], groups: [] }
  }
  const entries = parsed.value.flatMap(({ value: { groups = [] }, lineOf }) =>
    groups.map((group, index) => ({ group, lineAt: (path: YamlPath) => lineOf(['groups', index, ...path]) }))
  )
  const groups = entries.map(
    ({ group: { name, labels, rules = [] }, lineAt }): RuleGroup => ({
      name: shown(String(name)),
      rules: rules.map((rule, index) =>
        toRule({ ...rule, labels: { ...labels, ...rule.labels } }, lineAt(['rules', index]))
      )
    })
  )
  const found = entries.flatMap(({ group, lineAt }) =>
    newNamesOf(group).map(([path, name]) => ({ path, name, lineAt }))
  )
  // Finding a line means searching a mapping from its start.
  const newNames = found
    .slice(0, MOST_MISTAKES)
    .map(({ path, name, lineAt }) => `${told}:${lineAt(path)}: "${shown(name)}"`)
  return { ...file, mistakes: [], groups, newNames }
}

// prometheus-operator makes rules files from such manifests, group by group; kubectl prints several as a list.
function placesOfRules(document: unknown): readonly YamlPath[] {
  const kind = textAt(document, 'kind')
  if (kind === 'PrometheusRule') return [['spec']]
  if (kind !== 'List' && kind !== 'PrometheusRuleList') return [[]]
  // In a list of one kind, the API server leaves out the kind of each item.
  return listAt(document, 'items').map((item, index) =>
    textAt(item, 'kind') === 'PrometheusRule' || kind === 'PrometheusRuleList'
      ? ['items', index, 'spec']
      : ['items', index]
  )
}

/**
 * A rule's runbook, as its annotation has it: a file before an address, and either before a template, which names no
 * single one. `null`: it has none.
 */
export function runbookOf({ annotations }: Pick<Rule, 'annotations'>): string | null {
  const named = [annotations.runbook, annotations.runbook_url].filter(name => name !== undefined && name.trim() !== '')
  const single = named.filter(name => name !== undefined && !isTemplate(name))
  return single.find(name => name !== undefined && !/^https?:/i.test(name)) ?? single[0] ?? named[0] ?? null
}

/** Whether Prometheus fills in a text for each alert. */
export function isTemplate(text: string): boolean {
  return text.includes('{{')
}

// Texts stay whole: they are compared with what Prometheus has loaded.
function toRule(entry: RuleEntry, line: number): Rule {
  const { alert, record, expr, for: duration = 0, keep_firing_for: keepFiring = 0 } = entry
  const { labels = {}, annotations = {} } = entry
  return {
    kind: alert === undefined ? 'record' : 'alert',
    name: String(alert ?? record ?? ''),
    expr: String(expr),
    forMs: parseDuration(String(duration)) ?? 0,
    keepFiringMs: parseDuration(String(keepFiring)) ?? 0,
    labels: Object.fromEntries(
      Object.entries(labels).filter(
        (label): label is [string, string] => typeof label[1] === 'string' && label[1] !== ''
      )
    ),
    annotations: Object.fromEntries(Object.entries(annotations).map(([name, value]) => [name, String(value)])),
    line
  }
}

function newNamesOf({ labels = {}, rules = [] }: GroupEntry): [path: YamlPath, name: string][] {
  const keysOf = (path: YamlPath, texts: object): [path: YamlPath, name: string][] =>
    Object.keys(texts)
      .filter(name => !LABEL_NAME.test(name))
      .map(name => [[...path, name], name])
  const ofRules = rules.flatMap((rule, index): [path: YamlPath, name: string][] => {
    const path = ['rules', index]
    const record = String(rule.record ?? 'none')
    return [
      ...(METRIC_NAME.test(record) ? [] : [[[...path, 'record'], record] satisfies [YamlPath, string]]),
      ...keysOf([...path, 'labels'], rule.labels ?? {}),
      ...keysOf([...path, 'annotations'], rule.annotations ?? {})
    ]
  })
  return [...keysOf(['labels'], labels), ...ofRules]
}

function* findRuleFaults({ value, lineOf }: YamlDocument): Generator<Fault> {
  if (valueAt(value, 'apiVersion') !== undefined && textAt(value, 'kind') !== '') {
    yield { path: ['kind'], message: () => OTHER_KIND }
  }
  const firsts = new Map<string, YamlPath>()
  for (const [index, group] of listAt(value, 'groups').entries()) {
    const path = ['groups', index]
    const name = String(valueAt(group, 'name') ?? '')
    const first = firsts.get(name)
    if (first === undefined) firsts.set(name, path)
    else if (name !== '') {
      yield { path, message: () => `group "${shown(name)}" is already in line ${lineOf(first)}` }
    }
    for (const label of reservedIn(valueAt(group, 'labels'))) {
      yield { path: [...path, 'labels', label], message: () => noLabel(label) }
    }
    for (const [at, rule] of listAt(group, 'rules').entries()) {
      for (const [key, message] of faultsOfRule(rule)) {
        yield { path: [...path, 'rules', at, ...key], message: () => message }
      }
    }
  }
}

function* faultsOfRule(rule: unknown): Generator<[key: readonly string[], message: string]> {
  if (!isJsonObject(rule)) return
  const { alert, record, expr } = rule
  if (alert === undefined && record === undefined) yield [[], 'neither alert nor record; it takes one of them']
  if (alert !== undefined && record !== undefined)
    yield [['record'], 'cannot be combined with alert; make it a separate rule']
  if (typeof expr === 'string' && expr.trim() === '') yield [['expr'], 'empty; it takes a PromQL expression']
  if (alert === undefined && record !== undefined) {
    for (const key of ['for', 'keep_firing_for', 'annotations'].filter(name => isSet(rule[name]))) {
      yield [[key], 'cannot be used with record; only alerts have it']
    }
  }
  for (const label of reservedIn(rule.labels)) yield [['labels', label], noLabel(label)]
  for (const labels of ['labels', 'annotations']) {
    const texts = rule[labels]
    if (!isJsonObject(texts)) continue
    for (const [name, value] of Object.entries(texts)) {
      if (name === '') yield [[labels, name], noLabel(name)]
      // Those of a recording rule are taken as they are.
      const fault = alert === undefined || !isScalar(value) ? null : templateFault(String(value))
      if (fault !== null) yield [[labels, name], fault]
    }
  }
}

function reservedIn(labels: unknown): string[] {
  return isJsonObject(labels) ? Object.keys(labels).filter(name => name === '__name__') : []
}

function noLabel(name: string): string {
  return `"${shown(name)}" is not a label name`
}

// Go cannot tell zero or empty from left out.
function isSet(value: unknown): boolean {
  if (isJsonObject(value)) return Object.keys(value).length > 0
  return value !== undefined && parseDuration(String(value)) !== 0
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
