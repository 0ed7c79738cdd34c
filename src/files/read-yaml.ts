import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml'
import type { LineMistake } from './mistake.ts'

/** One document of a YAML stream as plain values. */
export interface YamlDocument {
  readonly value: unknown
  /** The line, from 1, of what stands at a path in `value`; of its nearest ancestor where nothing does. */
  lineOf(path: YamlPath): number
}

export type YamlPath = readonly (string | number)[]

export type YamlText =
  | { readonly ok: true; readonly documents: readonly YamlDocument[] }
  | { readonly ok: false; readonly mistakes: readonly LineMistake[] }

// Aliases multiply: a text of a few lines could become gigabytes.
const MAX_ALIASES = 100

// The library looks for duplicate keys in quadratic time; `duplicateKeys` below takes linear time.
const OPTIONS = { prettyErrors: false, uniqueKeys: false, stringKeys: true } as const

/**
 * Parses YAML 1.2, and so JSON, with lines; duplicate keys are mistakes. Empty documents have the value `null`; an
 * empty text has no documents. Messages quote nothing of the text but keys that look like keys. Never throws.
 * Takes about half a second and 70 MB of memory per MB.
 */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter()
  const lineAt = (offset: number) => lines.linePos(offset).line
  const mistakes: LineMistake[] = []
  const documents: YamlDocument[] = []
  for (const document of parse(text, lines, mistakes)) {
    const lineOf = (path: YamlPath) => lineAt(offsetOf(document, path))
    try {
      const errors = document.errors.map(({ pos, message }) => ({ pos, message: withoutQuotes(message) }))
      const wrong = [...errors, ...duplicateKeys(document)]
      for (const { pos, message } of wrong) mistakes.push({ line: lineAt(pos[0]), message })
      if (wrong.length === 0) documents.push({ value: document.toJS({ maxAliasCount: MAX_ALIASES }), lineOf })
    } catch (error) {
      mistakes.push({ line: lineOf([]), message: reasonOf(error) })
    }
  }
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, documents }
}

function parse(text: string, lineCounter: LineCounter, mistakes: LineMistake[]): Document.Parsed[] {
  try {
    return parseAllDocuments(text, { ...OPTIONS, lineCounter })
  } catch (error) {
    mistakes.push({ line: 1, message: reasonOf(error) })
    return []
  }
}

// An alias without its anchor or too many aliases (ReferenceError); the stack's end (RangeError).
export function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return 'nested too deeply'
  return withoutQuotes(error instanceof Error ? error.message : String(error))
}

// After a colon the library quotes what it stumbled over, and that may be a secret; the line tells where it is.
export function withoutQuotes(message: string): string {
  return message.replace(/(?<=[\w)]): .*$/s, '')
}

export function offsetOf(document: Document.Parsed, path: YamlPath): number {
  let node: unknown = document.contents
  let offset = document.contents?.range[0] ?? document.range[0]
  for (const name of path) {
    const [marker, value] = memberOf(node, name)
    if (!isNode(marker) || !marker.range) return offset
    offset = marker.range[0]
    node = value
  }
  return offset
}

// Of a mapping, the key says where a member is: its value may begin lines below.
function memberOf(node: unknown, name: string | number): [marker: unknown, value: unknown] {
  if (isSeq(node) && typeof name === 'number') return [node.items[name], node.items[name]]
  const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === name) : undefined
  return [pair?.key, pair?.value]
}

export function duplicateKeys(document: Document.Parsed): { pos: [number]; message: string }[] {
  const duplicates: { pos: [number]; message: string }[] = []
  visit(document, {
    Map: (_key, map) => {
      const names = new Set<string>()
      for (const { key } of map.items) {
        if (!isScalar(key)) continue
        const name = String(key.value)
        if (names.has(name))
          duplicates.push({
            pos: [key.range?.[0] ?? 0],
            message: `key written twice${/^[a-z][a-z_./-]{0,62}$/i.test(name) ? `: ${name}` : ''}`
          })
        names.add(name)
      }
    }
  })
  return duplicates
}
