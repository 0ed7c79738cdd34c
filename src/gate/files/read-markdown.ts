import type { Heading } from './file-facts.ts'

/** What a runbook is judged by, from its Markdown text. */
export interface MarkdownFacts {
  readonly headings: readonly Heading[]
  readonly hasCommand: boolean
  /** Where its links lead, each once, as written. */
  readonly links: readonly string[]
}

interface OpenHeading {
  readonly level: number
  readonly text: string
  hasText: boolean
  hasCommand: boolean
}

interface Fence {
  readonly character: string
  readonly length: number
}

const ATX = /^ {0,3}(#{1,6})(?:[ \t]+|$)/
// From the first of the blanks, so that a long row of them is not tried from each.
const CLOSING = /(?:^|(?<![ \t])[ \t]+)#+[ \t]*$/
const HTML_HEADING = /^ {0,3}<h([1-6])(?:\s[^<>]*)?>(.*)<\/h\1>[ \t]*$/i
const PRE = /^[ \t>]*<pre(?:[\s>]|$)/i
const PRE_END = /<\/pre>/i
// Underlines a heading; alone, it is a line across the page.
const UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/
// Backticks that are closed in the same line are code within a text.
const FENCE = /^[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(`{3,}(?=[^`]*$)|~{3,})/
const LIST_ITEM = /^([ \t]*(?:[-*+]|\d{1,9}[.)]))([ \t]+)/
const QUOTE = /^(?: {0,3}> ?)+/
// A line that is indented this much further than the text around it is code.
const CODE_INDENT = 4
// A pattern may take quadratic time for a longer line.
const MOST_CHARACTERS = 2_000
// The end of a link's text, where it leads, and a title: `](a.md)`, `](<a b.md>)`, `](a_(1).md "A")`. With anything
// else in it, it is no link, as in `[P1](or P2 at night)`. The lookaheads keep a row of blanks from being tried in all
// lengths.
const INLINE_LINK =
  /(?<!\\)\]\(\s*(?!\s)(?:<([^<>]*)>|([^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)?))(?:\s+(?!\s)(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/g
// Text that looks like a link: its first bracket is escaped.
const ESCAPED_LINK = /(?<!\\)\\\[[^[\]]*\](?=\()/g
// The target of a link that is written elsewhere; `[^1]:` is a footnote.
const DEFINITION = /^ {0,3}\[[^\]^][^\]]*\]:[ \t]*(?:<([^<>]+)>|([^\s<>]+))/
// As many backticks close it as open it.
const CODE_SPAN = /(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g
// What people leave where text should be.
const PLACEHOLDER = /^[\s*_>+-]*(?:\d{1,9}[.)][\s*_]+)?(?:\[[ x]\][\s*_]+)?(?:todo|tbd|fixme|…|\.{3})[\s*_.:]*$/i

/** Reads headings, code blocks and links. Source: CommonMark 0.31, as much of it as runbooks need. */
export function readMarkdown(text: string): MarkdownFacts {
  const headings: OpenHeading[] = []
  const links = new Set<string>()
  let open: OpenHeading[] = []
  let hasCommand = false
  let fence: Fence | null = null
  let isPre = false
  // The columns at which the text begins in the list items that a line may be in.
  let columns: number[] = []
  let isAfterText = false

  const mark = (what: 'hasText' | 'hasCommand') => {
    for (const heading of open) heading[what] = true
  }
  const markCode = () => {
    hasCommand = true
    mark('hasCommand')
    mark('hasText')
  }
  const addHeading = (level: number, words: string, below: readonly OpenHeading[]) => {
    const heading = { level, text: plain(words), hasText: false, hasCommand: false }
    headings.push(heading)
    open = [...below.filter(above => above.level < level), heading]
  }

  const lines = linesOf(text)
  for (const [index, line] of lines.entries()) {
    if (fence !== null) {
      if (closes(line, fence)) fence = null
      else if (line.trim() !== '') markCode()
      continue
    }
    if (isPre || PRE.test(line)) {
      isPre = !PRE_END.test(line)
      isAfterText = false
      if (line.replace(/<[^<>]*>/g, '').trim() !== '') markCode()
      continue
    }
    const opening = FENCE.exec(line)?.[1]
    const heading = headingIn(line)
    const inner = line.replace(QUOTE, '')
    const isBlank = inner.trim() === ''
    const indent = columnsOf(/^[ \t]*/.exec(inner)?.[0] ?? '')
    const item = LIST_ITEM.exec(inner)
    // A text may go on in a line that is indented less.
    const goesOn = isAfterText && item === null && opening === undefined && heading === null
    if (!isBlank && !goesOn) columns = columns.filter(column => column <= indent)
    const isCode = !isBlank && !isAfterText && indent >= (columns.at(-1) ?? 0) + CODE_INDENT
    isAfterText = false
    if (opening !== undefined) fence = { character: opening.charAt(0), length: opening.length }
    else if (heading !== null) {
      addHeading(heading.level, heading.words, open)
      for (const link of linksIn(line)) links.add(link)
    } else if (isCode) markCode()
    else if (!isBlank && !UNDERLINE.test(line)) {
      const underline = item === null ? UNDERLINE.exec(lines[index + 1] ?? '')?.[1] : undefined
      isAfterText = true
      if (underline !== undefined) addHeading(underline.startsWith('=') ? 1 : 2, line, open)
      else if (!PLACEHOLDER.test(line)) mark('hasText')
      for (const link of linksIn(line)) links.add(link)
    }
    if (item !== null && !isCode) columns.push(columnOf(item))
  }
  return { headings: headings.map(({ level: _, ...heading }) => heading), hasCommand, links: [...links] }
}

function headingIn(line: string): { readonly level: number; readonly words: string } | null {
  const hashes = ATX.exec(line)?.[1]
  if (hashes !== undefined) return { level: hashes.length, words: line.replace(ATX, '').replace(CLOSING, '') }
  const [, level, words = ''] = HTML_HEADING.exec(line) ?? []
  return level === undefined ? null : { level: Number(level), words }
}

// After more blanks than this, the text of an item is code, and begins one column after the marker.
function columnOf([whole, marker = '']: RegExpExecArray): number {
  const [start, end] = [columnsOf(marker), columnsOf(whole)]
  return end - start > CODE_INDENT ? start + 1 : end
}

// A tab leads to the next column that four divides.
function columnsOf(text: string): number {
  let columns = 0
  for (const character of text) columns += character === '\t' ? CODE_INDENT - (columns % CODE_INDENT) : 1
  return columns
}

/**
 * A heading's text as it is compared: case, the way accents are typed, emoji around it, numbers before it and colons after
 * it do not count.
 */
export function comparable(heading: string): string {
  return (
    heading
      .normalize('NFC')
      .toLowerCase()
      // What makes an emoji of a character, such as of the 1 in a keycap.
      .replace(/[\u200d\u20e3\ufe0e\ufe0f]/g, '')
      .replace(/^[^\p{L}\p{N}]+/u, '')
      .replace(/^\d+(?:\.\d+)*[.):\s-]+/, '')
      .replace(/(?<![\s:.…\p{Extended_Pictographic}\p{EMod}])[\s:.…\p{Extended_Pictographic}\p{EMod}]+$/u, '')
  )
}

// Without what is not read as text: front matter and comments, which become empty lines.
function linesOf(text: string): string[] {
  const body = text.replace(/^---\r?\n[\s\S]*?\r?\n---[ \t]*(?:\r?\n|$)/, '')
  const lines: string[] = []
  let isComment = false
  let fence: Fence | null = null
  for (const whole of body.split(/\r?\n/)) {
    const line = whole.slice(0, MOST_CHARACTERS)
    const opening = isComment ? undefined : FENCE.exec(line)?.[1]
    if (fence !== null) {
      if (closes(line, fence)) fence = null
      lines.push(line)
    } else if (opening !== undefined) {
      fence = { character: opening.charAt(0), length: opening.length }
      lines.push(line)
    } else {
      const [rest, isOpen] = withoutComments(line, isComment)
      isComment = isOpen
      lines.push(rest)
    }
  }
  return lines
}

function withoutComments(line: string, isInside: boolean): [rest: string, isOpen: boolean] {
  let rest = ''
  let isComment = isInside
  let at = 0
  const withoutCode = isInside ? line : line.replace(CODE_SPAN, code => ' '.repeat(code.length))
  while (at < line.length) {
    const next = isComment ? line.indexOf('-->', at) : withoutCode.indexOf('<!--', at)
    const end = next < 0 ? line.length : next
    if (!isComment) rest += line.slice(at, end)
    if (next < 0) break
    at = next + (isComment ? 3 : 4)
    isComment = !isComment
  }
  return [rest, isComment]
}

function closes(line: string, { character, length }: Fence): boolean {
  const rest = line.replace(/^[ \t>]+/, '').trimEnd()
  return rest.length >= length && rest === character.repeat(rest.length)
}

// Without the markup that makes text bold, a link, a place to link to or a picture.
function plain(words: string): string {
  return (
    words
      .replace(/!?\[([^[\]]*)\]\([^)]*\)/g, '$1')
      .replace(/<\/?[a-z][^<>]*>/gi, '')
      .replace(/:[a-z0-9+_-]{1,40}:/g, '')
      .replace(/[*_`]+/g, '')
      // Kramdown, Pandoc and Docusaurus name and style a heading like this.
      .replace(/\{[#.][^{}]*\}\s*$/, '')
      .trim()
  )
}

// Punctuation stands for itself after a backslash: editors write `a\_b.md`.
function unescaped(target: string): string {
  return target.replace(/\\([!-/:-@[-`{-~])/g, '$1').replaceAll('&amp;', '&')
}

function* linksIn(line: string): Generator<string> {
  const text = line.replace(CODE_SPAN, '').replace(ESCAPED_LINK, '')
  for (const [, inBrackets, bare = ''] of text.matchAll(INLINE_LINK)) yield unescaped(inBrackets ?? bare)
  const definition = DEFINITION.exec(text)
  if (definition !== null) yield unescaped(definition[1] ?? definition[2] ?? '')
  for (const [, target = ''] of text.matchAll(/<(https?:\/\/[^\s<>]+)>/gi)) yield target
  for (const [, target = ''] of text.matchAll(/<(?:a|img)\s[^>]*?(?:href|src)\s*=\s*["']([^"']*)["']/gi)) yield target
}
