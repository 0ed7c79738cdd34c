import type { Static, TObject, TSchema } from 'typebox'
import * as Type from 'typebox'
import * as Value from 'typebox/value'
import { shown } from '../domain/text.ts'
import { readYaml, type YamlDocument, type YamlOptions, type YamlPath } from '../files/read-yaml.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { isJsonObject, parseJson, valueAt } from '../text/json.ts'
import { accepted, badInput, inFile, type Mistake, MOST_MISTAKES, type Result, refused } from '../text/mistake.ts'

/** What a message says about a wrong value. */
export interface ValueSchema {
  /** `"Shop" is not ${takes}`. */
  readonly takes: string
  /** True: it may hold a password, so no message repeats it. */
  readonly secret?: boolean
}

/** A mapping of these keys and no others. */
export const CLOSED = { additionalProperties: false } as const

/** A text that the function accepts. */
export function text(accepts: (text: string) => boolean, options: ValueSchema) {
  return Type.Refine(Type.String({ ...options }), accepts)
}

/** One of some words. */
export function oneOf<const Words extends string[]>(
  words: readonly [...Words],
  options: Pick<ValueSchema, 'secret'> = {}
) {
  return Type.Enum(words, { takes: `one of ${words.join(', ')}`, ...options } satisfies ValueSchema)
}

/** Something wrong at one place of a file. `message` is called only for faults that are shown. */
export interface Fault {
  readonly path: YamlPath
  message(): string
}

/** What a file holds: one YAML or JSON document. */
export interface FileFormat<Schema extends TSchema> {
  readonly schema: Schema
  /** What the file must be: `a targets file is one YAML document`. */
  readonly takes: string
  /** Faults that the schema cannot express. It is also called for documents that the schema refuses. */
  findMore(document: YamlDocument): Iterable<Fault>
  /**
   * The only keys that messages may repeat, for a file that may hold a secret anywhere; absent: all that look like
   * keys.
   */
  readonly knownKeys?: readonly string[]
  /** Whether a key without a value counts as absent, as in Go; absent: it counts, and is wrong. */
  readonly dropsNulls?: boolean
  /**
   * The places in a document to check, such as `spec` of a manifest, or of each in a list; absent: the whole document.
   */
  placesIn?(document: unknown): readonly YamlPath[]
  /** Whether a file with these documents may have several; absent: it must have one. */
  takesMany?(documents: readonly unknown[]): boolean
  /** Absent: YAML 1.2. */
  readonly yaml?: YamlOptions
}

/** A document that its schema accepts. */
export interface CheckedDocument<Schema extends TSchema> extends YamlDocument {
  readonly value: Static<Schema>
}

/** Parses the text of a file that has one document; each mistake starts with `path` and the line. */
export function parseFile<Schema extends TSchema>(
  text: string,
  path: string,
  format: Omit<FileFormat<Schema>, 'placesIn' | 'takesMany'>
): Result<CheckedDocument<Schema>> {
  const parts = parseParts(text, path, format)
  if (!parts.ok) return parts
  const [only] = parts.value
  if (only === undefined) throw new Error('A file without a document was accepted')
  return accepted(only)
}

/**
 * Parses the text of a file by its format, in all the places that hold it; each mistake starts with `path` and the
 * line.
 */
export function parseParts<Schema extends TSchema>(
  text: string,
  path: string,
  format: FileFormat<Schema>
): Result<readonly CheckedDocument<Schema>[]> {
  const {
    schema,
    takes,
    findMore,
    knownKeys,
    dropsNulls = false,
    placesIn = () => [[]],
    takesMany,
    yaml: options
  } = format
  const wrong = (...mistakes: readonly Mistake[]) => refused(inFile(path, mistakes))
  const yaml = readYaml(text, options)
  if (!yaml.ok) {
    const told = knownKeys === undefined ? shown : withoutQuotes
    return refused(
      inFile(
        path,
        yaml.mistakes.map(({ message, line }) => badInput(told(message), line))
      )
    )
  }
  // A last line of dashes is common. An empty first document is not: some programs would read nothing after it.
  const documents = yaml.value.filter(({ value }, index) => index === 0 || value !== null)
  const [first, second] = documents
  if (first === undefined || first.value === null) return wrong(badInput(`empty; ${takes}`, 1))
  if (second !== undefined && !takesMany?.(documents.map(({ value }) => value))) {
    return wrong(badInput(`has a second document; ${takes}`, second.lineOf([])))
  }
  const mistakes: Mistake[] = []
  let more = 0
  let isTaken = true
  const parts: CheckedDocument<Schema>[] = []
  for (const { document, place } of documents.flatMap(document =>
    placesIn(document.value).map(place => ({ document, place }))
  )) {
    const lineOf = (path: YamlPath) => document.lineOf([...place, ...path])
    const written = place.reduce<unknown>(memberOf, document.value)
    const value = dropsNulls ? withoutNulls(schema, written) : written
    for (const faults of [findFaults(schema, value), findMore({ value, lineOf })]) {
      for (const { path: at, message } of faults) {
        // Finding a line means searching a mapping from its start, which is too slow for 300,000 faults.
        if (mistakes.length === MOST_MISTAKES) more += 1
        else mistakes.push(badInput(`${printPath([...place, ...at], knownKeys)}${message()}`, lineOf(at)))
      }
    }
    if (Value.Check(schema, value)) parts.push({ value, lineOf })
    else isTaken = false
  }
  return mistakes.length > 0 || !isTaken ? refused(inFile(path, mistakes, more)) : accepted(parts)
}

