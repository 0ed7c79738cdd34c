/** Puts lines together from chunks; throws what `tooLong` makes when a line, ended or not, exceeds the length. */
export function createLineSplitter(maxLength: number, tooLong: () => Error): (chunk: string) => string[] {
  let rest = ''
  return chunk => {
    const pieces = chunk.split('\n')
    pieces[0] = rest + (pieces[0] ?? '')
    if (pieces.some(piece => piece.length > maxLength)) throw tooLong()
    rest = pieces.pop() ?? ''
    return pieces.filter(line => line.trim() !== '')
  }
}
