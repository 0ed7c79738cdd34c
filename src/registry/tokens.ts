import { createHash } from 'node:crypto'
import type { RegistryReason } from '../domain/image-registry.ts'
import { type Observed, seen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import { parseJson, textAt, valueAt } from '../text/json.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Credential } from './docker-config.ts'
import type { Answer } from './transport.ts'

/** What a token is requested for. */
export interface TokenRequest {
  readonly realm: URL
  /** `null`: the challenge has none. */
  readonly service: string | null
  readonly scope: string
  /** `null`: an anonymous token. */
  readonly credential: Extract<Credential, { kind: 'basic' }> | null
}

/** A token from a token server. */
export interface Token {
  readonly text: string
  /** Until when it is surely valid, ms since the epoch; 0: it was used before and may have been revoked. */
  readonly freshUntil: number
}

export interface TokenMeans {
  readonly now: () => number
  /** Sends a GET to a token server. */
  readonly ask: (url: URL, headers: Readonly<Record<string, string>>) => Promise<Observed<Answer, RegistryReason>>
  /** The reason for an answer that is not a success. */
  readonly refuse: (answer: Answer) => Observed<never, RegistryReason>
}

export interface Tokens {
  /** A cached or a new token. Concurrent calls for the same token share one request. */
  get(request: TokenRequest, means: TokenMeans): Promise<Observed<Token, RegistryReason>>
  /** The next `get` requests a new token. */
  forget(request: TokenRequest): void
}

interface Kept {
  readonly answer: Promise<Observed<Grant, RegistryReason>>
  /** When to request a new one, ms since the epoch; `null`: the request is under way. */
  staleAt: number | null
}

interface Grant {
  readonly text: string
  readonly lifeMs: number
}

// For tokens without `expires_in`. Source: docs.docker.com/reference/api/registry/auth.
const DEFAULT_LIFE_S = 60
const MOST_KEPT = 1000
// Servers take headers of 8 to 16 KiB.
const LONGEST_TOKEN = 16 * 1024

/** An empty cache of tokens. */
export function createTokens(): Tokens {
  const kept = new BoundedMap<Kept>(MOST_KEPT)
  return {
    get: async (request, means) => {
      const key = keyOf(request)
      const found = kept.get(key)
      if (found !== undefined && (found.staleAt === null || found.staleAt > means.now())) {
        const grant = await found.answer
        return grant.seen ? seen({ text: grant.value.text, freshUntil: 0 }) : grant
      }
      const entry: Kept = { answer: askFor(request, means), staleAt: null }
      kept.set(key, entry)
      const grant = await entry.answer
      // Renew at four fifths of the lifetime, so that no token expires in transit. Failures are not cached.
      const staleAt = grant.seen ? means.now() + 0.8 * grant.value.lifeMs : 0
      entry.staleAt = staleAt
      return grant.seen ? seen({ text: grant.value.text, freshUntil: staleAt }) : grant
    },
    forget: request => kept.delete(keyOf(request))
  }
}

// The password is part of the key: a wrong password must not get a token that the right one was given.
function keyOf({ realm, service, scope, credential }: TokenRequest): string {
  return JSON.stringify([realm.href, service, scope, fingerprintOf(credential)])
}

/** Identifies a credential without storing it; empty: none. */
export function fingerprintOf(credential: Credential | null): string {
  return credential === null ? '' : createHash('sha256').update(JSON.stringify(credential)).digest('hex')
}

/** The `Authorization` header of Basic authentication. Source: RFC 7617. */
export function basicAuthorization({ user, password }: Extract<Credential, { kind: 'basic' }>): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

// Source: distribution's token authentication specification.
async function askFor(
  { realm, service, scope, credential }: TokenRequest,
  { ask, refuse }: TokenMeans
): Promise<Observed<Grant, RegistryReason>> {
  const url = new URL(realm)
  if (service !== null) url.searchParams.append('service', service)
  for (const one of scope.split(' ')) url.searchParams.append('scope', one)
  const headers = credential === null ? {} : { authorization: basicAuthorization(credential) }
  const answer = await ask(url, headers)
  if (!answer.seen) return answer
  return answer.value.status === 200 ? readGrant(answer.value.body, realm) : refuse(answer.value)
}

function readGrant(body: Uint8Array, realm: URL): Observed<Grant, RegistryReason> {
  const grant = parseJson(body)
  const text = textAt(grant, 'token') || textAt(grant, 'access_token')
  const life = valueAt(grant, 'expires_in')
  // Anything else, such as a line break, would corrupt the header.
  if (!/^[\x21-\x7e]+$/.test(text) || text.length > LONGEST_TOKEN) {
    return unseen('invalid', `the token server ${shown(realm.host)} sent no token`)
  }
  return seen({ text, lifeMs: 1000 * (typeof life === 'number' ? life : DEFAULT_LIFE_S) })
}
