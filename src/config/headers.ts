import { readTextFile } from '../files/read-text.ts'
import { accepted, badInput, type Result, refused } from '../text/mistake.ts'

// RFC 9110 section 5.6.2: a field's name is a token.
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/
// Headers that the exchange or the connection depends on: another value would break it, or lift its limits.
const OURS: readonly string[] = [
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent'
]
const MOST_HEADERS = 16
const PREFIX_LENGTH = 32
// Servers refuse longer headers; anything shorter than the minimum is not a secret, and could not be redacted either.
const MOST_CHARACTERS = 8192
const LEAST_CHARACTERS = 8
const SECRET_TAKES = `it takes one line of ${LEAST_CHARACTERS} to ${MOST_CHARACTERS} printable ASCII characters`
const MAX_BYTES = 1024 * 1024

/** What is wrong with the names of one target's headers. */
export function* headerNameMistakes(names: readonly string[]): Generator<{ name: string; message: string }> {
  const seen = new Set<string>()
  for (const name of names) {
    const message = mistakeOf(name, seen)
    seen.add(name.toLowerCase())
    if (message !== null) yield { name, message }
  }
}

function mistakeOf(name: string, seen: ReadonlySet<string>): string | null {
  if (!TOKEN.test(name)) return 'not a header name; it takes one such as Authorization'
  if (OURS.includes(name.toLowerCase())) return 'cannot be set by targets; it takes one such as Authorization'
  if (seen.has(name.toLowerCase())) return 'given twice, because case does not matter; remove one'
  return seen.size >= MOST_HEADERS ? `more than ${MOST_HEADERS} headers` : null
}

/** A few printable characters: a whole secret has no place there. */
export function isHeaderPrefix(text: string): boolean {
  return text.length <= PREFIX_LENGTH && /^[\x20-\x7e]*$/.test(text)
}

/** Reads a header's secret, without the line break at its end. No mistake repeats it. */
export function readSecret(path: string): Result<string> {
  const file = readTextFile(path, MAX_BYTES)
  if (!file.ok) return file
  const secret = file.value.replace(/\r?\n$/, '')
  const isOne = secret.length <= MOST_CHARACTERS && /^[\x20-\x7e]*$/.test(secret)
  if (isOne && secret.trim().length >= LEAST_CHARACTERS) return accepted(secret)
  return refused([badInput(`${path}: not a secret for a header; ${SECRET_TAKES}`)])
}
