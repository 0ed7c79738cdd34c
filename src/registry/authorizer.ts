import type { RegistryReason } from '../domain/image-registry.ts'
import { type Observed, seen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import type { Challenge } from './challenge.ts'
import type { Credential } from './docker-config.ts'
import { isNamed, mayShowCredentials, type RealmRules } from './realms.ts'
import { basicAuthorization, fingerprintOf, type TokenMeans, type Tokens, type TokenWish } from './tokens.ts'

/** Who is asked for what. */
export interface Access {
  /** Of the host that challenged. */
  readonly url: URL
  /** For a person: `ghcr.io/shop/app`. */
  readonly name: string
  readonly repository: string
  /** `null`: it is asked anonymously. */
  readonly credential: Credential | null
}

/** What is sent in `Authorization`. */
export interface Authorization {
  readonly header: string
  readonly isAnonymous: boolean
  /** False: it was given some time ago. */
  readonly isFresh: boolean
  /** `null`: no token server gave it. */
  readonly wish: TokenWish | null
}

export interface AuthorizerMeans extends TokenMeans {
  readonly tokens: Tokens
  readonly rules: RealmRules
  readonly refused: RefusedCredentials
  /** Called with one line for the operator, which may come again. */
  readonly onProblem: (line: string) => void
}

/**
 * Credentials that were refused lately. They are not sent again for an hour: Docker Hub locks a user out who fails to log in
 * a few times, and a wrong password must not spoil what everybody may read.
 */
export interface RefusedCredentials {
  add(credential: Credential): void
  has(credential: Credential): boolean
}

const REFUSED_MS = 3_600_000

export function createRefusedCredentials(now: () => number): RefusedCredentials {
  const until = new Map<string, number>()
  return {
    add: credential => {
      for (const [fingerprint, at] of until) if (at <= now()) until.delete(fingerprint)
      until.set(fingerprintOf(credential), now() + REFUSED_MS)
    },
    has: credential => (until.get(fingerprintOf(credential)) ?? 0) > now()
  }
}

/** Answers a challenge: with a token, or with the credential itself. */
export async function authorize(
  challenges: readonly Challenge[],
  access: Access,
  means: AuthorizerMeans
): Promise<Observed<Authorization, RegistryReason>> {
  const { url, name } = access
  const { refused, rules } = means
  const credential = access.credential === null || refused.has(access.credential) ? null : access.credential
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
  if (bearer !== undefined) return bearerAuthorization(bearer, { ...access, credential }, means)
  if (!challenges.some(({ scheme }) => scheme === 'basic')) {
    return unseen('unauthorized', `${name}: the registry asks for a way to log in that is not known here`)
  }
  if (credential?.kind !== 'basic') {
    const cure = access.credential === null ? 'belong into REGISTRY_AUTH_FILE' : 'were refused'
    return unseen('unauthorized', `${name}: the registry asks for a user name and a password; they ${cure}`)
  }
  if (url.protocol !== 'https:' && !isNamed(rules.insecure, url)) {
    return unseen('unauthorized', `${name}: no password is sent without TLS`)
  }
  return seen({ header: basicAuthorization(credential), isAnonymous: false, isFresh: true, wish: null })
}

async function bearerAuthorization(
  { parameters }: Challenge,
  { url, name, repository, credential }: Access,
  means: AuthorizerMeans
): Promise<Observed<Authorization, RegistryReason>> {
  if (credential?.kind === 'token') {
    return seen({ header: `Bearer ${credential.token}`, isAnonymous: false, isFresh: true, wish: null })
  }
  const { rules, tokens, refused, onProblem } = means
  const realm = URL.parse(parameters.get('realm') ?? '')
  if (realm === null || !(realm.protocol === 'https:' || isPlain(realm, url, rules))) {
    return unseen('invalid', `${name}: the registry names no token server that can be asked`)
  }
  const isShown = credential !== null && mayShowCredentials(url, realm, rules)
  if (credential !== null && !isShown) {
    const host = shown(realm.host)
    onProblem(`the credentials for ${name} are not shown to its token server ${host}: REGISTRY_REALMS may name it`)
  }
  const wish: TokenWish = {
    realm,
    service: parameters.get('service') ?? null,
    // As it was asked for: Azure's registries want another one for a list of tags.
    scope: parameters.get('scope') ?? `repository:${repository}:pull`,
    credential: isShown ? credential : null
  }
  const token = await tokens.get(wish, means)
  if (token.seen) return granted(token.value, wish)
  if (!isShown || (token.reason !== 'unauthorized' && token.reason !== 'forbidden')) return token
  refused.add(credential)
  onProblem(`the token server ${shown(realm.host)} refuses the credentials for ${name}: they are left out for an hour`)
  const anonymous = { ...wish, credential: null }
  const second = await tokens.get(anonymous, means)
  return second.seen ? granted(second.value, anonymous) : second
}

function granted(
  { text, isFresh }: { readonly text: string; readonly isFresh: boolean },
  wish: TokenWish
): Observed<Authorization, RegistryReason> {
  return seen({ header: `Bearer ${text}`, isAnonymous: wish.credential === null, isFresh, wish })
}

// Without TLS only where the operator said so, of the realm or of a registry on the same host.
function isPlain(realm: URL, registry: URL, { insecure }: RealmRules): boolean {
  if (realm.protocol !== 'http:') return false
  return isNamed(insecure, realm) || (registry.protocol === 'http:' && realm.host === registry.host)
}
