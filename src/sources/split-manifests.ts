import { Lexer } from 'yaml'

/** A part of a text, and the offset where it begins. */
export interface Piece {
  readonly text: string
  readonly offset: number
}

// Three dashes or dots at the start of a line are never content in YAML, not even in a multi-line text, and no line of
// JSON begins with them. What follows the dashes without a space is a comment to kubectl, or a mistake.
const MARKER = /(?:^|\n)\ufeff?(?:---|\.\.\.(?=\s|$))/g
const BLANK_LINE = /\ufeff?(?:---)?[ \t]*(?:[#%][^\n]*|\r)?(?:\n|$)/y

/** The documents of a file, which lines of dashes or dots separate; those without content are left out. */
export function* splitDocuments(text: string): Generator<Piece> {
  let start = 0
  for (const { index, 0: marker } of text.matchAll(MARKER)) {
    const behind = index + marker.length
    // The line break belongs to what it ends: YAML takes the \r of a Windows line for text if no \n follows.
    const end = marker.startsWith('\n') ? index + 1 : index
    if (marker.endsWith('---')) {
      const before = text.slice(start, end)
      // `%YAML 1.1` belongs to what comes after the dashes.
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

// These also match text that only looks like an anchor or alias, for example in an annotation.
const ANCHOR = /(?<=[\s,[{]&)[^\s,[\]{}]+/g
const ALIAS = /(?<=[\s,[{]\*)[^\s,[\]{}]+/g
// The lexer emits this before a scalar without quotes, whatever the scalar looks like.
const SCALAR_FOLLOWS = '\x1f'

/**
 * Splits a `List` as kubectl prints it into its items: so a broken one does not spoil the others, and what the parser
 * needs for all of them is never in memory at once. `null`: it is something else.
 */
export function splitList({ text, offset }: Piece): { readonly head: Piece; readonly items: readonly Piece[] } | null {
  const start = /(?:^|\n)items:[ \t]*\r?\n( *)(?=-\s)/.exec(text)
  if (start === null) return null
  const [match, indent = ''] = start
  const from = start.index + match.length - indent.length
  // What is in an item is indented more than its dash; a comment may be indented in any way.
  const end = new RegExp(`\\n(?!${indent}[-\\s]|[ \\t]*[#\\r\\n])`)
  const length = text.slice(from).search(end) + 1
  const list = length === 0 ? text.slice(from) : text.slice(from, from + length)
  // An alias may stand for something in another item.
  if (mayHaveAliases(list) && hasAliases(list)) return null
  const dashes = [...list.matchAll(new RegExp(`(?:^|\\n)${indent}-(?=\\s)`, 'g'))]
  const items = dashes.map(({ index, 0: dash }, position) => ({
    // A space replaces the dash, so that the lines stay aligned. The line break ends the item.
    text: `${indent} ${list.slice(index + dash.length, endBefore(dashes[position + 1]))}`,
    offset: offset + from + index + dash.length
  }))
  const lines = list.split('\n').length - 1
  const head = { text: text.slice(0, from) + '\n'.repeat(lines) + text.slice(from + list.length), offset }
  return { head, items }
}

function endBefore(dash: RegExpExecArray | undefined): number | undefined {
  return dash === undefined ? undefined : dash.index + 1
}

function mayHaveAliases(text: string): boolean {
  const anchors = new Set(text.match(ANCHOR))
  return text.match(ALIAS)?.some(name => anchors.has(name)) ?? false
}

// Uses the lexer, which can tell a text from an alias and costs a fifth of parsing: a text in an annotation that looks
// like an alias must not decide how everything is read.
function hasAliases(text: string): boolean {
  let before = ''
  for (const token of new Lexer().lex(text)) {
    if (token.startsWith('*') && before !== SCALAR_FOLLOWS) return true
    before = token
  }
  return false
}
