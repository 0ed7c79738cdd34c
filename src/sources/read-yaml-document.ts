import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type ParsedNode,
  visit
} from 'yaml'
import { duplicateKeys, offsetOf, parseYaml, reasonOf, withoutQuotes, type YamlPath } from '../files/read-yaml.ts'

/** Something in a text that is wrong, and its line from 1. */
export interface YamlMistake {
  readonly line: number
  readonly message: string
}

/** One document, read as far as it can be. */
export type YamlDocument =
  | { readonly ok: true; readonly content: YamlContent }
  | {
      readonly ok: false
      readonly mistake: YamlMistake
      /** The object's kind; `null`: none, several, or not a string. */
      readonly kind: string | null
    }

interface YamlContent {
  readonly value: unknown
  /** Keys that are written twice. */
  readonly duplicates: readonly YamlMistake[]
  /** The value if the first of two such keys counts; in `value` the last does, as for kubectl. */
  readonly otherwise: unknown
  /** The line, from 1, of what is at a path, or of its nearest ancestor that exists. */
  lineOf(path: YamlPath): number
}

/** How many aliases a file may still have: the library's time grows with the square of their number. */
export interface AliasBudget {
  left: number
}

// How many values aliases may add to a document. Manifests that share their environment or labels add thousands.
const MOST_ALIASED = 1_000_000

const NO_TEXT = 'a key is not a string; is {{ … }} of a template left in it?'

/**
 * Parses YAML with one or more documents; each is read, or refused, by itself. Empty ones are left out. Never throws.
 *
 * For other people's text: what `readYaml` refuses, such as a duplicate key, is reported beside the value.
 */
export function readYamlDocuments(text: string, aliases: AliasBudget): YamlDocument[] {
  const lines = new LineCounter()
  const parsed = parseYaml(text, lines)
  if (parsed.ok) return parsed.value.flatMap(document => readDocument({ document, lines }, aliases) ?? [])
  return parsed.mistakes.map(({ message, line = 1 }) => ({ ok: false, mistake: { message, line }, kind: null }))
}

interface Parsed {
  readonly document: Document.Parsed
  readonly lines: LineCounter
}

function readDocument(parsed: Parsed, aliases: AliasBudget): YamlDocument | undefined {
  const { document, lines } = parsed
  const [error] = document.errors
  if (error !== undefined) {
    const message = error.code === 'NON_STRING_KEY' ? NO_TEXT : withoutQuotes(error.message)
    return refused(parsed, message, error.pos[0])
  }
  try {
    const excess = countAliases(document.contents, aliases)
    if (excess !== null) return refused(parsed, excess)
    const value = document.toJS({ maxAliasCount: -1 })
    if (value === null) return undefined
    const duplicates = duplicateKeys(document).map(({ pos: [offset], message }) => ({ offset, message }))
    const [first] = duplicates
    if (first !== undefined && kindsOf(document.contents).length > 1) {
      return refused(parsed, `${first.message}; is a --- line missing?`, first.offset)
    }
    if (first !== undefined) dropLaterKeys(document)
    const content: YamlContent = {
      value,
      otherwise: first === undefined ? value : document.toJS({ maxAliasCount: -1 }),
      duplicates: duplicates.map(({ offset, message }) => ({ line: lines.linePos(offset).line, message })),
      lineOf: path => lines.linePos(offsetOf(document, path)).line
    }
    return { ok: true, content }
  } catch (error) {
    return refused(parsed, reasonOf(error))
  }
}

function refused({ document, lines }: Parsed, message: string, offset = offsetOf(document, [])): YamlDocument {
  return { ok: false, mistake: { line: lines.linePos(offset).line, message }, kind: kindOf(document.contents) }
}

function kindOf(contents: ParsedNode | null): string | null {
  const [kind, another] = kindsOf(contents)
  return isScalar(kind) && typeof kind.value === 'string' && another === undefined ? kind.value : null
}

function kindsOf(contents: ParsedNode | null): unknown[] {
  if (!isMap(contents)) return []
  return contents.items.filter(({ key }) => isScalar(key) && key.value === 'kind').map(({ value }) => value)
}

/** Why its aliases are too many; `null`: they are not. The library's own limit is a hundred aliases of one anchor. */
function countAliases(contents: ParsedNode | null, aliases: AliasBudget): string | null {
  const sizes = new Map<string, number>()
  let aliased = 0
  const sizeOf = (node: unknown): number => {
    if (isAlias(node)) {
      aliases.left -= 1
      const size = sizes.get(node.source) ?? 0
      aliased += size
      return size
    }
    if (isPair(node)) return sizeOf(node.key) + sizeOf(node.value)
    const anchor = isNode(node) && 'anchor' in node ? node.anchor : undefined
    // Until the size is known: an anchor that holds itself has no end.
    if (anchor !== undefined) sizes.set(anchor, Number.POSITIVE_INFINITY)
    const size = isCollection(node) ? node.items.reduce<number>((sum, item) => sum + sizeOf(item), 1) : 1
    if (anchor !== undefined) sizes.set(anchor, size)
    return size
  }
  sizeOf(contents)
  if (aliases.left < 0) return 'more aliases than are allowed in a file'
  return aliased > MOST_ALIASED ? `its aliases expand to more than ${MOST_ALIASED} values` : null
}

function dropLaterKeys(document: Document.Parsed): void {
  visit(document, {
    Map: (_key, map) => {
      const names = new Set<unknown>()
      map.items = map.items.filter(({ key }) => {
        const name = isScalar(key) ? key.value : key
        return !names.has(name) && names.add(name)
      })
    }
  })
}
