import type { RegistryReason } from '../domain/image-registry.ts'
import { type Observed, seen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Credential } from './docker-config.ts'
import { isNamed, mayShowCredentials, type RealmRules } from './realms.ts'
import type { Challenge } from './response-headers.ts'
import {
  basicAuthorization,
  fingerprintOf,
  type Token,
  type TokenMeans,
  type TokenRequest,
  type Tokens
} from './tokens.ts'

/** A repository on a host that asked for authorization. */
export interface Access {
  /** The URL that was challenged. */
  readonly url: URL
  /** For a person: `ghcr.io/shop/app`. */
  readonly name: string
  readonly repository: string
  /** `null`: ask anonymously. */
  readonly credential: Credential | null
}

/** The `Authorization` header to send. */
export interface Authorization {
  readonly header: string
  readonly isAnonymous: boolean
  /** `null`: it did not come from a token server. */
  readonly token: (Pick<Token, 'freshUntil'> & { readonly request: TokenRequest }) | null
}

export interface AuthorizerMeans extends TokenMeans {
  readonly tokens: Tokens
  readonly rules: RealmRules
  readonly refused: RefusedCredentials
  /** Called with one line for the operator. The same line may come again. */
  readonly onProblem: (line: string) => void
}

/**
 * Credentials that a registry or a token server refused. They are not sent there again for an hour: Docker Hub locks a
 * user out after a few failed logins, and a wrong password must not hide public images.
 */
export interface RefusedCredentials {
  /** `scope`: what they have no right to; empty: the login failed, so they are of no use at this origin. */
  add(credential: Credential, origin: string, scope: string): void
  /** Whether the login failed at this origin, or they have no right to the scope; empty: no scope is wanted. */
  has(credential: Credential, origin: string, scope: string): boolean
}

const REFUSED_MS = 3_600_000
// A registry names its token server and the scope, so there can be any number.
const MOST_REFUSED = 2000

export function createRefusedCredentials(now: () => number): RefusedCredentials {
  const until = new BoundedMap<number>(MOST_REFUSED)
  const keyOf = (credential: Credential, origin: string, scope: string) =>
    JSON.stringify([fingerprintOf(credential), origin, scope])
  return {
    add: (credential, origin, scope) => void until.set(keyOf(credential, origin, scope), now() + REFUSED_MS),
    has: (credential, origin, scope) =>
      ['', scope].some(refused => (until.get(keyOf(credential, origin, refused)) ?? 0) > now())
  }
}

/** Answers a challenge with a token or with the credential itself. */
export async function authorize(
  challenges: readonly Challenge[],
  access: Access,
  means: AuthorizerMeans
): Promise<Observed<Authorization, RegistryReason>> {
  const { url, name } = access
  const { refused, rules } = means
  const { credential } = access
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
  const isBasic = challenges.some(({ scheme }) => scheme === 'basic')
  const takesPassword = isBasic && credential?.kind !== 'token'
  if (bearer !== undefined && !(takesPassword && tokenServer(bearer, url, rules) === null)) {
    return bearerAuthorization(bearer, access, means)
  }
  if (!isBasic) {
    return unseen('unauthorized', `${name}: the registry wants an authentication scheme that is not supported`)
  }
  if (credential?.kind !== 'basic' || refused.has(credential, url.origin, '')) {
    const cure = credential === null ? 'add them to REGISTRY_AUTH_FILE' : 'the given ones were refused'
    return unseen('unauthorized', `${name}: the registry wants a user name and a password; ${cure}`)
  }
  if (url.protocol !== 'https:' && !isNamed(rules.insecure, url)) {
    return unseen('unauthorized', `${name}: passwords are not sent without TLS`)
  }
  return seen({ header: basicAuthorization(credential), isAnonymous: false, token: null })
}

async function bearerAuthorization(
  challenge: Challenge,
  { url, name, repository, credential }: Access,
  means: AuthorizerMeans
): Promise<Observed<Authorization, RegistryReason>> {
  const { rules, tokens, refused, onProblem } = means
  if (credential?.kind === 'token' && !refused.has(credential, url.origin, '')) {
    return seen({ header: `Bearer ${credential.token}`, isAnonymous: false, token: null })
  }
  const realm = tokenServer(challenge, url, rules)
  if (realm === null) return unseen('invalid', `${name}: the registry names no usable token server`)
  const { parameters } = challenge
  // Exactly as the challenge has it: Azure's registries want a different scope for listing tags.
  const scope = parameters.get('scope') ?? `repository:${repository}:pull`
  const login = credential?.kind === 'basic' && !refused.has(credential, realm.origin, scope) ? credential : null
  const isShown = login !== null && mayShowCredentials(url, realm, rules)
  if (login !== null && !isShown) {
    const host = shown(realm.host)
    onProblem(
      `the credentials for ${name} are not sent to its token server ${host}: to allow it, add it to REGISTRY_REALMS`
    )
  }
  const request: TokenRequest = {
    realm,
    service: parameters.get('service') ?? null,
    scope,
    credential: isShown ? login : null
  }
  const token = await tokens.get(request, means)
  if (token.seen) return granted(token.value, request)
  if (!isShown || (token.reason !== 'unauthorized' && token.reason !== 'forbidden')) return token
  // Docker's token servers answer 401 to a wrong password, and 403 if a user has no right to a repository.
  refused.add(login, realm.origin, token.reason === 'unauthorized' ? '' : scope)
  onProblem(`the token server ${shown(realm.host)} refuses the credentials for ${name}: they are not used for an hour`)
  const anonymous = { ...request, credential: null }
  const second = await tokens.get(anonymous, means)
  return second.seen ? granted(second.value, anonymous) : second
}

function granted({ text, freshUntil }: Token, request: TokenRequest): Observed<Authorization, RegistryReason> {
  return seen({ header: `Bearer ${text}`, isAnonymous: request.credential === null, token: { freshUntil, request } })
}

// `null`: the challenge names none that may be asked.
function tokenServer({ parameters }: Challenge, registry: URL, rules: RealmRules): URL | null {
  const realm = URL.parse(parameters.get('realm') ?? '')
  return realm?.protocol === 'https:' || (realm !== null && isPlain(realm, registry, rules)) ? realm : null
}

// Only if the operator allowed it, for the token server itself or for a registry on the same host.
function isPlain(realm: URL, registry: URL, { insecure }: RealmRules): boolean {
  if (realm.protocol !== 'http:') return false
  return isNamed(insecure, realm) || (registry.protocol === 'http:' && realm.host === registry.host)
}
