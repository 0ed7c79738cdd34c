import { isUtf8 } from 'node:buffer'
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  type ZlibOptions,
  zstdDecompressSync
} from 'node:zlib'
import type { Observed } from '../domain/observation.ts'
import { seen, unseen } from '../domain/observation.ts'
import type { DebugReport } from '../domain/probe.ts'
import type { Target } from '../domain/target.ts'
import { SHOWN_LENGTH, shown } from '../domain/text.ts'
import { copyOf } from '../text/copy-of.ts'
import { encodingOf } from '../text/encoding.ts'
import { parseJson, resolvePointer } from '../text/json.ts'
import { type Answer, BODY_LIMIT, type Head, REPORT_TOO_LARGE } from './reply.ts'

/** How a report is read. */
export interface Reading extends Pick<Target, 'versionPointers' | 'gitShaPointers'> {
  /** Under `git-sha` a report needs no version. Absent: it does. */
  readonly versionMatch?: string
  /** Removes from a text what must not be repeated; absent: nothing is secret. */
  readonly redact?: (text: string) => string
  /** True: only a SHA, and what may be a version, is shown of an answer. */
  readonly isDiscreet?: boolean
}

/** A report, and the pointers at which its parts were found; `null`: nowhere. */
export interface FoundReport extends DebugReport {
  readonly versionPointer: string | null
  readonly gitShaPointer: string | null
}

type Decode = (body: Uint8Array, options: ZlibOptions) => Uint8Array

const WHOLE = { maxOutputLength: BODY_LIMIT }
// A server that flushes its compressor and never closes it sends all but the end; curl and browsers do not miss it.
const WITHOUT_END = { ...WHOLE, finishFlush: constants.Z_SYNC_FLUSH }
// We ask for `identity`; some servers and caches compress all the same. Decoded synchronously: the input is small and
// the output capped. Any other name (UTF-8 is a common one) is not a coding, and the body is taken as it is.
const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['br', (body, { maxOutputLength }) => brotliDecompressSync(body, { maxOutputLength })],
  ['zstd', (body, { maxOutputLength }) => zstdDecompressSync(body, { maxOutputLength })],
  // RFC 9110 section 8.4.1.2: the zlib format; many servers send the bare stream, and the first byte tells which.
  ['deflate', (body, options) => (isZlib(body) ? inflateSync(body, options) : inflateRawSync(body, options))]
])
const MOST_CODINGS = 2

const GIT_SHA = /^[0-9a-f]{7,64}(?:-dirty)?$/i
const VERSION = /^[\w.+-]{1,128}$/
const NOT_A_VERSION = '(not a version)'
const BEGINNING_LENGTH = 32
// One more than is shown, and than a tag can have: enough to differ from any tag.
const KEPT_LENGTH = SHOWN_LENGTH + 1

/** Whether the body of an answer is small enough to read, going by its head. */
export function canReadBody({ headers }: Head): boolean {
  return !(Number(headers['content-length'] ?? 0) > BODY_LIMIT)
}

/** Reads a report from an answer; everything in the answer is data, whatever its shape. */
export function readReport(
  answer: Answer,
  reading: Reading
): Observed<FoundReport, 'not_json' | 'no_version' | 'too_large'> {
  if (!canReadBody(answer)) return unseen('too_large', REPORT_TOO_LARGE)
  const codings = codingsOf(answer)
  const body = decode(answer.body, codings, WHOLE)
  if (body === 'too large') return unseen('too_large', REPORT_TOO_LARGE)
  // The head may name a coding that the body does not have.
  const report = parseReport(body ?? answer.body, reading)
  if (report.seen || report.reason !== 'not_json') return report
  const named = reading.isDiscreet === true ? '' : ` ${shown(codings.join(', '))}`
  if (body === null) {
    const cut = decode(answer.body, codings, WITHOUT_END)
    const cutReport = cut === null || cut === 'too large' ? report : parseReport(cut, reading)
    if (cutReport.seen || cutReport.reason !== 'not_json') return cutReport
    return unseen('not_json', `not JSON: broken${named} encoding`)
  }
  const isUnknown = codings.length > 0 && !codings.some(coding => DECODERS.has(coding))
  return isUnknown && !isUtf8(body) ? unseen('not_json', `unknown content encoding${named}`) : report
}

