/** Takes an answer chunk by chunk. `null`: more is needed before anything can be passed on. */
export type HeadRepair = (chunk: Buffer) => Buffer | null

// A first line that has no end yet, from its version on.
const FIRST_LINE = /^HTTP\/1\.[01](?: [^\r\n]*\r?)?$/
const END = /\n\r?\n/
const INTERIM_100 = /^HTTP\/1\.[01] 100(?=[ \r\n])/
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
 * The body is never touched. One repair is for one head.
 */
export function createHeadRepair(): HeadRepair {
  let held: Buffer | null = null
  let pieces = 0
  let isOver = false
  return chunk => {
    if (isOver) return chunk
    const all = held === null ? chunk : Buffer.concat([held, chunk])
    const text = all.subarray(0, LONGEST_HELD).toString('latin1')
    pieces += 1
    if (isIncomplete(text) && all.length < LONGEST_HELD && pieces < MOST_PIECES) {
      held = all
      return null
    }
    isOver = true
    const repaired = repairHead(text)
    return repaired === null
      ? all
      : Buffer.concat([Buffer.from(repaired.head, 'latin1'), all.subarray(repaired.length)])
  }
}

// Where the first line ends as it should, the rest is passed on as it comes; but a 100 that nobody asked for is repaired whole.
function isIncomplete(text: string): boolean {
  const end = text.indexOf('\n')
  if (end === -1) return FIRST_LINE.test(text)
  return text.startsWith('HTTP/1.') && (text[end - 1] !== '\r' || INTERIM_100.test(text)) && !END.test(text)
}

/** `null`: there is nothing to repair. */
function repairHead(text: string): { readonly head: string; readonly length: number } | null {
  if (!text.startsWith('HTTP/1.')) return null
  const end = END.exec(text)
  if (end === null) return null
  const length = end.index + end[0].length
  const head = text.slice(0, length)
  const repaired = head
    .replace(INTERIM_100, interim => `${interim.slice(0, -1)}2`)
    .replace(/\r?\n[ \t]+(?=[^\s])/g, ' ')
    .replace(/(?<!\r)\n/g, '\r\n')
  return repaired === head ? null : { head: repaired, length }
}
