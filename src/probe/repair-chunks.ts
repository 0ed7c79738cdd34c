/** Takes a body piece by piece. `null`: more is needed before anything can be passed on. */
export type ChunkRepair = (piece: Buffer) => Buffer | null

/** What a line is, or what it ends. */
type Part = 'size' | 'chunk' | 'trailer'

interface Line {
  /** As the parser takes it, without its line ending. */
  readonly text: string
  /** What the next line is. */
  readonly next: Part
  /** Bytes before the next line, which are passed on as they are. */
  readonly left: number
}

// RFC 9112 section 7.1, with the white space that real servers send. Nobody asked for an extension, so it is dropped;
// one with a null or a carriage return is left for the parser to refuse.
const SIZE = /^([0-9a-f]+)[ \t]*(?:;[^\0\r]*)?$/i
// No size is this long. An extension may be, and then the rest is passed on as it is. A chunk ends with a line ending.
const LONGEST: Readonly<Record<Part, number>> = { size: 1024, chunk: '\r\n'.length, trailer: 1024 }

/**
 * Turns a body in chunks that curl takes as it is into one that undici's parser takes: some servers pad the size of a
 * chunk with spaces, have white space or nothing at all in an extension, or end lines with a line feed alone. The
 * contents of a chunk are never touched. One repair is for one body.
 */
export function createChunkRepair(): ChunkRepair {
  let held: Buffer | null = null
  let part: Part = 'size'
  let left = 0
  return piece => {
    const all = held === null ? piece : Buffer.concat([held, piece])
    held = null
    const passed: Buffer[] = []
    // Everything from here on is unchanged.
    let from = 0
    let at = 0
    for (;;) {
      const untouched = Math.min(left, all.length - at)
      at += untouched
      left -= untouched
      if (at === all.length) break
      const end = all.indexOf('\n', at)
      if (end === -1 && all.length - at < LONGEST[part]) {
        held = all.subarray(at)
        break
      }
      const text = all.toString('latin1', at, end === -1 ? at : end)
      const line = end === -1 || text.length >= LONGEST[part] ? null : readLine(text, part)
      left = line?.left ?? Number.POSITIVE_INFINITY
      if (line === null) continue
      part = line.next
      if (text !== `${line.text}\r`) {
        passed.push(all.subarray(from, at), Buffer.from(`${line.text}\r\n`, 'latin1'))
        from = end + 1
      }
      at = end + 1
    }
    const rest = all.subarray(from, at)
    if (passed.length > 0) return Buffer.concat([...passed, rest])
    return rest.length === 0 ? null : rest
  }
}

/** `null`: it is no such line, so nobody can tell what follows. */
function readLine(line: string, part: Part): Line | null {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  if (part === 'trailer') return { text, next: part, left: text === '' ? Number.POSITIVE_INFINITY : 0 }
  if (part === 'chunk') return text === '' ? { text, next: 'size', left: 0 } : null
  const digits = SIZE.exec(text)?.[1]
  if (digits === undefined) return null
  const size = Number.parseInt(digits, 16)
  return { text: digits, next: size === 0 ? 'trailer' : 'chunk', left: size }
}
