import type { Target } from '../domain/target.ts'
import type { Headers } from './connection.ts'

/** A target's headers for one exchange, and what keeps their secrets out of everything that is told of it. */
export interface SecretHeaders {
  readonly headers: Headers
  /** The text without the secrets and the parts of them that a server may repeat, whatever case they are written in. */
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
    redact: redactor(secrets)
  }
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

// A file may hold `Bearer TOKEN`, or several cookies: a server that repeats one of them tells a secret as well.
function redactor(secrets: readonly string[]): (text: string) => string {
  const parts = secrets.flatMap(secret => [secret.trim(), ...secret.split(/[\s,;=]+/)])
  const long = [...new Set(parts)].filter(part => part.length >= LEAST_LENGTH_OF_A_PART)
  if (long.length === 0) return text => text
  const longestFirst = long.sort((a, b) => b.length - a.length).map(escapePattern)
  const any = new RegExp(longestFirst.join('|'), 'gi')
  return text => text.replace(any, REDACTED)
}
