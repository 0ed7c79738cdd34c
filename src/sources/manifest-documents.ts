import { LineCounter } from 'yaml'
import { shown } from '../domain/text.ts'
import { KUBERNETES_KINDS } from '../domain/workload.ts'
import type { YamlPath } from '../files/read-yaml.ts'
import { textAt } from '../text/json.ts'
import { DEPENDENT_KINDS } from './dependents.ts'
import { type AliasBudget, readYamlDocuments, type YamlMistake } from './read-yaml-document.ts'
import { scanJson, skipSpace } from './scan-json.ts'
import { type Piece, splitDocuments, splitList } from './split-manifests.ts'

/** One document of a file of manifests: an object, or a list of them. */
export interface ManifestDocument {
  readonly value: unknown
  /** Keys that are written twice, in YAML. */
  readonly duplicates: readonly DocumentMistake[]
  /** The value if the first of two such keys wins, not the last; the same value if there are none. */
  readonly otherwise: unknown
  /** The line, from 1, of an item of a list; with the empty path, of the document. */
  lineOf(path: YamlPath): number
}

export interface DocumentMistake {
  /** From 1; `null`: it is about the whole file. */
  readonly line: number | null
  /** From 1; only for JSON, which may be one long line. */
  readonly column?: number
  readonly message: string
}

export type ReadDocument =
  | { readonly ok: true; readonly document: ManifestDocument }
  | {
      readonly ok: false
      readonly mistake: DocumentMistake
      /** What cannot be read may be a workload, or hold workloads. */
      readonly hidesWorkloads: boolean
    }

export const LIST_KINDS: readonly string[] = [
  'List',
  ...[...KUBERNETES_KINDS, ...DEPENDENT_KINDS].map(kind => `${kind}List`)
]

const MIB = 1024 * 1024
/** A fleet of 10,000 workloads as `kubectl get -o json` prints it has about half of this. */
export const MAX_JSON_BYTES = 64 * MIB
/** YAML takes half a second and 70 MB of memory per MB, a hundred times as much as JSON. */
const MAX_YAML_BYTES = 8 * MIB
const TOO_LARGE = 'larger than 8 MiB and not JSON; write it as JSON, which may be 64 MiB'
const MOST_DOCUMENTS = 100_000
const MOST_ALIASES = 10_000

/** What is known about the whole text, and what its pieces may still cost. */
interface Reading {
  place(offset: number): { readonly line: number; readonly column: number }
  readonly aliases: AliasBudget
  yamlLeft: number
}

/**
 * Reads documents one by one, as `kubectl apply -f` takes them: YAML between lines of dashes, and JSON objects one
 * after the other, with or without such lines. One that is broken does not spoil the others. Empty ones are left out.
 */
export function* readDocuments(text: string): Generator<ReadDocument> {
  const pieces: Piece[] = []
  for (const piece of splitDocuments(text)) if (pieces.push(piece) > MOST_DOCUMENTS) break
  const yamlSize = pieces.reduce((sum, piece) => sum + (isJson(piece) ? 0 : piece.text.length), 0)
  if (yamlSize > MAX_YAML_BYTES) return yield refused({ line: null, message: TOO_LARGE })

  const reading = { place: placeIn(text), aliases: { left: MOST_ALIASES }, yamlLeft: MAX_YAML_BYTES - yamlSize }
  let documents = 0
  for (const piece of pieces) {
    for (const read of isJson(piece) ? readJson(piece, reading) : readYaml(piece, reading)) {
      documents += 1
      if (documents > MOST_DOCUMENTS) {
        return yield refused({ line: null, message: `only the first ${MOST_DOCUMENTS} documents are read` })
      }
      yield read
    }
  }
}

