import type { Clock } from '../../domain/ports.ts'
import { shown } from '../../domain/text.ts'
import { isJsonObject, type JsonObject, parseJson, valueAt } from '../../text/json.ts'
import { certificatesIn } from '../../text/pem.ts'
import { runExecPlugin } from './exec-plugin.ts'
import { ApiError, misconfigured } from './failure.ts'
import { type Entry, fileIn, type KubeEnvironment, pemIn, textIn, textsIn } from './kubeconfig.ts'

/** What tells the server who asks. */
export interface Credentials {
  /** `Authorization`, and the headers that say whom to impersonate. */
  readonly headers: Readonly<Record<string, string | string[]>>
  /** Of a client certificate, in PEM; empty: none. */
  readonly cert: string
  readonly key: string
  /** When they must be read again, in milliseconds since the epoch; `null`: as long as they are accepted. */
  readonly expiresAt: number | null
}

export interface CredentialsOptions {
  readonly environment: KubeEnvironment
  readonly clock: Clock
  /** See `ExecPluginOptions`. */
  readonly clusterInfo: () => Promise<JsonObject>
  readonly signal: AbortSignal
  /** Absent: a plugin is run. */
  readonly runPlugin?: typeof runExecPlugin
}

export const NO_CREDENTIALS: Credentials = { headers: {}, cert: '', key: '', expiresAt: null }

/** As long as client-go trusts one: a running pod's token is rewritten long before it expires. */
const TOKEN_FILE_AGE_MS = 60_000

/**
 * The credentials of a user by the rules of client-go: a token (from a file rather than an inline one), a password, a
 * client certificate; without any of these, what a plugin gives. Throws an `ApiError` that says what is wrong.
 */
export async function readCredentials(user: Entry, options: CredentialsOptions): Promise<Credentials> {
  const token = textIn(user, 'token')
  const basic = basicCredentials(user)
  if (token !== '' && basic !== null) {
    throw misconfigured(
      `${user.title}: more than one authentication method found: token and username, only one is allowed`
    )
  }
  const impersonated = impersonationHeaders(user)
  const cert = pemIn(user, 'client-certificate')
  const key = cert === '' ? '' : pemIn(user, 'client-key')
  if (cert !== '' && key === '') {
    throw misconfigured(`${user.title}: client-key or client-key-data must be specified beside client-certificate`)
  }
  const own = ownAuthorization(user, { token, basic, clock: options.clock })
  const hasOwn = own !== null || cert !== ''
  const { authorization, ...found } = own ?? (hasOwn ? NOBODY : await askPlugin(user, options))
  const headers = { ...(authorization === '' ? {} : { Authorization: authorization }), ...impersonated }
  return { headers, cert: found.cert || cert, key: found.key || key, expiresAt: found.expiresAt }
}

/**
 * Which of them has expired, for a person; `null`: none, as far as they tell. Only the server knows, and its clock
 * counts: they are sent all the same.
 */
export function describeExpired({ headers, cert }: Credentials, title: string, now: number): string | null {
  const certificate = certificatesIn(cert)[0]?.certificate
  const ends = [
    { what: 'token', at: expiryOf(String(headers.Authorization)) },
    { what: 'client certificate', at: certificate?.validToDate.getTime() ?? null }
  ]
  const expired = ends.find(({ at }) => at !== null && at <= now)
  if (expired === undefined || expired.at === null) return null
  return `the ${expired.what} of ${title} expired at ${new Date(expired.at).toISOString()}: renew it`
}

interface Identity {
  /** The value of the header; empty: none. */
  readonly authorization: string
  readonly cert: string
  readonly key: string
  readonly expiresAt: number | null
}

const NOBODY: Identity = { authorization: '', cert: '', key: '', expiresAt: null }

interface Written {
  readonly token: string
  readonly basic: string | null
  readonly clock: Clock
}

/** `null`: the entry has none. */
function ownAuthorization(user: Entry, { token, basic, clock }: Written): Identity | null {
  if (textIn(user, 'tokenFile') !== '') {
    return {
      ...NOBODY,
      authorization: bearer(readTokenFile(user, token), user),
      expiresAt: clock() + TOKEN_FILE_AGE_MS
    }
  }
  if (token !== '') return { ...NOBODY, authorization: bearer(token, user) }
  return basic === null ? null : { ...NOBODY, authorization: basic }
}

/** As in client-go, the inline token replaces a file that cannot be read or is empty. */
function readTokenFile(user: Entry, token: string): string {
  try {
    const text = fileIn(user, 'tokenFile')
    if (text.trim() === '') throw misconfigured(`${user.title}: tokenFile is empty`)
    return text
  } catch (error) {
    if (token === '') throw error
    return token
  }
}

