/** Takes a body piece by piece. `null`: more is needed before anything can be passed on. */
export type ChunkRepair = (piece: Buffer) => Buffer | null

// RFC 9112 section 7.1: what a chunk begins with, and the spaces that may only stand before an extension.
const SIZE = /^([0-9a-f]+)([ \t]*)/i
// No size is as long. An extension may be, and then the rest is passed on as it is.
const LONGEST_LINE = 1024

/**
 * Turns a body in chunks into one that undici's parser takes: some servers pad the size of a chunk with spaces, and curl,
 * urllib and Go take that. What is within a chunk is never touched. One repair is for one body.
 */
export function createChunkRepair(): ChunkRepair {
  let held: Buffer | null = null
  // What is to be passed on before the next size comes.
  let left = 0
  return piece => {
    const all = held === null ? piece : Buffer.concat([held, piece])
    held = null
    const passed: Buffer[] = []
    for (let at = 0; at < all.length; ) {
      const untouched = all.subarray(at, at + left)
      if (untouched.length > 0) passed.push(untouched)
      at += untouched.length
      left -= untouched.length
      if (at === all.length) break
      const end = all.indexOf('\n', at)
      if (end === -1 && all.length - at < LONGEST_LINE) {
        held = all.subarray(at)
        break
      }
      const line = all.toString('latin1', at, end === -1 ? at + LONGEST_LINE : end)
      const [, digits = '', spaces = ''] = SIZE.exec(line) ?? []
      const size = Number.parseInt(digits, 16)
      // Behind the last one come trailers, and behind no size nothing that could be told.
      left = size > 0 && end !== -1 ? end + 1 - at + size + '\r\n'.length : Number.POSITIVE_INFINITY
      if (spaces === '') continue
      passed.push(all.subarray(at, at + digits.length))
      at += digits.length + spaces.length
      left -= digits.length + spaces.length
    }
    const [first = null, ...others] = passed
    return others.length === 0 ? first : Buffer.concat(passed)
  }
}
