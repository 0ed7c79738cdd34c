import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { shown } from '../domain/text.ts'
import { ProbeError } from './probe-error.ts'

type Response = Pick<Dispatcher.ResponseData, 'headers' | 'body'>
type Decode = (body: Uint8Array) => Uint8Array

const BODY_LIMIT = 64 * 1024
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

/** The decoded body; rejects with a ProbeError beyond 64 KiB, on the wire or decoded, without reading on. */
export async function readBody({ headers, body }: Response): Promise<Uint8Array> {
  const encoding = String(headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase()
  const decode = DECODERS.get(encoding)
  if (decode === undefined) throw new ProbeError('not_json', `unknown content encoding ${shown(encoding)}`)
  if (Number(headers['content-length'] ?? 0) > BODY_LIMIT) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    const bytes: Uint8Array = chunk
    size += bytes.length
    if (size > BODY_LIMIT) throw tooLarge()
    chunks.push(bytes)
  }
  try {
    return decode(Buffer.concat(chunks, size))
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge()
    throw new ProbeError('not_json', `not JSON: broken ${shown(encoding)} encoding`)
  }
}

function tooLarge(): ProbeError {
  return new ProbeError('too_large', 'report is larger than 64 KiB')
}

function isZlib(body: Uint8Array): boolean {
  return ((body[0] ?? 0) & 0x0f) === 8
}
