import { isJsonObject, parseJson, textAt } from '../text/json.ts'
import { accepted, badInput, type Result, refused } from '../text/mistake.ts'

/** How to log in to a registry. Secret. */
export type Credential =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  /** Sent as the bearer token, unchanged. */
  | { readonly kind: 'token'; readonly token: string }

export interface CredentialEntry {
  /** Host and port in lower case; `*` stands for a label of the name or for a part of one. */
  readonly host: string
  /** The first part of the repositories it is for; empty: all of them. */
  readonly path: string
  readonly credential: Credential
}

export interface DockerConfig {
  readonly entries: readonly CredentialEntry[]
  /** One line for each entry that cannot be used. Holds no secrets. */
  readonly problems: readonly string[]
}

// Names of Docker Hub in config files.
const DOCKER_HUB: readonly string[] = ['index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']

/**
 * Reads credentials from a docker config: `config.json`, a dockerconfigjson secret, podman's `auth.json`. Never runs
 * the credential helpers that it names. Source: containers-auth.json(5), docker/cli.
 */
export function parseDockerConfig(text: string): Result<DockerConfig> {
  const config = parseJson(text)
  // The parser's own words would quote the text.
  if (!isJsonObject(config)) return refused([badInput('it takes a docker config: a JSON object with auths')])
  const entries: CredentialEntry[] = []
  const problems: string[] = []
  for (const [key, value] of Object.entries(isJsonObject(config.auths) ? config.auths : {})) {
    const { host, path } = parseKey(key)
    const credential = readCredential(value)
    if (typeof credential === 'string') problems.push(`credentials for ${host}${path && `/${path}`}: ${credential}`)
    else if (credential !== null) entries.push({ host, path, credential })
  }
  if (config.credsStore !== undefined || config.credHelpers !== undefined) {
    problems.push('credsStore and credHelpers are not used: they name programs, and the guard runs none')
  }
  return accepted({ entries, problems })
}

/** The credentials for a repository: the longest path comes first, then a plain host before one with `*`. */
export function findCredentials(
  entries: readonly CredentialEntry[],
  { registry, repository }: { readonly registry: string; readonly repository: string }
): readonly Credential[] {
  const host = canonicalHost(registry)
  const fitting = entries.filter(entry => matchesHost(entry.host, host) && isBelow(entry.path, repository))
  const precision = (entry: CredentialEntry) => entry.path.length * 2 + Number(!entry.host.includes('*'))
  return fitting.sort((a, b) => precision(b) - precision(a)).map(({ credential }) => credential)
}

function parseKey(key: string): { host: string; path: string } {
  // A URL may name a user with a password before the host. They are no part of it, and the host is in messages.
  const [host = '', ...rest] = key.replace(/^(?:https?:\/\/)?(?:.*@)?/is, '').split('/')
  const path = rest.filter(segment => segment !== '').join('/')
  return { host: canonicalHost(host), path: /^v[12]$/.test(path) ? '' : path }
}

function canonicalHost(host: string): string {
  const name = host.toLowerCase()
  return DOCKER_HUB.includes(name) ? 'docker.io' : name
}

function matchesHost(pattern: string, host: string): boolean {
  // The port counts as a label too.
  const [labels, wanted] = [host.split(/[.:]/), pattern.split(/[.:]/)]
  return labels.length === wanted.length && wanted.every((label, index) => isLike(labels[index] ?? '', label))
}

// Kubernetes allows stars for parts of a label: `*-good.example.com`. A regular expression could take very long.
function isLike(label: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return label === pattern
  if (!label.startsWith(first)) return false
  let at = first.length
  for (const piece of rest) {
    const found = label.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return label.slice(at).endsWith(last)
}

function isBelow(path: string, repository: string): boolean {
  return path === '' || repository === path || repository.startsWith(`${path}/`)
}

// `null`: no credential, as `docker login` leaves it when a helper holds it. A text: why the credential cannot be used.
function readCredential(value: unknown): Credential | string | null {
  const [registryToken, auth] = [textAt(value, 'registrytoken'), textAt(value, 'auth')]
  if (registryToken !== '') return { kind: 'token', token: registryToken }
  if (textAt(value, 'identitytoken') !== '') {
    return 'an identitytoken can only be exchanged by a POST, and this program sends none: log in with a password or an access token'
  }
  if (auth !== '') {
    const [, user, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(auth, 'base64').toString()) ?? []
    return user === undefined || secret === undefined ? 'auth is not user:password in base64' : basic(user, secret)
  }
  const [user, password] = [textAt(value, 'username'), textAt(value, 'password')]
  return user === '' || password === '' ? null : basic(user, password)
}

function basic(user: string, password: string): Credential | string {
  // Docker's convention: the password is an identity token.
  return user === '<token>' ? 'a user <token> stands for an identitytoken' : { kind: 'basic', user, password }
}
