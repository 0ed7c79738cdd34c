import type { Target } from '../domain/target.ts'
import type { RequestHeaders } from './http-connection.ts'

/** A target's headers for one exchange, and what keeps their secrets out of everything that is told of it. */
export interface SecretHeaders {
  readonly headers: RequestHeaders
  /** The text without the secrets and the parts of them that a server may repeat, whatever case or escapes they are
   *  written in. */
  redact(text: string): string
}

/** The secret in a file as it is now; `undefined`: it is not known. */
export type SecretIn = (path: string) => string | undefined

const REDACTED = '[redacted]'

const LEAST_LENGTH_OF_A_PART = 8

/** `null`: a secret is not known. Then nothing may be asked: without it, the answer would say nothing of the service. */
export function secretHeaders({ headers = [] }: Target, secretIn: SecretIn): SecretHeaders | null {
  const found = headers.map(({ name, prefix, file }) => ({ name, prefix, secret: secretIn(file) }))
  const secrets = found.flatMap(({ secret }) => secret ?? [])
  if (secrets.length < found.length) return null
  return {
    headers: Object.fromEntries(found.map(({ name, prefix, secret }) => [name, `${prefix}${secret}`])),
    redact: redactor(
      found.flatMap(({ prefix, secret = '' }) => [...partsOf(secret), ...basicPartsOf(`${prefix}${secret}`)])
    )
  }
}

// A file may hold `Bearer TOKEN`, or several cookies: a server that repeats one of them, or a part of a JWT, tells a
// secret as well.
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

// As it is, behind a backslash, as JSON's code point, or as in a URL.
function patternOf(character: string): string {
  if (/[a-z0-9]/i.test(character)) return character
  const point = (character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')
  const literal = `\\u{${point}}`
  return `(?:\\\\?${literal}|\\\\u${point}|${encodeURIComponent(character).replace(
    /[!'()*._~-]/g,
    sign => `%${sign.charCodeAt(0).toString(16)}`
  )})`
}

function redactor(parts: readonly string[]): (text: string) => string {
  const long = [...new Set(parts)].filter(part => part.length >= LEAST_LENGTH_OF_A_PART)
  if (long.length === 0) return text => text
  const longestFirst = long
    .sort((a, b) => b.length - a.length)
    .map(part => [...part.toWellFormed()].map(patternOf).join(''))
  const any = new RegExp(longestFirst.join('|'), 'giu')
  return text => text.replace(any, REDACTED)
}
