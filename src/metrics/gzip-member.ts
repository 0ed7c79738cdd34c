import { promisify } from 'node:util'
import { constants, crc32, deflateRaw, deflateRawSync } from 'node:zlib'

/** A part of a text, plain and compressed so that other parts can follow. */
export interface Part {
  /** In pieces. */
  readonly plain: readonly Buffer[]
  /** Raw deflate ended by a sync flush: whole bytes, and no last block. */
  readonly deflated: Buffer
}

/** The beginning of a gzip member, made once for all that end differently. */
export interface Beginning {
  readonly deflated: readonly Buffer[]
  /** Of the plain bytes. */
  readonly crc: number
  /** Of the plain bytes. */
  readonly length: number
}

// RFC 1952 section 2.3.1: magic number, deflate, no flags, no time, no hints, unknown system.
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
// For a few KB at each scrape: a compressor with the usual settings has a quarter of a megabyte to set up and collect.
const QUICK = { level: 1, memLevel: 5, windowBits: 13 }

const compress = promisify(deflateRaw)

/** Compresses a part beside the event loop. */
export async function deflatePart(plain: readonly Buffer[]): Promise<Part> {
  return { plain, deflated: await compress(Buffer.concat(plain), { finishFlush: constants.Z_SYNC_FLUSH }) }
}

/** Joins parts without compressing them again. Their checksum costs some 0.2 ms for each MB of plain text. */
export function beginMember(parts: readonly Part[]): Beginning {
  const plain = parts.flatMap(part => part.plain)
  return {
    deflated: [HEADER, ...parts.map(({ deflated }) => deflated)],
    crc: plain.reduce((crc, piece) => crc32(piece, crc), 0),
    length: plain.reduce((length, piece) => length + piece.length, 0)
  }
}

/**
 * A whole gzip member (RFC 1952), in pieces: its beginning, and a short text that is compressed now. A second member
 * would be as valid, but curl fails at it, and browsers drop it without a word.
 */
export function endMember({ deflated, crc, length }: Beginning, end: string): readonly Buffer[] {
  const plain = Buffer.from(end)
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(plain, crc))
  // Modulo 2^32, as the format wants it.
  trailer.writeUInt32LE((length + plain.length) % 2 ** 32, 4)
  return [...deflated, deflateRawSync(plain, QUICK), trailer]
}