function memberOf(value: unknown, name: string | number): unknown {
  return typeof name === 'number' ? (Array.isArray(value) ? value[name] : undefined) : valueAt(value, name)
}

// Items of lists stay, so that all keep their places. Unknown keys stay, too, because they are wrong.
function withoutNulls(schema: TSchema, value: unknown): unknown {
  if (Type.IsArray(schema) && Array.isArray(value)) return value.map(item => withoutNulls(schema.items, item))
  if (!isJsonObject(value)) return value
  const schemaOf = (name: string): TSchema | undefined => {
    if (Type.IsRecord(schema)) return Type.RecordValue(schema)
    return Type.IsObject(schema) && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
  }
  const known = Object.entries(value).map(([name, item]) => ({ name, item, own: schemaOf(name) }))
  const held = known.filter(({ item, own }) => item !== null || own === undefined)
  return Object.fromEntries(held.map(({ name, item, own }) => [name, own ? withoutNulls(own, item) : item]))
}

// The YAML library quotes the text at the end of a message, after a colon or in quotes.
function withoutQuotes(message: string): string {
  return message.split(/[:"']/, 1)[0]?.trim() ?? ''
}

// As people write it: `targets[1].workload.kind: `; empty for the whole document. A key that does not look like one may
// be a secret in the wrong place, so the line number has to do.
function printPath(path: YamlPath, knownKeys: readonly string[] | undefined): string {
  const isTold = (name: string) =>
    /^[a-z][a-z_-]{0,39}\d?$/i.test(name) && (knownKeys === undefined || didYouMean(name, knownKeys) !== null)
  const text = path.map(name => (typeof name === 'number' ? `[${name}]` : `.${isTold(name) ? name : '…'}`)).join('')
  return text === '' ? '' : `${text.slice(1)}: `
}

/**
 * All that is wrong with a value, in the words of the schema's `takes`; nothing if the schema accepts it. TypeBox's own
 * list ends after eight errors, and does not suggest the right name for a wrong one.
 */
function* findFaults(schema: TSchema, value: unknown, path: YamlPath = []): Generator<Fault> {
  const fault = (message: () => string): Fault => ({ path, message })
  if (Type.IsObject(schema)) {
    if (isJsonObject(value)) return yield* faultsOfMapping(schema, value, path)
    const keys = Object.keys(schema.properties)
    yield fault(() => `not a mapping; it takes the ${keys.length === 1 ? 'key' : 'keys'} ${keys.join(', ')}`)
  } else if (Type.IsRecord(schema)) {
    if (!isJsonObject(value)) return yield fault(() => 'not a mapping; write {} for none')
    const values = Type.RecordValue(schema)
    for (const [name, item] of Object.entries(value)) yield* findFaults(values, item, [...path, name])
  } else if (Type.IsArray(schema)) {
    if (!Array.isArray(value)) return yield fault(() => 'not a list; write [] for none')
    for (const [index, item] of value.entries()) yield* findFaults(schema.items, item, [...path, index])
  } else if (Type.IsUnion(schema) && schema.anyOf.some(form => Type.IsObject(form))) {
    // Of a short and a long form, picks the one that was meant: a mapping is the long one.
    const meant = schema.anyOf.find(form => Type.IsObject(form) === isJsonObject(value))
    if (meant !== undefined) yield* findFaults(meant, value, path)
  } else if (!Value.Check(schema, value)) yield fault(() => wrongValue(schema as LeafSchema, value))
}

type LeafSchema = TSchema & ValueSchema & { readonly type?: string }

function* faultsOfMapping(
  { properties, ...schema }: TObject,
  value: Readonly<Record<string, unknown>>,
  path: YamlPath
): Generator<Fault> {
  const names = Object.keys(properties)
  const required: readonly string[] = schema.required ?? []
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue
    const hint = () => didYouMean(name, names) ?? `it takes ${names.join(', ')}`
    yield { path: [...path, name], message: () => `no such key; ${hint()}` }
  }
  for (const [name, schema] of Object.entries(properties)) {
    if (Object.hasOwn(value, name)) yield* findFaults(schema, value[name], [...path, name])
    else if (required.includes(name)) yield { path: [...path, name], message: () => missing(schema) }
  }
}

function missing(schema: TSchema): string {
  return Type.IsArray(schema)
    ? 'missing; write [] for none'
    : `missing; it takes ${(schema as TSchema & ValueSchema).takes}`
}

function wrongValue(schema: LeafSchema, value: unknown): string {
  const { takes, secret = false, type = 'string' } = schema
  if (typeof value !== 'string' && type !== 'string') return `${value === null ? 'nothing' : 'this'} is not ${takes}`
  if (typeof value !== 'string') return `not a string; it takes ${takes}${value === null ? '' : ', in quotes'}`
  const isQuoted = type !== 'string' && Value.Check(schema, parseJson(value))
  return `${secret ? 'this' : `"${shown(value)}"`} is not ${takes}${isQuoted ? '; write it without quotes' : ''}`
}
