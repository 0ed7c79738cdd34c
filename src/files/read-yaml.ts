import {
  Composer,
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  visit
} from 'yaml'
import { accepted, badInput, type Mistake, type Result, refused } from '../text/mistake.ts'

/** One document of a YAML stream as plain values. */
export interface YamlDocument {
  readonly value: unknown
  /** The line, from 1, of what is at a path in `value`, or of its nearest ancestor that exists. */
  lineOf(path: YamlPath): number
}

export type YamlPath = readonly (string | number)[]

// Aliases multiply: a text of a few lines could become gigabytes.
const MAX_ALIASES = 100

// The library takes half a kilobyte for each token, and stack for each level: a megabyte of brackets would otherwise
// cost gigabytes. 20,000 targets have this many tokens, no object of an API server has more, and no manifest is nested
// half as deep.
const MOST_TOKENS = 500_000
const MOST_LEVELS = 256
const MOST_BROKEN_TOKENS = 100
const NESTED_TOO_DEEPLY = 'nested too deeply'

// The library looks for duplicate keys in quadratic time; `duplicateKeys` below takes linear time. The key `<<` merges,
// as in YAML 1.1: kubectl, Prometheus and PyYAML read it so.
const OPTIONS = { prettyErrors: false, uniqueKeys: false, stringKeys: true, merge: true } as const

/**
 * Parses YAML 1.2, and so JSON, with lines; duplicate keys are mistakes. Empty documents have the value `null`; an
 * empty text has no documents. Messages quote nothing from the text but keys that look like keys. Never throws.
 * Takes at most two seconds and 150 MB for any text; half a second and 70 MB for a usual megabyte.
 */
export function readYaml(text: string, options: YamlOptions = {}): Result<readonly YamlDocument[]> {
  const lines = new LineCounter()
  const lineAt = (offset: number) => lines.linePos(offset).line
  const { isReadAsInGo = false, refusesAsGo = false, ...composing } = options
  const parsed = parseYaml(text, lines, composing)
  if (!parsed.ok) return parsed
  const mistakes: Mistake[] = []
  const unprintable = refusesAsGo ? text.search(/(?![\t\n\r\u0085])\p{Cc}|[\ufffe\uffff]/u) : -1
  if (unprintable !== -1) mistakes.push(badInput('a control character, which YAML does not allow', lineAt(unprintable)))
  const documents: YamlDocument[] = []
  for (const document of isReadAsInGo ? parsed.value.slice(0, 1) : parsed.value) {
    const lineOf = (path: YamlPath) => lineAt(offsetOf(document, path))
    try {
      const errors = document.errors.map(({ pos, message }) => ({ pos, message: withoutQuotes(message) }))
      const wrong = [
        ...errors,
        ...(isReadAsInGo ? [] : duplicateKeys(document)),
        ...(refusesAsGo ? questionMarks(document) : [])
      ]
      for (const { pos, message } of wrong) mistakes.push(badInput(message, lineAt(pos[0])))
      if (wrong.length === 0) documents.push({ value: document.toJS({ maxAliasCount: MAX_ALIASES }), lineOf })
    } catch (error) {
      mistakes.push(badInput(reasonOf(error), lineOf([])))
    }
  }
  // Does not report twice what is wrong in every version.
  if (refusesAsGo && mistakes.length === 0) {
    const [fault] = faultsByOlderYaml(text)
    if (fault !== undefined) mistakes.push(badInput(fault.message, lineAt(fault.offset)))
  }
  return mistakes.length > 0 ? refused(mistakes) : accepted(documents)
}

export interface YamlOptions {
  /** Absent: 1.2. */
  readonly version?: '1.1'
  /**
   * True: only the first document is read, and the last of two equal keys counts, as in sigs.k8s.io/yaml, which kubectl
   * uses. Absent: false.
   */
  readonly isReadAsInGo?: boolean
  /** Whether a text that YAML takes, and Go's library does not, is a mistake. Absent: false. */
  readonly refusesAsGo?: boolean
}

