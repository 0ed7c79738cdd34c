import { type Labels, LineError, quoted } from './exposition.ts'

export interface SampleLine {
  readonly name: string
  readonly labels: Labels
  /** What follows: the value, and more. */
  readonly rest: string
}

export interface Grammar {
  /** Whether blanks may stand between the parts, and a comma after the last label. */
  readonly isLoose: boolean
  /** Whether names may be written in quotes, with any character in them. */
  readonly hasQuotedNames: boolean
}

const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y
const BLANKS = /[ \t]*/y
const PLAIN_STRING = /"[^"\\]*"/y
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\', '"': '"', n: '\n' }

/** Reads the name and the labels at the beginning of a line; throws a LineError. */
export function readSampleLine(line: string, grammar: Grammar): SampleLine {
  const cursor = { at: 0 }
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = cursor.at
    const found = pattern.exec(line)?.[0] ?? ''
    cursor.at += found.length
    return found
  }
  const blanks = () => {
    if (grammar.isLoose) take(BLANKS)
  }
  let name = take(METRIC_NAME)
  if (name === '' && !(grammar.hasQuotedNames && line[cursor.at] === '{')) {
    throw new LineError(`not a metric name: ${quoted(line)}`)
  }
  blanks()
  const labels = new Map<string, string>()
  if (line[cursor.at] === '{') {
    cursor.at += 1
    readLabels()
    blanks()
  }
  if (name === '') throw new LineError('no metric name between the braces')
  return { name, labels, rest: line.slice(cursor.at) }

  function readLabels() {
    blanks()
    for (let isFirst = true; line[cursor.at] !== '}'; isFirst = false) {
      if (!isFirst) {
        if (line[cursor.at] !== ',') throw new LineError(`the labels do not end: ${quoted(line.slice(cursor.at))}`)
        cursor.at += 1
        blanks()
        if (grammar.isLoose && line[cursor.at] === '}') break
      }
      readLabel()
      blanks()
    }
    cursor.at += 1
  }

  function readLabel() {
    const isQuoted = grammar.hasQuotedNames && line[cursor.at] === '"'
    const label = isQuoted ? readString() : take(LABEL_NAME)
    blanks()
    if (isQuoted && name === '' && line[cursor.at] !== '=') {
      name = label
      return
    }
    if (label === '') throw new LineError(`not a label name: ${quoted(line.slice(cursor.at))}`)
    if (label === '__name__') throw new LineError('the label __name__ is reserved')
    if (line[cursor.at] !== '=') throw new LineError(`no = after the label ${quoted(label)}`)
    cursor.at += 1
    blanks()
    if (labels.has(label)) throw new LineError(`the label ${quoted(label)} is there twice`)
    labels.set(label, readString())
  }

  function readString(): string {
    if (line[cursor.at] !== '"') throw new LineError(`no quote: ${quoted(line.slice(cursor.at))}`)
    // Most values have no escape in them.
    const plain = take(PLAIN_STRING)
    if (plain !== '') return plain.slice(1, -1)
    let text = ''
    for (cursor.at += 1; line[cursor.at] !== '"'; cursor.at += 1) {
      const character = line[cursor.at]
      if (character === undefined) throw new LineError('a quote is not closed')
      if (character !== '\\') {
        text += character
        continue
      }
      cursor.at += 1
      const escaped = ESCAPES[line[cursor.at] ?? '']
      if (escaped === undefined) throw new LineError(`not an escape sequence: ${quoted(line.slice(cursor.at - 1))}`)
      text += escaped
    }
    cursor.at += 1
    return text
  }
}
