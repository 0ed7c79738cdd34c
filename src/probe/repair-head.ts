import { type ChunkRepair, createChunkRepair } from './repair-chunks.ts'

/** Takes an answer chunk by chunk. `null`: more is needed before anything can be passed on. */
export type HeadRepair = (chunk: Buffer) => Buffer | null

const BEGINNING = 'HTTP/1.'
// Nothing to repair, as in nearly all of them.
const PLAIN =
  /^HTTP\/1\.[01](?: [ -~\x80-\xff]*)?\r\n(?:[\w!#$%&'*+.^`|~-]+:(?:[ -~\x80-\xff]*[!-~\x80-\xff])?\r\n)*\r\n$/
// More than one header says how long the body is, or one says nothing about it, or has a plus sign.
const ODD_FRAMES =
  /\n(?:content-length|transfer-encoding):[^\n]*(?:,|\+|identity|\n(?:[^\n]*\n)*?(?:content-length|transfer-encoding):)/i
// RFC 9110 section 5.1.
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
// Control characters, except null and carriage return: after these, another reader may see another header.
const HARMLESS = /(?![\0\r])[^\t -~\x80-\xff]/g
const LENGTH = /^content-length:/i
const CODING = /^transfer-encoding:/i
const CHUNKED = /\ntransfer-encoding:[^\n]*\bchunked[ \t]*\r\n/i
// A first line that has no end yet, from its version on.
const FIRST_LINE = /^HTTP\/1\.[01](?: [^\r\n]*\r?)?$/
const END = /\n\r?\n/
const INTERIM_100 = /^HTTP\/1\.[01] 100(?=[ \r\n])/
// Another head follows each of these. 101 is not one: after it, the connection no longer speaks HTTP.
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d(?=[ \r\n])/
const MOST_INTERIM = 8
const LONGEST_HELD = 16 * 1024
// With each piece, the search starts over: a server that sends byte by byte must not cost more than any other.
const MOST_PIECES = 64

/**
 * Turns the head of an answer that curl and Python's urllib take as it is into one that undici's parser takes:
 *
 * - lines that end with a line feed alone (RFC 9112 section 2.2), as those of many hand-made servers do;
 * - a header that continues in the next line (section 5.2);
 * - a header with an invalid name or a space after its name, and harmless control characters in a value (section 5.1;
 *   RFC 9110 section 5.5): what is left of the head means the same;
 * - spaces after a value, which are no part of it (RFC 9110 section 5.5): undici counts them as digits of a length;
 * - a Content-Length beside a Transfer-Encoding, which overrides it (section 6.3), or one that gives the same value
 *   twice (RFC 9110 section 8.6), or has a plus sign; and the coding `identity`, which is none;
 * - `100 Continue` although nobody asked for it (RFC 9110 section 15.2): undici ends the connection there, but not at
 *   the other codes that may come before the answer.
 *
 * Of the body, only the lines between chunks are touched. One repair is for one answer, with at most 8 interim heads
 * before its own.
 */
export function createHeadRepair(): HeadRepair {
  let held: Buffer | null = null
  let pieces = 0
  let interims = 0
  let isOver = false
  let repairBody: ChunkRepair | null = null
  const repair: HeadRepair = chunk => {
    if (isOver) return repairBody === null ? chunk : repairBody(chunk)
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
    if (isOver && read !== null && CHUNKED.test(read.head)) repairBody = createChunkRepair()
    if (read === null || (isOver && !read.isRepaired && repairBody === null)) return all
    interims += 1
    const rest = all.subarray(read.length)
    const next = rest.length === 0 ? rest : repair(rest)
    return Buffer.concat([Buffer.from(read.head, 'latin1'), ...(next === null ? [] : [next])])
  }
  return repair
}

function isIncomplete(text: string): boolean {
  if (!text.includes('\n')) return BEGINNING.startsWith(text) || FIRST_LINE.test(text)
  return text.startsWith(BEGINNING) && !END.test(text)
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
  const known = head.replace(INTERIM_100, interim => `${interim.slice(0, -1)}2`)
  const repaired = PLAIN.test(known) && !ODD_FRAMES.test(known) ? known : withPlainFields(known)
  return { head: repaired, length, isRepaired: repaired !== head }
}

function withPlainFields(head: string): string {
  const [first = '', ...lines] = head.replace(/\r?\n[ \t]+(?=[^\s])/g, ' ').split(/\r?\n/)
  return [first, ...withOneFrame(lines.flatMap(plainField))].join('\r\n')
}

// Empty: no reader can ask for a header with this name. A line without a colon is no header: curl and the parser refuse
// it.
function plainField(line: string): readonly string[] {
  const colon = line.indexOf(':')
  if (colon === -1) return [line]
  const name = withoutTrailingSpace(line.slice(0, colon))
  const value = line.slice(colon + 1).replace(HARMLESS, ' ')
  return TOKEN.test(name) ? [`${name}:${withoutTrailingSpace(value)}`] : []
}

// A pattern that ends in `$` starts over at each of thousands of spaces, and trimEnd removes more than these two.
function withoutTrailingSpace(text: string): string {
  let end = text.length
  while (end > 0 && ' \t'.includes(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

function withOneFrame(fields: readonly string[]): readonly string[] {
  const coded = fields.filter(field => !/^transfer-encoding:[ \t]*identity$/i.test(field))
  if (coded.some(field => CODING.test(field))) return coded.filter(field => !LENGTH.test(field))
  const lengths = coded
    .filter(field => LENGTH.test(field))
    .flatMap(field => field.slice(field.indexOf(':') + 1).split(','))
  const [length = '', ...others] = new Set(lengths.map(one => one.trim().replace(/^\+(?=\d)/, '')))
  // If they differ, nobody can tell which one is right.
  if (!/^\d+$/.test(length) || others.length > 0) return coded
  return [`Content-Length: ${length}`, ...coded.filter(field => !LENGTH.test(field))]
}