/** Like the library's `parseAllDocuments`, but stops when a text is too much; each document has its own errors. */
export function parseYaml(
  text: string,
  lines: LineCounter,
  options: Omit<YamlOptions, 'isReadAsInGo' | 'refusesAsGo'> = {}
): Result<readonly Document.Parsed[]> {
  const parser = new Parser(lines.addNewLine)
  const composer = new Composer({ ...OPTIONS, ...options, lineCounter: lines })
  const documents: Document.Parsed[] = []
  let tokens = 0
  let broken = 0
  const excess = () => {
    if (tokens > MOST_TOKENS) return `more than ${MOST_TOKENS} YAML tokens`
    return parser.stack.length > MOST_LEVELS ? NESTED_TOO_DEEPLY : null
  }
  function* end(): Generator<Document.Parsed> {
    for (const token of parser.end()) yield* composer.next(token)
    // An empty document carries what is broken outside of any document.
    yield* composer.end(broken > 0, parser.offset)
  }
  const { stackTraceLimit } = Error
  try {
    // The library makes an error for each fault, and their stacks would take most of the memory.
    Error.stackTraceLimit = 0
    lines.addNewLine(0)
    for (const source of new Lexer().lex(text)) {
      tokens += 1
      const message = excess()
      if (message !== null) return refused([badInput(message, lines.linePos(parser.offset).line)])
      for (const token of parser.next(source)) {
        if (token.type === 'error' || token.type === 'directive') broken += 1
        if (broken > MOST_BROKEN_TOKENS) return accepted([...documents, ...end()])
        documents.push(...composer.next(token))
      }
    }
    return accepted([...documents, ...end()])
  } catch (error) {
    return refused([badInput(reasonOf(error), 1)])
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/**
 * Why the library threw: an alias without its anchor or too many aliases (ReferenceError), or no stack left
 * (RangeError).
 */
export function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return NESTED_TOO_DEEPLY
  return withoutQuotes(error instanceof Error ? error.message : String(error))
}

/** The library's message without what it quotes after a colon, which may be a secret; the line tells where it is. */
export function withoutQuotes(message: string): string {
  return message.replace(/(?<=[\w)]): .*$/s, '')
}

/** The offset in the text of what is at a path, or of its nearest ancestor that exists. */
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

// In a mapping, the key says where a member is: its value may begin lines below.
function memberOf(node: unknown, name: string | number): [marker: unknown, value: unknown] {
  if (isSeq(node) && typeof name === 'number') return [node.items[name], node.items[name]]
  const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === name) : undefined
  return [pair?.key, pair?.value]
}

/** The keys that a mapping already has; a message names only what looks like a key. */
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
            message: `duplicate key${/^[a-z][a-z_./-]{0,62}$/i.test(name) ? `: ${name}` : ''}`
          })
        names.add(name)
      }
    }
  })
  return duplicates
}

// Within braces or brackets, go-yaml ends an unquoted text at a `?` (`yaml_parser_scan_plain_scalar`), as URLs have.
function questionMarks(document: Document.Parsed): { pos: [number]; message: string }[] {
  const found: { pos: [number]; message: string }[] = []
  visit(document, {
    Scalar: (_key, { type, source = '', range }, path) => {
      if (type !== 'PLAIN' || !source.includes('?') || !path.some(node => isCollection(node) && node.flow)) return
      const message = 'a ? within braces or brackets; put the text in quotes'
      found.push({ pos: [range?.[0] ?? 0], message })
    }
  })
  return found
}

// Few texts have any of these, and a closer look takes time.
const OLDER = /^[%\t]|\\[/u]|[\u0085\u2028\u2029]/m
// The lexer's marks for a document, a scalar and the end of a scalar within braces. They stand for no text.
const MARKERS: readonly string[] = ['\u0002', '\u001f', '\u0018']

/** What YAML 1.2 takes and go-yaml (`scannerc.go`), which reads 1.1, does not. */
function* faultsByOlderYaml(text: string): Generator<{ readonly offset: number; readonly message: string }> {
  if (!OLDER.test(text)) return
  let offset = 0
  let depth = 0
  let before = '\n'
  for (const token of new Lexer().lex(text)) {
    const isScalar = before === '\u001f'
    const isQuoted = !isScalar && /^["']/.test(token)
    if (!isScalar) depth += Number(/^[{[]$/.test(token)) - Number(/^[}\]]$/.test(token))
    if (!isScalar && /^%(?!(?:YAML[ \t]+1\.1|TAG)\s*?(?:[ \t]|$))/.test(token)) {
      yield { offset, message: 'a directive of another YAML than 1.1; remove it' }
    } else if (!isScalar && depth === 0 && token.startsWith('\t') && /\n$/.test(before)) {
      yield { offset, message: 'a line that begins with a tab; remove the tab, or write spaces' }
    } else if (token.startsWith('"') && /\\(?:\/|u[dD][89a-fA-F])/.test(token.replaceAll('\\\\', ''))) {
      yield { offset, message: 'an escape that YAML 1.1 does not have, \\/ or \\ud…; write the character itself' }
    } else if (!isQuoted && depth === 0 && /[\u0085\u2028\u2029] ?\S/u.test(token)) {
      yield { offset, message: 'a line separator (U+0085, U+2028 or U+2029), where YAML 1.1 ends the line; remove it' }
    }
    before = token
    if (!MARKERS.includes(token)) offset += token.length
  }
}
