/** Takes an answer chunk by chunk. `null`: more is needed before anything can be passed on. */
export type HeadRepair = (chunk: Buffer) => Buffer | null

const BEGINNING = 'HTTP/1.'
// A first line that has no end yet, from its version on.
const FIRST_LINE = /^HTTP\/1\.[01](?: [^\r\n]*\r?)?$/
const END = /\n\r?\n/
const INTERIM_100 = /^HTTP\/1\.[01] 100(?=[ \r\n])/
// After any but 101, which ends the talk in HTTP, comes another head.
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d(?=[ \r\n])/
const MOST_INTERIM = 8
const LONGEST_HELD = 16 * 1024
// Each is searched from the beginning: a server that sends byte by byte must not cost more than one that does not.
const MOST_PIECES = 64

/**
 * Turns the head of an answer into one that undici's parser takes, where curl and Python's urllib take it as it is:
 *
 * - lines that end in a line feed alone (RFC 9112 section 2.2), as those of many hand-made servers do;
 * - a header that goes on in the next line (section 5.2);
 * - `100 Continue` although nobody asked for it (RFC 9110 section 15.2): undici ends the connection there, but not at the
 *   other codes that may come before the answer.
 *
 * The body is never touched. One repair is for one answer, with at most 8 interim heads before its own.
 */
export function createHeadRepair(): HeadRepair {
  let held: Buffer | null = null
  let pieces = 0
  let interims = 0
  let isOver = false
  const repair: HeadRepair = chunk => {
    if (isOver) return chunk
    const all = held === null ? chunk : Buffer.concat([held, chunk])
    const text = all.subarray(0, LONGEST_HELD).toString('latin1')
    pieces += 1
    if (isIncomplete(text) && all.length < LONGEST_HELD && pieces < MOST_PIECES) {
      held = all
      return null
    }
    held = null
    const read = readHead(text)
    isOver = read === null || !INTERIM.test(read.head) || interims === MOST_INTERIM
    if (read === null || (isOver && !read.isRepaired)) return all
    interims += 1
    const rest = all.subarray(read.length)
    const next = isOver || rest.length === 0 ? rest : repair(rest)
    return Buffer.concat([Buffer.from(read.head, 'latin1'), ...(next === null ? [] : [next])])
  }
  return repair
}

// Where the first line ends as it should, the rest is passed on as it comes; but the end of an interim head is looked for.
function isIncomplete(text: string): boolean {
  const end = text.indexOf('\n')
  if (end === -1) return BEGINNING.startsWith(text) || FIRST_LINE.test(text)
  return text.startsWith(BEGINNING) && (text[end - 1] !== '\r' || INTERIM.test(text)) && !END.test(text)
}

interface Head {
  /** As the parser takes it. */
  readonly head: string
  /** As it came. */
  readonly length: number
  readonly isRepaired: boolean
}

/** `null`: it is no head, or has no end. */
function readHead(text: string): Head | null {
  if (!text.startsWith(BEGINNING)) return null
  const end = END.exec(text)
  if (end === null) return null
  const length = end.index + end[0].length
  const head = text.slice(0, length)
  const repaired = head
    .replace(INTERIM_100, interim => `${interim.slice(0, -1)}2`)
    .replace(/\r?\n[ \t]+(?=[^\s])/g, ' ')
    .replace(/(?<!\r)\n/g, '\r\n')
  return { head: repaired, length, isRepaired: repaired !== head }
}
