import { columnsOf, inPieces } from './columns.ts'

const LINE_WIDTH = 100

/**
 * Names and what they mean, for a help text: two columns, indented by two, in lines of at most 100 characters. Empty
 * without entries.
 */
export function renderEntries(entries: readonly (readonly [name: string, meaning: string])[]): string {
  const nameWidth = Math.max(0, ...entries.map(([name]) => name.length))
  const indent = ' '.repeat(nameWidth + 4)
  const lines = entries.map(([name, meaning]) => {
    const wrapped = wrap(meaning, LINE_WIDTH - indent.length)
    return `  ${name.padEnd(nameWidth)}  ${wrapped.join(`\n${indent}`)}\n`
  })
  return lines.join('')
}

/** Breaks a text between words into lines of at most `width` columns; a longer word has a line of its own. */
export function wrap(text: string, width = LINE_WIDTH): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    const isTooLong = columnsOf(longer) > width
    if (isTooLong && line !== '') lines.push(line)
    line = isTooLong ? word : longer
  }
  return [...lines, line]
}

/** As `wrap`, and breaks a word that is longer than a line. */
export function wrapHard(text: string, width: number): string[] {
  const most = Math.max(1, width)
  return wrap(text, most).flatMap(line => inPieces(line, most))
}
