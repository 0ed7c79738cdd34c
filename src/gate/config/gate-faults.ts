import type { Fault } from '../../config/file-schema.ts'
import { headerNameMistakes } from '../../config/headers.ts'
import { isJsonPointer } from '../../domain/target.ts'
import { shown } from '../../domain/text.ts'
import type { YamlDocument, YamlPath } from '../../files/read-yaml.ts'
import { didYouMean } from '../../text/did-you-mean.ts'
import { isJsonObject, listAt, textAt, valueAt } from '../../text/json.ts'
import { isUrlPath, SHOWS } from './gate-schema.ts'
import { documentIdOf, healthIdsOf, isMetricName, isSlug, itemIdsOf, type NamedThings, SLUG_RULE } from './item-ids.ts'

const SERVERS = ['service', 'prometheus', 'alertmanager'] as const

// Each is looked at, and has a row in the report.
const MOST_NAMED = 1000

/** What is wrong with a gate file besides its shape; its value may be anything. */
export function* findGateFaults({ value, lineOf }: YamlDocument): Generator<Fault> {
  for (const server of SERVERS) yield* findAccessFaults(value, server)
  const named = namedThings(value)
  yield* findExcess(named)
  yield* findNameFaults(named)
  yield* findTwins(value, lineOf)
  for (const drill of named.drills) {
    if (
      listAt(value, 'drills', drill, 'shows').length === 0 &&
      valueAt(value, 'drills', drill, 'shows') !== undefined
    ) {
      yield fault(['drills', drill, 'shows'], () => 'shows nothing; it takes at least one of get, query and alert')
    }
    for (const [index, show] of listAt(value, 'drills', drill, 'shows').entries()) {
      yield* findShowFaults(show, ['drills', drill, 'shows', index])
    }
  }
  yield* findItemFaults(value, itemIdsOf(named))
}

function fault(path: YamlPath, message: () => string): Fault {
  return { path, message }
}

function* findAccessFaults(value: unknown, server: string): Generator<Fault> {
  for (const { name, message } of headerNameMistakes(keysAt(value, server, 'headers'))) {
    yield fault([server, 'headers', name], () => message)
  }
  const has = (key: string) => valueAt(value, server, key) !== undefined
  if (has('clientCertFile') !== has('clientKeyFile')) {
    const [there, missing] = has('clientKeyFile')
      ? ['clientKeyFile', 'clientCertFile']
      : ['clientCertFile', 'clientKeyFile']
    yield fault([server, there], () => `needs ${missing} as well; add it`)
  }
  if (!/^http:/i.test(textAt(value, server, 'url'))) return
  for (const key of ['caFile', 'clientCertFile', 'clientKeyFile'].filter(has)) {
    yield fault([server, key], () => 'only works with an https address; change the url to https, or remove it')
  }
}

function namedThings(value: unknown): NamedThings {
  return {
    metrics: keysAt(value, 'metrics', 'required'),
    health: keysAt(value, 'health'),
    drills: keysAt(value, 'drills'),
    documents: listAt(value, 'documents').map(documentIdIn)
  }
}

function documentIdIn(document: unknown): string {
  return typeof document === 'string' ? documentIdOf(document) : textAt(document, 'id')
}

function* findExcess({ metrics, health, drills, documents }: NamedThings): Generator<Fault> {
  for (const [{ length }, path] of [
    [metrics, ['metrics', 'required']],
    [health, ['health']],
    [drills, ['drills']],
    [documents, ['documents']]
  ] as const) {
    if (length > MOST_NAMED) {
      yield fault(path, () => `has ${length} entries, and a gate takes ${MOST_NAMED}; split the file`)
    }
  }
}

function* findNameFaults({ metrics, health, drills }: NamedThings): Generator<Fault> {
  for (const [names, at, accepts, takes] of [
    [metrics, ['metrics', 'required'], isMetricName, "a metric's name without the prefix"],
    [health, ['health'], isUrlPath, 'a path that begins with /, such as /readyz'],
    [drills, ['drills'], isSlug, SLUG_RULE]
  ] as const) {
    for (const name of names) {
      if (!accepts(name)) yield fault([...at, name], () => `"${shown(name)}" is not ${takes}`)
    }
  }
}

// Two things whose items would have the same id.
function* findTwins(value: unknown, lineOf: YamlDocument['lineOf']): Generator<Fault> {
  const paths = keysAt(value, 'health')
  const health = healthIdsOf(paths).map((id, index) => ({ id, path: ['health', paths[index] ?? ''] }))
  const documents = listAt(value, 'documents').map((document, index) => ({
    id: documentIdIn(document),
    path: ['documents', index]
  }))
  for (const [things, hint] of [
    [health, 'keep only one of them'],
    [documents, 'give one an id of its own: { id: …, path: … }']
  ] as const) {
    const firsts = new Map<string, YamlPath>()
    for (const { id, path } of things) {
      const first = firsts.get(id)
      if (first === undefined) firsts.set(id, path)
      else
        yield fault(
          path,
          () => `its item would have the same id, ${shown(id)}, as the one in line ${lineOf(first)}; ${hint}`
        )
    }
  }
}

function* findShowFaults(show: unknown, path: YamlPath): Generator<Fault> {
  if (!isJsonObject(show)) return
  const kinds = Object.keys(SHOWS) as (keyof typeof SHOWS)[]
  const [kind, second] = kinds.filter(name => name in show)
  if (kind === undefined) return yield fault(path, () => `shows nothing; it takes one of ${kinds.join(', ')}`)
  if (second !== undefined)
    yield fault([...path, second], () => `cannot be combined with ${kind}; make it a separate entry`)
  else {
    for (const [other, keys] of Object.entries(SHOWS)) {
      for (const key of keys.filter(name => name in show && other !== kind)) {
        yield fault([...path, key], () => `cannot be used with ${kind}; it only works with ${other}`)
      }
    }
  }
  if (kind === 'query' && !('value' in show)) yield fault([...path, 'value'], () => 'missing; it takes a number')
  for (const pointer of keysAt(show, 'json')) {
    if (!isJsonPointer(pointer)) {
      yield fault(
        [...path, 'json', pointer],
        () => `"${shown(pointer)}" is not a JSON pointer, such as /checks/database/status`
      )
    }
  }
}

function* findItemFaults(value: unknown, ids: readonly string[]): Generator<Fault> {
  const unknown = (id: unknown) =>
    typeof id !== 'string' || ids.includes(id) ? null : `there is no item "${shown(id)}"; ${hintFor(id, ids)}`
  for (const list of ['required', 'optional'] as const) {
    for (const [index, id] of listAt(value, list).entries()) {
      const message = unknown(id)
      if (message !== null) yield fault([list, index], () => message)
    }
  }
  const required = listAt(value, 'required')
  for (const [index, id] of listAt(value, 'optional').entries()) {
    if (required.includes(id))
      yield fault(['optional', index], () => 'is also listed under required; remove it from one of the two')
  }
  for (const [index, waiver] of listAt(value, 'waivers').entries()) {
    const message = unknown(valueAt(waiver, 'item'))
    if (message !== null) yield fault(['waivers', index, 'item'], () => message)
  }
}

function hintFor(id: string, ids: readonly string[]): string {
  return didYouMean(id, ids) ?? 'the report of the gate lists all ids'
}

function keysAt(value: unknown, ...path: readonly string[]): string[] {
  const found = valueAt(value, ...path)
  return isJsonObject(found) ? Object.keys(found) : []
}
