import { eastAsianWidth } from 'get-east-asian-width'

const ASCII = /^[\x20-\x7e]*$/
const COMBINING = /^[\p{Mn}\p{Me}\p{Cf}]$/u

/** How many columns of a terminal a text takes: two for each wide East Asian character, none for a mark that combines. */
export function columnsOf(text: string): number {
  if (ASCII.test(text)) return text.length
  let columns = 0
  for (const character of text) columns += widthOf(character)
  return columns
}

/**
 * Splits a text into pieces of at most `columns` columns, each of at least one character; the empty text is one piece.
 */
export function inPieces(text: string, columns: number): readonly string[] {
  const pieces: string[] = []
  let piece = ''
  let taken = 0
  for (const character of text) {
    const width = widthOf(character)
    if (taken + width > columns && piece !== '') {
      pieces.push(piece)
      piece = ''
      taken = 0
    }
    piece += character
    taken += width
  }
  return [...pieces, piece]
}

/** Pads a text with blanks to `columns` columns. */
export function padColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}

function widthOf(character: string): number {
  return COMBINING.test(character) ? 0 : eastAsianWidth(character.codePointAt(0) ?? 0)
}
