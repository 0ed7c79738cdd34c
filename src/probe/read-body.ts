import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { shown } from '../domain/text.ts'
import type { Answer, Head } from './answer.ts'
import { ProbeError } from './probe-error.ts'

type Decode = (body: Uint8Array) => Uint8Array

/** Bytes, on the wire and decoded. */
export const BODY_LIMIT = 64 * 1024
const CAP = { maxOutputLength: BODY_LIMIT }

// We ask for `identity`; some servers and caches compress all the same. Decoded at once: the input is small, the output capped.
const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['identity', body => body],
  ['gzip', body => gunzipSync(body, CAP)],
  ['x-gzip', body => gunzipSync(body, CAP)],
  ['br', body => brotliDecompressSync(body, CAP)],
  // RFC 9110 section 8.4.1.2: the zlib format; many servers send the bare stream, whose first byte tells.
  ['deflate', body => (isZlib(body) ? inflateSync(body, CAP) : inflateRawSync(body, CAP))]
])

/** Whether the body of an answer, well-meant as its head tells, can be read. */
export function canReadBody({ headers }: Head): boolean {
  return DECODERS.has(encodingOf(headers)) && !isAnnouncedTooLarge(headers)
}

/** The decoded body; throws a ProbeError where it cannot be read, or is larger than 64 KiB when decoded. */
export function readBody({ headers, body }: Answer): Uint8Array {
  const encoding = encodingOf(headers)
  const decode = DECODERS.get(encoding)
  if (decode === undefined) throw new ProbeError('not_json', `unknown content encoding ${shown(encoding)}`)
  if (isAnnouncedTooLarge(headers)) throw tooLarge()
  try {
    return decode(body)
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge()
    throw new ProbeError('not_json', `not JSON: broken ${shown(encoding)} encoding`)
  }
}

function encodingOf(headers: Head['headers']): string {
  return String(headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase()
}

function isAnnouncedTooLarge(headers: Head['headers']): boolean {
  return Number(headers['content-length'] ?? 0) > BODY_LIMIT
}

export function tooLarge(): ProbeError {
  return new ProbeError('too_large', 'report is larger than 64 KiB')
}

function isZlib(body: Uint8Array): boolean {
  return ((body[0] ?? 0) & 0x0f) === 8
}