/** Reads a report from the bytes of a document. */
export function parseReport(body: Uint8Array, reading: Reading): Observed<FoundReport, 'not_json' | 'no_version'> {
  const { redact = asItIs, isDiscreet = false } = reading
  const text = textOf(body)
  const document = parseJson(text) ?? parseJson(withoutOddNumbers(text))
  if (document === undefined) {
    if (isGzip(body)) return unseen('not_json', 'not JSON: gzip, but no Content-Encoding says so')
    if (encodingOf(body) === 'utf-8' && !isUtf8(body)) return unseen('not_json', 'not JSON: not UTF-8 text')
    return unseen('not_json', `not JSON: ${describeText(redact(text), isDiscreet)}`)
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return unseen('not_json', `${describeValue(document)} instead of a JSON object`)
  }
  const version = firstText(document, reading.versionPointers, isNotEmpty)
  if (version === null && reading.versionMatch !== 'git-sha') {
    return unseen('no_version', describeMissing(document, reading.versionPointers))
  }
  const gitSha = firstText(document, reading.gitShaPointers, isGitSha)
  return seen({
    version: version === null ? null : shownVersion(redact(version.text), isDiscreet),
    gitSha: gitSha !== null && redact(gitSha.text) === gitSha.text ? copyOf(gitSha.text) : null,
    versionPointer: version?.pointer ?? null,
    gitShaPointer: gitSha?.pointer ?? null
  })
}

/** The text, without a byte order mark. Bytes that are not valid UTF-8 or UTF-16 become U+FFFD. */
function textOf(body: Uint8Array): string {
  const encoding = encodingOf(body)
  if (encoding !== 'utf-8') return new TextDecoder(encoding).decode(body)
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

// Python's json writes and reads these numbers. In a string they are text; a string without an end is passed over too, so
// that no character is read twice.
function withoutOddNumbers(text: string): string {
  return text.replace(/"(?:[^"\\]+|\\.)*"?|-?\b(?:NaN|Infinity)\b/gs, token => (token.startsWith('"') ? token : 'null'))
}

function decode(body: Uint8Array, codings: readonly string[], options: ZlibOptions): Uint8Array | 'too large' | null {
  const decoders = codings.flatMap(coding => DECODERS.get(coding) ?? [])
  if (decoders.length > MOST_CODINGS) return null
  try {
    // RFC 9110 section 8.4: listed in the order in which they were applied.
    return decoders.reduceRight((encoded, decoder) => decoder(encoded, options), body)
  } catch (error) {
    return error instanceof RangeError ? 'too large' : null
  }
}

function codingsOf({ headers }: Head): string[] {
  const named = headers['content-encoding']
  if (named === undefined) return []
  return String(named)
    .split(',')
    .map(coding => coding.trim().toLowerCase())
    .filter(coding => coding !== '' && coding !== 'identity')
}

// RFC 1952 section 2.3.1.
function isGzip(body: Uint8Array): boolean {
  return body[0] === 0x1f && body[1] === 0x8b
}

function isZlib(body: Uint8Array): boolean {
  return ((body[0] ?? 0) & 0x0f) === 8
}

/** The first text that is wanted, and where it is; `null`: there is none. */
function firstText(
  document: object,
  pointers: readonly string[],
  isWanted: (text: string) => boolean
): { readonly text: string; readonly pointer: string } | null {
  for (const pointer of pointers) {
    const value = resolvePointer(document, pointer)
    // No tag and no SHA can hold white space: what surrounds one is not part of it.
    const text = typeof value === 'string' ? value.trim() : ''
    if (isWanted(text)) return { text, pointer }
  }
  return null
}

function isNotEmpty(text: string): boolean {
  return text !== ''
}

function isGitSha(text: string): boolean {
  return GIT_SHA.test(text)
}

function shownVersion(version: string, isDiscreet: boolean): string {
  return isDiscreet && !VERSION.test(version) ? NOT_A_VERSION : firstOf(version)
}

function firstOf(text: string): string {
  if (text.length <= KEPT_LENGTH) return copyOf(text)
  return copyOf([...text.slice(0, 2 * KEPT_LENGTH)].slice(0, KEPT_LENGTH).join(''))
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

function describeText(text: string, isDiscreet: boolean): string {
  const beginning = text.trimStart()
  if (beginning === '') return 'empty body'
  if (beginning.startsWith('<')) return /<!doctype html|<html/i.test(beginning) ? 'an HTML page' : 'markup'
  const length = beginning.startsWith('{') ? lengthOfJson(beginning) : null
  if (length !== null) return `only its first ${length} characters are`
  return isDiscreet ? 'text' : `it begins with ${shown(beginning.slice(0, BEGINNING_LENGTH))}`
}

// JSON lines, a program that prints a second document or a notice, or the zero byte that ends a text in C. V8 says where the
// first value ends. `null`: it does not end.
function lengthOfJson(text: string): string | null {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return /after JSON at position (\d+)/.exec(String(error))?.[1] ?? null
  }
}

function asItIs(text: string): string {
  return text
}
