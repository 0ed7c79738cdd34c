import { LineCounter } from 'yaml'
import { shown } from '../domain/text.ts'
import { WORKLOAD_KINDS } from '../domain/workload.ts'
import type { YamlPath } from '../files/read-yaml.ts'
import { type AliasBudget, readYamlDocuments, type YamlMistake } from './read-yaml-document.ts'
import { scanJson, skipSpace } from './scan-json.ts'

/** One document of a file of manifests: an object, or a list of them. */
export interface ManifestDocument {
  readonly value: unknown
  /** Keys that are written twice, of YAML. */
  readonly duplicates: readonly DocumentMistake[]
  /** The value where the first of two such keys holds, not the last; the same value where there are none. */
  readonly otherwise: unknown
  /** The line, from 1, of an item of a list, as of the document by the empty path. */
  lineOf(path: YamlPath): number
}

export interface DocumentMistake {
  /** From 1; `null`: it is about the whole file. */
  readonly line: number | null
  /** From 1; of JSON alone, which may be one long line. */
  readonly column?: number
  readonly message: string
}

export type ReadDocument =
  | { readonly ok: true; readonly document: ManifestDocument }
  | {
      readonly ok: false
      readonly mistake: DocumentMistake
      /** What cannot be read may be a workload, or hold some. */
      readonly hidesWorkloads: boolean
    }

export const LIST_KINDS: readonly string[] = ['List', ...WORKLOAD_KINDS.map(kind => `${kind}List`)]

const MIB = 1024 * 1024
/** A fleet of 10,000 workloads as `kubectl get -o json` prints it has about half of this. */
export const MAX_JSON_BYTES = 64 * MIB
/** YAML takes half a second and 70 MB of memory per MB, a hundred times as much as JSON. */
const MAX_YAML_BYTES = 8 * MIB
const TOO_LARGE = 'larger than 8 MiB and not JSON; write it as JSON, which may have 64 MiB'
const MOST_DOCUMENTS = 100_000
const MOST_ALIASES = 10_000

/** A part of the text. */
interface Piece {
  readonly text: string
  readonly offset: number
}

/** What is known of the whole text, and what the pieces may still cost. */
interface Reading {
  place(offset: number): { readonly line: number; readonly column: number }
  readonly aliases: AliasBudget
  yamlLeft: number
}

/**
 * Reads documents one by one, as `kubectl apply -f` takes them: YAML between lines of dashes, and JSON objects one after
 * the other, with or without such lines. One that is broken does not spoil the others. Empty ones are left out.
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

// Three dashes or dots at the start of a line are never content in YAML, not in a text of several lines either, and no
// line of JSON begins so. What follows the dashes without a space is a comment to kubectl, or a mistake.
const MARKER = /(?:^|\n)\ufeff?(?:---|\.\.\.(?=\s|$))/g
const BLANK_LINE = /\ufeff?(?:---)?[ \t]*(?:[#%][^\n]*|\r)?(?:\n|$)/y

function* splitDocuments(text: string): Generator<Piece> {
  let start = 0
  for (const { index, 0: marker } of text.matchAll(MARKER)) {
    const end = index + (marker.startsWith('\n') ? 1 : 0)
    const behind = index + marker.length
    if (marker.endsWith('---')) {
      const before = text.slice(start, end)
      // `%YAML 1.1` belongs to what comes behind the dashes.
      if (/(?:^|\n)%/.test(before) && !before.includes('---') && isBlank(before)) continue
      yield* pieceOf(text, start, end)
      const next = endOfLine(text, behind)
      start = /^\s+[^\s#]/.test(text.slice(behind, next)) ? end : next
    } else {
      yield* pieceOf(text, start, end)
      start = behind
    }
  }
  yield* pieceOf(text, start, text.length)
}

function pieceOf(text: string, start: number, end: number): Piece[] {
  // Windows puts a byte order mark before each file, and `type a.yaml b.yaml` leaves it there.
  const offset = text[start] === '\ufeff' ? start + 1 : start
  const piece = { text: text.slice(offset, end), offset }
  return isBlank(piece.text) ? [] : [piece]
}

function isBlank(text: string): boolean {
  BLANK_LINE.lastIndex = 0
  while (BLANK_LINE.lastIndex < text.length) if (!BLANK_LINE.test(text)) return false
  return true
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end + 1
}

function isJson({ text }: Piece): boolean {
  return /^(?:---)?\s*\{\s*["}]/.test(text)
}

function* readYaml({ text, offset }: Piece, { place, aliases }: Reading): Generator<ReadDocument> {
  const told = (mistake: YamlMistake): DocumentMistake => {
    return { line: place(offset + mistake.offset).line, message: shown(mistake.message) }
  }
  for (const read of readYamlDocuments(text, aliases)) {
    if (read.ok) {
      const { value, otherwise, duplicates, offsetOf } = read.content
      const lineOf = (path: YamlPath): number => place(offset + offsetOf(path)).line
      yield { ok: true, document: { value, otherwise, duplicates: duplicates.map(told), lineOf } }
    } else {
      const { kind, mistake } = read
      const kinds: readonly string[] = [...LIST_KINDS, ...WORKLOAD_KINDS]
      yield { ok: false, mistake: told(mistake), hidesWorkloads: kind === null || kinds.includes(kind) }
    }
  }
}

function* readJson(piece: Piece, reading: Reading): Generator<ReadDocument> {
  const { text, offset } = piece
  const first = skipSpace(text, text.startsWith('---') ? 3 : 0)
  for (let start = first; start < text.length; ) {
    const items = new Map<string, number>()
    const scan = scanJson(text, start, (path, at) => items.set(path, at - start))
    if (scan.ok) {
      yield jsonDocument({ text: text.slice(start, scan.end), offset: offset + start }, items, reading)
      start = skipSpace(text, scan.end)
    } else {
      const { message, offset: at } = scan.fault
      // Where the next object may begin.
      const next = text.indexOf('\n{', at)
      const end = next === -1 ? text.length : next + 1
      const isCut = at === end
      const broken = { text: text.slice(start, end), offset: offset + start }
      const yaml = start === first && !isCut ? readAsYaml(broken, reading) : []
      if (yaml.length > 0) yield* yaml
      else yield refused({ ...reading.place(offset + at), message: `not JSON: ${message}` })
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

/** As YAML, which allows a comma behind the last item, and a comment; empty: it is not even YAML. */
function readAsYaml(piece: Piece, reading: Reading): readonly ReadDocument[] {
  if (piece.text.length > reading.yamlLeft) return []
  reading.yamlLeft -= piece.text.length
  const read = [...readYaml(piece, reading)]
  return read.every(({ ok }) => ok) ? read : []
}

function refused(mistake: DocumentMistake): ReadDocument {
  return { ok: false, mistake, hidesWorkloads: true }
}

/** Tells lines and columns of offsets; where they are is looked for once, and only if somebody asks. */
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
