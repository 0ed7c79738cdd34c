import { crc32 } from 'node:zlib'

// RFC 1952 section 2.3.1: magic number, deflate, no flags, no time, no hints, unknown system.
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
// RFC 1951 section 3.2.4: the length of a stored block has 16 bits.
const MOST_IN_BLOCK = 0xffff

/**
 * A text as a member of a gzip stream, stored as it is. For what is short and different each time: to set a compressor
 * up costs more than it saves.
 */
export function storedGzip(text: string): Buffer {
  const data = Buffer.from(text)
  const parts: Buffer[] = [HEADER]
  for (let start = 0; start === 0 || start < data.length; start += MOST_IN_BLOCK) {
    const block = data.subarray(start, start + MOST_IN_BLOCK)
    const head = Buffer.alloc(5)
    head.writeUInt8(start + MOST_IN_BLOCK >= data.length ? 1 : 0)
    head.writeUInt16LE(block.length, 1)
    head.writeUInt16LE(block.length ^ 0xffff, 3)
    parts.push(head, block)
  }
  const tail = Buffer.alloc(8)
  tail.writeUInt32LE(crc32(data))
  tail.writeUInt32LE(data.length, 4)
  return Buffer.concat([...parts, tail])
}
