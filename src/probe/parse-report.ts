import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import type { Observed } from '../domain/observation.ts'
import { seen, unseen } from '../domain/observation.ts'
import type { DebugReport } from '../domain/probe.ts'
import type { Target } from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import { resolvePointer } from '../text/json.ts'
import { ProbeError } from './failure.ts'
import type { Answer, Head } from './http-connection.ts'

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

type Pointers = Pick<Target, 'versionPointers' | 'gitShaPointers'>

const GIT_SHA = /^[0-9a-f]{7,64}$/i
const BEGINNING_LENGTH = 32

/**
 * Reads a report from a body as it was sent; everything in the body is data, whatever its shape. `redact` takes out of it
 * what must not be repeated: from strings as they were meant, for JSON has many spellings of one.
 */
export function parseReport(
  body: Uint8Array,
  pointers: Pointers,
  redact = (text: string) => text
): Observed<DebugReport, 'not_json' | 'no_version'> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return unseen('not_json', 'not JSON: not UTF-8 text')
  }
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return unseen('not_json', `not JSON: ${describeText(redact(text))}`)
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return unseen('not_json', `${describeValue(document)} instead of a JSON object`)
  }
  const version = firstVersion(document, pointers.versionPointers)
  if (version === undefined) return unseen('no_version', describeMissing(document, pointers.versionPointers))
  const gitSha = firstGitSha(document, pointers.gitShaPointers)
  return seen({ version: redact(version), gitSha: gitSha !== null && redact(gitSha) === gitSha ? gitSha : null })
}

function firstVersion(document: object, pointers: readonly string[]): string | undefined {
  for (const pointer of pointers) {
    const value = resolvePointer(document, pointer)
    if (typeof value === 'string' && value.trim() !== '') return value
  }
  return undefined
}

function firstGitSha(document: object, pointers: readonly string[]): string | null {
  for (const pointer of pointers) {
    const value = resolvePointer(document, pointer)
    if (typeof value === 'string' && GIT_SHA.test(value)) return value
  }
  return null
}

function describeMissing(document: object, pointers: readonly string[]): string {
  for (const pointer of pointers) {
    const value = resolvePointer(document, pointer)
    if (typeof value === 'string') return `${shown(pointer)} is empty`
    if (value !== undefined) return `${shown(pointer)} is ${describeValue(value)}, not a string`
  }
  return `no version at ${pointers
    .map(shown)
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' or ')}`
}

function describeValue(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function describeText(text: string): string {
  const beginning = text.trimStart()
  if (beginning === '') return 'empty body'
  if (beginning.startsWith('<')) return /<!doctype html|<html/i.test(beginning) ? 'an HTML page' : 'markup'
  return `it begins with ${shown(beginning.slice(0, BEGINNING_LENGTH))}`
}