function basicCredentials(user: Entry): string | null {
  const username = textIn(user, 'username')
  const password = textIn(user, 'password')
  if (username === '' && password === '') return null
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** A file may end with a line break; a header must not. */
function bearer(text: string, user: Entry): string {
  const token = text.trim()
  if (!/^[\x21-\x7e]+$/.test(token))
    throw misconfigured(`${user.title}: its token has characters that a token cannot have`)
  return `Bearer ${token}`
}

async function askPlugin(user: Entry, options: CredentialsOptions): Promise<Identity> {
  const { exec, 'auth-provider': provider } = user.fields
  if (isJsonObject(exec) && isJsonObject(provider)) {
    throw misconfigured(`${user.title}: auth-provider cannot be provided in combination with exec`)
  }
  if (isJsonObject(provider)) return askProvider(user, provider, options.clock)
  if (!isJsonObject(exec)) return NOBODY
  const { runPlugin = runExecPlugin } = options
  const { token, cert, key, expiresAt } = await runPlugin(user, options)
  return { authorization: token === '' ? '' : bearer(token, user), cert, key, expiresAt }
}

/** What replaces the providers that client-go no longer has. */
const REMOVED: Readonly<Record<string, string>> = {
  gcp: 'use the exec plugin gke-gcloud-auth-plugin, which gcloud container clusters get-credentials sets up',
  azure: 'use the exec plugin kubelogin (https://github.com/Azure/kubelogin)'
}

function askProvider(user: Entry, provider: JsonObject, clock: Clock): Identity {
  const name = textIn({ ...user, fields: provider }, 'name')
  const removed = REMOVED[name]
  if (removed !== undefined) throw misconfigured(`${user.title}: the ${name} auth plugin has been removed; ${removed}`)
  if (name !== 'oidc') throw misconfigured(`${user.title}: no auth provider found for name "${shown(name)}"`)
  const token = valueAt(provider, 'config', 'id-token')
  const cure = 'run kubectl once, which gets a new one, or log in again'
  if (typeof token !== 'string' || token === '') {
    throw new ApiError({ kind: 'credentials', message: `${user.title} has no id-token (auth-provider oidc): ${cure}` })
  }
  const expiresAt = expiryOf(token)
  // Getting a new one would mean writing: at the issuer, and into the kubeconfig.
  if (expiresAt !== null && expiresAt <= clock()) {
    const since = new Date(expiresAt).toISOString()
    const message = `the id-token of ${user.title} (auth-provider oidc) expired at ${since}: ${cure}`
    throw new ApiError({ kind: 'credentials', message })
  }
  return { ...NOBODY, authorization: bearer(token, user), expiresAt }
}

/** When a JSON Web Token expires (RFC 7519, 4.1.4), in milliseconds since the epoch; `null`: it does not say. */
function expiryOf(token: string): number | null {
  const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url'))
  const expires = valueAt(claims, 'exp')
  return typeof expires === 'number' && Math.abs(expires) <= MAX_UNIX_TIME ? expires * 1000 : null
}

/** What a Date can hold, in seconds. */
const MAX_UNIX_TIME = 8.64e12

/** `as`, `as-uid`, `as-groups` and `as-user-extra`. */
export function impersonationHeaders(user: Entry): Readonly<Record<string, string | string[]>> {
  const as = textIn(user, 'as')
  const uid = textIn(user, 'as-uid')
  const groups = textsIn(user, 'as-groups')
  const fields = user.fields['as-user-extra'] ?? {}
  if (!isJsonObject(fields)) throw misconfigured(`${user.title}: as-user-extra takes a list of strings for each name`)
  const extra = { ...user, title: `${user.title}: as-user-extra`, fields }
  const extras = Object.keys(fields).map(name => [name, textsIn(extra, name)] as const)
  if (as === '' && (uid !== '' || groups.length > 0 || extras.length > 0)) {
    throw misconfigured(`${user.title}: requesting uid, groups or user-extra without impersonating a user`)
  }
  return {
    ...(as === '' ? {} : { 'Impersonate-User': asHeader(as) }),
    ...(uid === '' ? {} : { 'Impersonate-Uid': asHeader(uid) }),
    ...(groups.length === 0 ? {} : { 'Impersonate-Group': groups.map(asHeader) }),
    ...Object.fromEntries(
      extras.map(([name, values]) => [`Impersonate-Extra-${escapeName(name)}`, values.map(asHeader)])
    )
  }
}

/** As Go writes it: UTF-8, which Node takes as one character for each byte. */
function asHeader(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** Percent-encodes what no header's name may have, and the percent sign itself (headerKeyEscape in client-go). */
function escapeName(name: string): string {
  return Buffer.from(name)
    .toString('latin1')
    .replace(/[^\w!#$&'*+.^`|~-]/g, byte => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}
