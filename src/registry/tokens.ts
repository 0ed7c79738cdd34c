import { createHash } from 'node:crypto'
import type { RegistryReason } from '../domain/image-registry.ts'
import { type Observed, seen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import { textAt, valueAt } from '../text/json.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Credential } from './docker-config.ts'
import type { Answer } from './transport.ts'

/** What a token is asked for. */
export interface TokenWish {
  readonly realm: URL
  /** `null`: the challenge names none. */
  readonly service: string | null
  readonly scope: string
  /** `null`: an anonymous token. */
  readonly credential: Extract<Credential, { kind: 'basic' }> | null
}

/** One that a token server gave. */
interface Token {
  readonly text: string
  /** False: it has been used before, and may have been withdrawn. */
  readonly isFresh: boolean
}

export interface TokenMeans {
  readonly now: () => number
  /** Sends a GET to a token server. */
  readonly ask: (url: URL, headers: Readonly<Record<string, string>>) => Promise<Observed<Answer, RegistryReason>>
  /** What the status of an answer means that is no success. */
  readonly refuse: (answer: Answer) => Observed<never, RegistryReason>
}

export interface Tokens {
  /** A kept token, or a new one; who asks for the same at the same time shares the answer. */
  get(wish: TokenWish, means: TokenMeans): Promise<Observed<Token, RegistryReason>>
  /** Makes the next `get` ask anew. */
  forget(wish: TokenWish): void
}

interface Kept {
  readonly answer: Promise<Observed<Grant, RegistryReason>>
  /** When it is asked for anew, ms since the epoch; `null`: it is on its way. */
  staleAt: number | null
}

interface Grant {
  readonly text: string
  readonly lifeMs: number
}

// Source: docs.docker.com/reference/api/registry/auth, of a token that names no life.
const DEFAULT_LIFE_S = 60
const MOST_KEPT = 2000

/** Starts without any token. */
export function createTokens(): Tokens {
  const kept = new BoundedMap<Kept>(MOST_KEPT)
  return {
    get: async (wish, means) => {
      const key = keyOf(wish)
      const found = kept.get(key)
      if (found !== undefined && (found.staleAt === null || found.staleAt > means.now())) {
        const grant = await found.answer
        return grant.seen ? seen({ text: grant.value.text, isFresh: false }) : grant
      }
      const entry: Kept = { answer: askFor(wish, means), staleAt: null }
      kept.set(key, entry)
      const grant = await entry.answer
      // Renewed at four fifths of its life, so that none expires on its way. A failure is not kept.
      entry.staleAt = grant.seen ? means.now() + 0.8 * grant.value.lifeMs : 0
      return grant.seen ? seen({ text: grant.value.text, isFresh: true }) : grant
    },
    forget: wish => kept.delete(keyOf(wish))
  }
}

// With the password, so that nobody gets what another's right password was given.
function keyOf({ realm, service, scope, credential }: TokenWish): string {
  const whose = credential === null ? '' : fingerprintOf(credential)
  return JSON.stringify([realm.href, service, scope, whose])
}

/** Tells credentials apart without keeping them. */
export function fingerprintOf(credential: Credential): string {
  return createHash('sha256').update(JSON.stringify(credential)).digest('hex')
}

/** The value of `Authorization` in the scheme Basic. Source: RFC 7617. */
export function basicAuthorization({ user, password }: Extract<Credential, { kind: 'basic' }>): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

// Source: distribution's token authentication specification.
async function askFor(
  { realm, service, scope, credential }: TokenWish,
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
  try {
    const grant: unknown = JSON.parse(Buffer.from(body).toString())
    const text = textAt(grant, 'token') || textAt(grant, 'access_token')
    const life = valueAt(grant, 'expires_in')
    // What else it may hold would break out of its header.
    if (/^[\x21-\x7e]+$/.test(text)) {
      return seen({ text, lifeMs: 1000 * (typeof life === 'number' ? life : DEFAULT_LIFE_S) })
    }
  } catch {
    // Told below.
  }
  return unseen('invalid', `the token server ${shown(realm.host)} gives no token`)
}