function isJson({ text }: Piece): boolean {
  return /^\s*\{\s*(?:["}]|$)/.test(text)
}

function* readYaml(piece: Piece, reading: Reading): Generator<ReadDocument> {
  const list = splitList(piece)
  const [head] = list === null ? [] : readYamlPiece(list.head, reading)
  const isList =
    head?.ok && head.document.duplicates.length === 0 && LIST_KINDS.includes(textAt(head.document.value, 'kind'))
  if (list === null || !isList) return yield* readYamlPiece(piece, reading)
  for (const item of list.items) {
    for (const read of readYamlPiece(item, reading)) {
      yield read.ok ? { ok: true, document: inList(read.document, head.document.value) } : read
    }
  }
}

function readYamlPiece({ text, offset }: Piece, { place, aliases }: Reading): readonly ReadDocument[] {
  const lineAt = (line: number): number => place(offset).line + line - 1
  const told = ({ line, message }: YamlMistake): DocumentMistake => ({ line: lineAt(line), message: shown(message) })
  return readYamlDocuments(text, aliases).map(read => {
    if (read.ok) {
      const { value, otherwise, duplicates, lineOf } = read.content
      const document = {
        value,
        otherwise,
        duplicates: duplicates.map(told),
        lineOf: (path: YamlPath) => lineAt(lineOf(path))
      }
      return { ok: true, document }
    }
    const { kind } = read
    const stray = findStrayWords(text)
    const mistake =
      stray === null ? told(read.mistake) : { line: place(offset + stray.offset).line, message: stray.message }
    const kinds: readonly string[] = [...LIST_KINDS, ...KUBERNETES_KINDS]
    return { ok: false, mistake, hidesWorkloads: kind === null || kinds.includes(kind) }
  })
}

/** The document as an item of its list, which may say what its items are. */
function inList({ value, otherwise, duplicates, lineOf }: ManifestDocument, list: unknown): ManifestDocument {
  const listOf = (item: unknown): unknown => ({ ...Object(list), items: [item] })
  return {
    value: listOf(value),
    otherwise: listOf(otherwise),
    duplicates,
    lineOf: path => lineOf(path.slice(2))
  }
}

function* readJson(piece: Piece, reading: Reading): Generator<ReadDocument> {
  const { text, offset } = piece
  const first = skipSpace(text, 0)
  for (let start = first; start < text.length; ) {
    const items = new Map<string, number>()
    const scan = scanJson(text, start, (path, at) => items.set(path, at - start))
    if (scan.ok) {
      yield jsonDocument({ text: text.slice(start, scan.end), offset: offset + start }, items, reading)
      const next = skipSpace(text, scan.end)
      // The next file begins with one if Windows has joined several.
      start = text[next] === '\ufeff' ? skipSpace(text, next + 1) : next
    } else {
      const { message, offset: at } = scan.fault
      // Where the next object may begin.
      const next = text.indexOf('\n{', at)
      const end = next === -1 ? text.length : next + 1
      const isCut = at === end
      const broken = { text: text.slice(start, end), offset: offset + start }
      const yaml = start === first && !isCut ? readAsYaml(broken, reading) : []
      const stray = findStrayWords(broken.text) ?? { message: `not JSON: ${message}`, offset: at - start }
      if (yaml.length > 0) yield* yaml
      else yield refused({ ...reading.place(broken.offset + stray.offset), message: stray.message })
      start = end
    }
  }
}

function jsonDocument({ text, offset }: Piece, items: ReadonlyMap<string, number>, { place }: Reading): ReadDocument {
  const value: unknown = JSON.parse(text)
  const offsetOf = (path: YamlPath): number => items.get(path.map(name => `/${name}`).join('')) ?? 0
  const lineOf = (path: YamlPath): number => place(offset + offsetOf(path)).line
  return { ok: true, document: { value, otherwise: value, duplicates: [], lineOf } }
}

/** Reads it as YAML, which allows comments and a comma after the last item; empty: it is not even YAML. */
function readAsYaml(piece: Piece, reading: Reading): readonly ReadDocument[] {
  if (piece.text.length > reading.yamlLeft) return []
  reading.yamlLeft -= piece.text.length
  const read = [...readYaml(piece, reading)]
  return read.every(({ ok }) => ok) ? read : []
}

// What kubectl and its libraries print besides an object, or instead of one.
const OF_KUBECTL =
  /^\ufeff?(?:Warning: |Error from server|error: |No resources found|The connection to the server |Unable to connect to |[IWEF]\d{4} \d\d:\d\d:|NAME {2,}|NAMESPACE {2,}).*/m
const COLOURS = '\u001b['

/**
 * What a text that is not a manifest holds instead, and where; a parser would only complain about a colon in it. `null`:
 * unknown.
 */
export function findStrayWords(text: string): { readonly message: string; readonly offset: number } | null {
  const colours = text.indexOf(COLOURS)
  if (colours !== -1) {
    return { message: 'it contains the colours of a terminal; turn them off with NO_COLOR=1', offset: colours }
  }
  const words = OF_KUBECTL.exec(text)
  if (words === null) return null
  const message = `not a manifest, but a message from kubectl: "${shown(words[0].trim())}"; write only its standard output, with -o yaml`
  return { message, offset: words.index }
}

function refused(mistake: DocumentMistake): ReadDocument {
  return { ok: false, mistake, hidesWorkloads: true }
}

/** Gives the line and column of an offset; the lines are looked for once, and only if somebody asks. */
function placeIn(text: string): Reading['place'] {
  let lines: LineCounter | undefined
  return offset => {
    if (lines === undefined) {
      lines = new LineCounter()
      lines.addNewLine(0)
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1)
    }
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
}
