import { isDeepStrictEqual } from 'node:util'
import { ANNOTATION_PREFIX } from '../domain/annotations.ts'
import { type Observed, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import { describeWorkload, type Workload, workloadKey } from '../domain/workload.ts'
import { inSlices } from '../event-loop.ts'
import type { YamlPath } from '../files/read-yaml.ts'
import { copyOf } from '../text/copy-of.ts'
import { isJsonObject, valueAt } from '../text/json.ts'
import { atMost } from '../text/lines.ts'
import { accepted, badInput, MOST_MISTAKES, type Result, refused } from '../text/mistake.ts'
import { createDependents, type Dependents } from './dependents.ts'
import {
  type DocumentMistake,
  findStrayWords,
  LIST_KINDS,
  type ManifestDocument,
  readDocuments
} from './manifest-documents.ts'
import { ownNames } from './own-annotations.ts'
import { type NotAWorkload, outlineOf, toWorkload } from './to-workload.ts'

/** What a file of manifests says, as far as it could be read. */
export interface Fleet {
  /** Each once; also those that could not be read, if only their names and annotations are known. */
  readonly workloads: readonly Workload[]
  /** Pods, revisions and nodes. */
  readonly dependents: Dependents
  /** The mistake that kept a workload from being read, by `workloadKey`. */
  readonly unreadable: ReadonlyMap<string, string>
  /** The first mistake in something that may have held any workload; `null`: there is none. */
  readonly hidden: string | null
  /** What could not be read, a line for each: the first hundred, and a count of the others. */
  readonly warnings: readonly string[]
}

const TAKES = 'it takes Kubernetes manifests, YAML or JSON, as kubectl get -o yaml prints them'
const NOT_UTF8 = 'not UTF-8 text: each invalid byte is read as U+FFFD'
// kubectl puts Lists into a List when it is asked for several kinds; nobody needs more levels.
const MOST_LISTS = 8

/** One object of the file, out of its list. */
interface Located {
  readonly object: unknown
  readonly path: YamlPath
}

/**
 * Reduces a file of manifests to its workloads and what belongs to them; objects of other kinds are passed over.
 *
 * What cannot be read is a warning, and the rest is taken: the file belongs to other people, and most of it concerns no
 * service. A file is refused if nothing in it can be read, or if it has no object at all: `kubectl get … > file`
 * empties the file before it asks, and that must not empty the fleet. A `List` without items is a fleet without
 * workloads. Each mistake starts with the path, and the line if it is known.
 */
export function parseManifests(text: string, path: string): Result<Fleet> {
  const steps = parseInSteps(text, path)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** Like `parseManifests`, but lets the event loop turn between objects. */
export async function parseManifestsInSlices(text: string, path: string): Promise<Result<Fleet>> {
  const { promise, resolve } = Promise.withResolvers<Result<Fleet>>()
  function* steps(): Generator<void> {
    resolve(yield* parseInSteps(text, path))
  }
  await inSlices(steps(), () => {})
  return promise
}

/** A step for each object. */
function* parseInSteps(text: string, path: string): Generator<void, Result<Fleet>> {
  const { warn, lines } = createWarnings(path)
  const found = new Map<string, { workload: Workload; line: number }>()
  const unreadable = new Map<string, string>()
  const dependents = createDependents()
  let hidden: string | null = null
  let isAnythingRead = false

  // A service whose workload cannot be read must not be judged; if it may be any service's, none is known to be
  // missing.
  function spoil(object: unknown, words: string, line: number): void {
    const outline = outlineOf(object)
    if (outline === null) {
      hidden ??= words
      return
    }
    const key = workloadKey(outline)
    unreadable.set(key, words)
    if (!found.has(key)) found.set(key, { workload: outline, line })
  }

  function takeWorkload(workload: Workload, line: number): void {
    const key = workloadKey(workload)
    const [missing] = missingParts(workload).map(message => warn({ line, message }))
    if (missing !== undefined && workload.containers.every(({ image }) => image === '')) unreadable.set(key, missing)
    else isAnythingRead = true
    const first = found.get(key)
    if (first !== undefined) {
      const message = `${describeWorkload(workload)} appears twice, first on line ${first.line}`
      const words = warn({ line, message })
      if (!isAlike(first.workload, workload)) unreadable.set(key, words)
    }
    found.set(key, { workload, line: first?.line ?? line })
  }

  // `other`: the same object if the first of two equal keys counts.
  function take({ object, other }: { object: unknown; other: unknown }, line: number): void {
    const reduced = reduce(object)
    if (other !== object && !isDeepStrictEqual(judgedOf(reduced), judgedOf(reduce(other)))) {
      const words = warn({ line, message: 'duplicate keys make it ambiguous' })
      for (const reading of [object, other]) spoil(reading, words, line)
    } else if (reduced.seen) takeWorkload(reduced.value, line)
    else if (reduced.reason === 'other_kind') {
      isAnythingRead = true
      dependents.take(object)
      if (isAnnotatedInVain(object))
        warn({ line, message: `${reduced.message}: ${ANNOTATION_PREFIX}… has no effect on it` })
    } else {
      const words = warn({ line, message: reduced.message })
      if (!isOfOthers(object)) spoil(object, words, line)
    }
  }

  function* takeDocument({ value, otherwise, duplicates, lineOf }: ManifestDocument): Generator<void> {
    const words = duplicates.map(warn)
    const others = duplicates.length > 0 ? objectsIn(otherwise, []) : undefined
    let count = 0
    for (const { object, path } of objectsIn(value, [])) {
      count += 1
      const other = others === undefined ? object : others.next().value?.object
      take({ object, other }, lineOf(path))
      yield
    }
    // An empty list has been read, too.
    if (count === 0) isAnythingRead = true
    if (others?.next().done === false) hidden ??= words[0] ?? null
  }

  const damage = text.indexOf('\ufffd')
  if (damage !== -1) warn({ line: text.slice(0, damage).split('\n').length, message: NOT_UTF8 })
  for (const read of readDocuments(text)) {
    if (read.ok) yield* takeDocument(read.document)
    else {
      const words = warn(read.mistake)
      if (read.hidesWorkloads) hidden ??= words
    }
  }
  if (!isAnythingRead) {
    const mistakes = lines()
    return refused((mistakes.length > 0 ? mistakes : [`${path}:1: empty; ${TAKES}`]).map(line => badInput(line)))
  }
  const workloads = [...found.values()].map(({ workload }) => workload)
  return accepted({ workloads, dependents, unreadable, hidden, warnings: lines() })
}

function createWarnings(path: string) {
  const first: string[] = []
  let count = 0
  return {
    /** Returns the line as it is shown. */
    warn: ({ line, column, message }: DocumentMistake): string => {
      const place = [path, line ?? [], column ?? []].flat().join(':')
      const words = copyOf(`${place}: ${message}`)
      count += 1
      if (count <= MOST_MISTAKES) first.push(words)
      return words
    },
    lines: () => atMost(MOST_MISTAKES, first, { noun: 'mistake', more: count - first.length })
  }
}

function* objectsIn(object: unknown, path: YamlPath): Generator<Located, undefined> {
  const items = path.length < 2 * MOST_LISTS ? itemsOf(object) : null
  if (items === null) return void (yield { object, path })
  for (const [index, item] of items.entries()) if (item !== null) yield* objectsIn(item, [...path, 'items', index])
}

// `null`: not a list. The API server leaves kind and apiVersion out of the items of a DeploymentList.
function itemsOf(object: unknown): readonly unknown[] | null {
  const kind = valueAt(object, 'kind')
  const items = valueAt(object, 'items')
  if (!isListKind(kind) || !(Array.isArray(items) || items === null)) return null
  if (kind === 'List' || items === null) return items ?? []
  const implied = { apiVersion: valueAt(object, 'apiVersion'), kind: kind.replace(/List$/, '') }
  return items.map(item => (isJsonObject(item) ? { ...implied, ...item } : item))
}

function reduce(object: unknown): Observed<Workload, NotAWorkload> {
  const kind = valueAt(object, 'kind')
  if (typeof kind !== 'string') {
    return unseen('invalid', strayWordsIn(object) ?? `not a Kubernetes object, it has no kind; ${TAKES}`)
  }
  if (kind === 'Status')
    return unseen('invalid', `an answer of the API server, not an object: ${shown(String(valueAt(object, 'message')))}`)
  if (!isListKind(kind)) return toWorkload(object)
  const words =
    itemsOf(object) === null ? `without items; ${TAKES}` : `inside more than ${MOST_LISTS} others is not read`
  return unseen('invalid', `${kind} ${words}`)
}

// With one colon in it, a line is a mapping to YAML.
function strayWordsIn(object: unknown): string | null {
  const [name, value] = isJsonObject(object) ? (Object.entries(object)[0] ?? []) : []
  const text = typeof value === 'string' ? `${name}: ${value}` : object
  return typeof text === 'string' ? (findStrayWords(text)?.message ?? null) : null
}

// For example the values of a chart, or what Helm prints before manifests; not a workload that has lost its kind.
function isOfOthers(object: unknown): boolean {
  if (!isJsonObject(object) || strayWordsIn(object) !== null) return false
  return !['kind', 'apiVersion', 'metadata', 'spec', 'items'].some(name => name in object)
}

// An object that a controller made carries the annotations of the object that it was made for.
function isAnnotatedInVain(object: unknown): boolean {
  const isMade = valueAt(object, 'metadata', 'ownerReferences') !== undefined
  return !isMade && ownNames(valueAt(object, 'metadata', 'annotations')).length > 0
}

function isListKind(kind: unknown): kind is string {
  return typeof kind === 'string' && LIST_KINDS.includes(kind)
}

function missingParts({ kind, name, containers }: Workload): string[] {
  return containers.flatMap((container, index) => {
    const missing = container.image === '' ? 'image' : container.name === '' ? 'name' : null
    return missing === null
      ? []
      : [`${kind} ${name}: spec.template.spec.containers[${index}].${missing} is missing or not a string`]
  })
}

// In a file, nothing else in the pod template is judged.
function judgedOf(reduced: Observed<Workload, NotAWorkload>): unknown {
  return reduced.seen ? { ...reduced.value, templateId: '' } : reduced
}

// A list may be taken twice, or a chart rendered into two files: only what is judged is compared.
function isAlike(one: Workload, other: Workload): boolean {
  return isDeepStrictEqual(
    [one.annotations, one.containers, one.sidecars],
    [other.annotations, other.containers, other.sidecars]
  )
}
