import {
  Composer,
  type Document,
  type DocumentOptions,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type ParseOptions,
  Parser,
  type SchemaOptions,
  visit
} from 'yaml'
import { accepted, badInput, type Mistake, type Result, refused } from '../text/mistake.ts'

/** One document of a YAML stream as plain values. */
export interface YamlDocument {
  readonly value: unknown
  /** The line, from 1, of what stands at a path in `value`; of its nearest ancestor where nothing does. */
  lineOf(path: YamlPath): number
}

export type YamlPath = readonly (string | number)[]

// Aliases multiply: a text of a few lines could become gigabytes.
const MAX_ALIASES = 100

// The library takes a quarter of a kilobyte for each key, value and sign, and its stack for each level: a megabyte of
// brackets would otherwise cost gigabytes. No manifest is nested half as deep, and 20,000 targets have as many signs.
const MOST_SIGNS = 500_000
const MOST_LEVELS = 256
const MOST_BROKEN_SIGNS = 100
const NESTED_TOO_DEEPLY = 'nested too deeply'

// The library looks for duplicate keys in quadratic time; `duplicateKeys` below takes linear time.
const OPTIONS = { prettyErrors: false, uniqueKeys: false, stringKeys: true } as const

/**
 * Parses YAML 1.2, and so JSON, with lines; duplicate keys are mistakes. Empty documents have the value `null`; an
 * empty text has no documents. Messages quote nothing of the text but keys that look like keys. Never throws.
 * Takes a second and 150 MB at the most, whatever the text is; half a second and 70 MB for a usual megabyte.
 */
export function readYaml(text: string): Result<readonly YamlDocument[]> {
  const lines = new LineCounter()
  const lineAt = (offset: number) => lines.linePos(offset).line
  const { parsed, excess } = parseDocuments(text, { ...OPTIONS, lineCounter: lines }, MOST_SIGNS)
  if (excess !== null) return refused([badInput(excess.message, lineAt(excess.offset))])
  const mistakes: Mistake[] = []
  const documents: YamlDocument[] = []
  for (const document of parsed) {
    const lineOf = (path: YamlPath) => lineAt(offsetOf(document, path))
    try {
      const errors = document.errors.map(({ pos, message }) => ({ pos, message: withoutQuotes(message) }))
      const wrong = [...errors, ...duplicateKeys(document)]
      for (const { pos, message } of wrong) mistakes.push(badInput(message, lineAt(pos[0])))
      if (wrong.length === 0) documents.push({ value: document.toJS({ maxAliasCount: MAX_ALIASES }), lineOf })
    } catch (error) {
      mistakes.push(badInput(reasonOf(error), lineOf([])))
    }
  }
  return mistakes.length > 0 ? refused(mistakes) : accepted(documents)
}

/** What the library makes of a text; none where the text is too much, with the place where it becomes so. */
export interface ParsedDocuments {
  readonly parsed: readonly Document.Parsed[]
  readonly excess: { readonly offset: number; readonly message: string } | null
}

/**
 * As the library's `parseAllDocuments`, but it ends where a text is too much: too many keys, values and signs, too many
 * levels, or broken over and over again. Never throws.
 */
export function parseDocuments(
  text: string,
  options: ParseOptions & DocumentOptions & SchemaOptions,
  mostSigns: number
): ParsedDocuments {
  const parser = new Parser(options.lineCounter?.addNewLine)
  const composer = new Composer(options)
  const documents: Document.Parsed[] = []
  let signs = 0
  let broken = 0
  function* end(): Generator<Document.Parsed> {
    for (const token of parser.end()) yield* composer.next(token)
    // What is broken outside of any document is told by an empty one.
    yield* composer.end(broken > 0, parser.offset)
  }
  const tooMuch = (message: string) => ({ parsed: [], excess: { offset: parser.offset, message } })
  const { stackTraceLimit } = Error
  try {
    // The library makes an error for each fault: with their stacks they would be most of the memory.
    Error.stackTraceLimit = 0
    options.lineCounter?.addNewLine(0)
    for (const sign of new Lexer().lex(text)) {
      signs += 1
      if (signs > mostSigns) return tooMuch(`more than ${mostSigns} keys, values and signs`)
      if (parser.stack.length > MOST_LEVELS) return tooMuch(NESTED_TOO_DEEPLY)
      for (const token of parser.next(sign)) {
        if (token.type === 'error' || token.type === 'directive') broken += 1
        if (broken > MOST_BROKEN_SIGNS) return { parsed: [...documents, ...end()], excess: null }
        documents.push(...composer.next(token))
      }
    }
    return { parsed: [...documents, ...end()], excess: null }
  } catch (error) {
    return tooMuch(reasonOf(error))
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

// An alias without its anchor or too many aliases (ReferenceError); the stack's end (RangeError).
export function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return NESTED_TOO_DEEPLY
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
