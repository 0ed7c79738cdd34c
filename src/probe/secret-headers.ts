import type { Observed } from '../domain/observation.ts'
import { seen } from '../domain/observation.ts'
import type { Target } from '../domain/target.ts'
import type { RequestHeaders } from './http-connection.ts'
import type { Answer } from './reply.ts'

/** A target's headers for one exchange, and what keeps their secrets out of everything that is reported. */
export interface SecretHeaders {
  /** `null`: it has none. */
  readonly headers: RequestHeaders | null
  /**
   * The text without the secrets and those parts of them that a server may repeat, in any case and with any escapes.
   */
  redact(text: string): string
}

/** The secret that a file holds now; `undefined`: it is not known. */
export type SecretIn = (path: string) => string | undefined

const REDACTED = '[redacted]'

const LEAST_LENGTH_OF_A_PART = 8
// For JSON in a URL in JSON.
const MOST_LAYERS = 3
// JSON's, a URL's and HTML's; everything else is one character that stands for itself.
const TOKEN = /\\u[0-9a-f]{4}|%[0-9a-f]{2}|&(?:#\d{1,6}|#x[0-9a-f]{1,5}|amp|lt|gt|quot|apos);|./gs
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

// Nearly every target has none.
const NO_SECRETS: SecretHeaders = { headers: null, redact: text => text }

/**
 * `null`: a secret is not known. Then nothing may be asked: without it, the answer would say nothing about the service.
 */
export function secretHeaders({ headers = [] }: Target, secretIn: SecretIn): SecretHeaders | null {
  if (headers.length === 0) return NO_SECRETS
  const found = headers.map(({ name, prefix, file }) => ({ name, prefix, secret: secretIn(file) }))
  const secrets = found.flatMap(({ secret }) => secret ?? [])
  if (secrets.length < found.length) return null
  const parts = found.flatMap(({ prefix, secret = '' }) => [...partsOf(secret), ...basicPartsOf(`${prefix}${secret}`)])
  return {
    headers: Object.fromEntries(found.map(({ name, prefix, secret }) => [name, `${prefix}${secret}`])),
    redact: redactor(parts)
  }
}

/** The answer, with the secrets redacted in its headers. */
export function withoutSecrets<Reason extends string>(
  answer: Observed<Answer, Reason>,
  { redact, headers: secrets }: SecretHeaders
): Observed<Answer, Reason> {
  if (!answer.seen || secrets === null) return answer
  const { headers } = answer.value
  const redactValue = (value: string | string[] | undefined) =>
    typeof value === 'string' ? redact(value) : value?.map(redact)
  const redacted = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, redactValue(value)]))
  return seen({ ...answer.value, headers: redacted })
}

// A file may hold `Bearer TOKEN`, or several cookies: a server that repeats one of them, or a part of a JWT, leaks a
// secret too.
function partsOf(value: string): string[] {
  return [value.trim(), ...value.split(/[\s,;=]+/), ...value.split(/[\s,;=.]+/)]
}

// RFC 7617: `user:password` in base64.
function basicPartsOf(value: string): string[] {
  const encoded = /^basic +(\S+)/i.exec(value)?.[1]
  if (encoded === undefined) return []
  const decoded = Buffer.from(encoded, 'base64').toString()
  return [decoded, decoded.slice(decoded.indexOf(':') + 1)]
}

// Searched as text, not as a pattern: a pattern for every escape of a long secret is too large for a regular
// expression.
function redactor(parts: readonly string[]): (text: string) => string {
  const long = new Set(parts.filter(part => part.length >= LEAST_LENGTH_OF_A_PART))
  if (long.size === 0) return text => text
  let needles: readonly string[] | undefined
  return text => {
    needles ??= [...new Set([...long].flatMap(needlesOf))]
    return replaceRanges(
      text,
      layersOf(text).flatMap(layer => rangesIn(layer, needles ?? []))
    )
  }
}

/** A text with some layers of escapes removed, in lower case, and where each character stood in the original. */
interface Layer {
  readonly text: string
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

type Range = readonly [start: number, end: number]

// A secret may itself contain escapes: with each layer, they are undone as in the text around it.
function needlesOf(part: string): string[] {
  const spellings = [part, JSON.stringify(part).slice(1, -1), Buffer.from(part).toString('latin1')]
  const texts = spellings.flatMap(layersOf).map(({ text }) => text)
  return texts.filter(text => text.length >= LEAST_LENGTH_OF_A_PART)
}

function layersOf(text: string): readonly Layer[] {
  const starts = Array.from({ length: text.length }, (_, index) => index)
  const lower = text.replace(/[A-Z]+/g, letters => letters.toLowerCase())
  const layers: Layer[] = [{ text: lower, starts, ends: starts.map(start => start + 1) }]
  for (let layer = layers[0]; layer !== undefined && layers.length <= MOST_LAYERS; ) {
    const next = unescaped(layer)
    if (next.text === layer.text) break
    layers.push(next)
    layer = next
  }
  return layers
}

function unescaped({ text, starts, ends }: Layer): Layer {
  const next = { text: '', starts: [] as number[], ends: [] as number[] }
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const meaning = meaningOf(token)
    next.text += meaning
    for (let count = 0; count < meaning.length; count += 1) {
      next.starts.push(starts[index] ?? 0)
      next.ends.push(ends[index + token.length - 1] ?? 0)
    }
  }
  return next
}

// A backslash alone only says that the next character stands for itself; in a form, a plus is a space.
function meaningOf(token: string): string {
  if (token === '\\') return ''
  if (token === '+') return ' '
  if (token.length === 1) return token
  if (token.startsWith('\\')) return characterOf(token.slice(-4), 16)
  if (token.startsWith('%')) return characterOf(token.slice(1), 16)
  const name = token.slice(1, -1)
  if (name.startsWith('#x')) return characterOf(name.slice(2), 16)
  return ENTITIES[name] ?? characterOf(name.slice(1), 10)
}

function characterOf(digits: string, radix: number): string {
  return String.fromCodePoint(Number.parseInt(digits, radix)).toLowerCase()
}

function rangesIn({ text, starts, ends }: Layer, needles: readonly string[]): Range[] {
  const ranges: Range[] = []
  for (const needle of needles) {
    for (let at = text.indexOf(needle); at >= 0; ) {
      ranges.push([starts[at] ?? 0, ends[at + needle.length - 1] ?? 0])
      // Jumps to the last match that overlaps this one. One by one, `!!!!` in a long row of `!` would take forever.
      const overlapping = text.lastIndexOf(needle, at + needle.length - 1)
      at = overlapping > at ? overlapping : text.indexOf(needle, at + needle.length)
    }
  }
  return ranges
}

// Ranges that overlap or touch are one.
function replaceRanges(text: string, ranges: readonly Range[]): string {
  let redacted = ''
  let done = 0
  let isOpen = false
  for (const [start, end] of ranges.toSorted(([one], [other]) => one - other)) {
    if (start > done || !isOpen) redacted += `${text.slice(done, start)}${REDACTED}`
    isOpen = true
    done = Math.max(done, end)
  }
  return redacted + text.slice(done)
}
