import http from 'node:http'
import https, { type RequestOptions } from 'node:https'
import { isIP } from 'node:net'
import { checkServerIdentity, createSecureContext, type SecureContext } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../domain/ports.ts'
import { shown } from '../../domain/text.ts'
import { type JsonObject, valueAt } from '../../text/json.ts'
import { authoritiesIn } from '../../text/pem.ts'
import {
  type Credentials,
  type CredentialsOptions,
  describeExpired,
  impersonationHeaders,
  NO_CREDENTIALS,
  readCredentials
} from './credentials.ts'
import { ApiError, misconfigured } from './failure.ts'
import { type Entry, flagIn, type KubeConfig, type KubeEnvironment, pemIn, textIn } from './kubeconfig.ts'
import { findProxy, type ProxyServer } from './proxy.ts'

/** How to reach the API server and as whom. */
export interface Access {
  /** Without a trailing slash; may have a path. */
  readonly server: string
  readonly options: TlsRequestOptions
  readonly proxy: ProxyServer | null
  /** Why the server may have answered 401, as far as the credentials tell; `null`: they do not. */
  readonly explainUnauthorized: () => ApiError | null
  /** Call it when the server did not accept these credentials: they are read again for the next request. */
  readonly doubt: () => void
  /** Call it when the server could not be reached: all is read again if the configuration has changed by now. */
  readonly doubtPlace: () => void
}

interface TlsRequestOptions extends RequestOptions {
  readonly secureContext: SecureContext
}

export interface AccessParts {
  readonly loadKubeConfig: () => KubeConfig
  readonly environment: KubeEnvironment
  readonly clock: Clock
  readonly monotonic?: () => number
  /** Ends what is under way, such as a plugin. */
  readonly signal: AbortSignal
  /** See `CredentialsOptions`. */
  readonly runPlugin?: CredentialsOptions['runPlugin']
}

const NOBODY = 'the current context names no user, or one without credentials, and the API server requires them: log in'

/** No reading sooner than this, however often requests fail: it costs, and an exec plugin is a process. */
const LEAST_AGE_MS = 1_000

/**
 * Reads the configuration, and the credentials that it names, on the first call. Reads them again when they expire,
 * when the server refuses them, or when it cannot be reached and the configuration has changed.
 */
export function createAccess(parts: AccessParts): () => Promise<Access> {
  const { clock, monotonic = () => performance.now() } = parts
  let last: { readonly outcome: Loaded | ApiError; readonly at: number } | undefined
  let doubted: 'nothing' | 'place' | 'all' = 'nothing'
  let underWay: Promise<Access> | undefined

  const read = async (): Promise<Access> => {
    if (last === undefined || (isOver(last.outcome) && monotonic() - last.at >= LEAST_AGE_MS)) {
      const before = last?.outcome
      const isOnlyLost = doubted === 'place'
      doubted = 'nothing'
      // An outage must not run an exec plugin again and again.
      const isKept = before !== undefined && isOnlyLost && isStillRight(before)
      const outcome = isKept ? before : await loadAccess(parts).catch(asApiError)
      last = { outcome, at: monotonic() }
    }
    const { outcome } = last
    if (outcome instanceof ApiError) throw outcome
    const doubt = (what: 'place' | 'all'): void => {
      if (last?.outcome === outcome && doubted !== 'all') doubted = what
    }
    return { ...outcome.access, doubt: () => doubt('all'), doubtPlace: () => doubt('place') }
  }

  const isOver = (outcome: Loaded | ApiError): boolean =>
    outcome instanceof ApiError || doubted !== 'nothing' || hasEnded(outcome, clock())

  const isStillRight = (outcome: Loaded | ApiError): boolean => {
    if (outcome instanceof ApiError || hasEnded(outcome, clock())) return false
    try {
      return isDeepStrictEqual(parts.loadKubeConfig(), outcome.kubeConfig)
    } catch {
      return false
    }
  }

  // Shared by all who ask at the same time: an exec plugin runs once for all of them.
  return () => {
    underWay ??= read().finally(() => {
      underWay = undefined
    })
    return underWay
  }
}

interface Loaded {
  readonly access: Omit<Access, 'doubt' | 'doubtPlace'>
  readonly kubeConfig: KubeConfig
  readonly expiresAt: number | null
}

function hasEnded({ expiresAt }: Loaded, now: number): boolean {
  return expiresAt !== null && expiresAt <= now
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return misconfigured(shown(error instanceof Error ? error.message : String(error)))
}

/**
 * Reads the configuration and the credentials. Asks nobody but a plugin. Throws an `ApiError` that says what is wrong.
 */
export async function loadAccess(parts: Omit<AccessParts, 'monotonic'>): Promise<Loaded> {
  const { loadKubeConfig, environment, clock, signal, runPlugin } = parts
  const kubeConfig = loadKubeConfig()
  const { cluster, user } = kubeConfig
  const server = serverOf(cluster)
  const proxy = findProxy(server, cluster, environment)
  const ca = readAuthorities(cluster)
  const clusterInfo = async () => clusterInfoOf(cluster, ca)
  let credentials = NO_CREDENTIALS
  if (user !== null && server.protocol === 'https:') {
    credentials = await readCredentials(user, {
      environment,
      clock,
      clusterInfo,
      signal,
      ...(runPlugin === undefined ? {} : { runPlugin })
    })
  }
  // No credentials, like kubectl: without TLS, anybody could be answering.
  else if (user !== null) credentials = { ...NO_CREDENTIALS, headers: impersonationHeaders(user) }
  const secureContext = createContext(ca, credentials, user?.title ?? '')
  const options: TlsRequestOptions = {
    headers: { ...credentials.headers },
    secureContext,
    ...namedAs(textIn(cluster, 'tls-server-name')),
    rejectUnauthorized: !flagIn(cluster, 'insecure-skip-tls-verify'),
    agent: await createAgent(server, proxy)
  }
  const explainUnauthorized = () => whyUnauthorized(credentials, user?.title ?? '', clock())
  const access = { server: server.href.replace(/\/+$/, ''), options, proxy, explainUnauthorized }
  return { access, kubeConfig, expiresAt: credentials.expiresAt }
}

function whyUnauthorized(credentials: Credentials, title: string, now: number): ApiError | null {
  if (credentials.cert === '' && Object.keys(credentials.headers).length === 0) return misconfigured(NOBODY)
  const message = describeExpired(credentials, title, now)
  return message === null ? null : new ApiError({ kind: 'credentials', message })
}

/** The name that the server's certificate must have; empty: the host that is asked. */
function namedAs(name: string): RequestOptions {
  if (name === '') return {}
  // An address must not be sent as a name (RFC 6066, section 3).
  if (isIP(name) === 0) return { servername: name }
  return { servername: '', checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate) }
}

function serverOf(cluster: Entry): URL {
  const text = textIn(cluster, 'server')
  if (text === '') throw misconfigured(`${cluster.title}: no server found`)
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw misconfigured(`${cluster.title}: server is not an http or https address`)
  }
  url.search = ''
  url.hash = ''
  return url
}

/** In PEM; empty: the authorities that Node trusts. */
function readAuthorities(cluster: Entry): string {
  const pem = pemIn(cluster, 'certificate-authority')
  if (pem === '') return ''
  if (flagIn(cluster, 'insecure-skip-tls-verify')) {
    const both = 'certificate-authority and insecure-skip-tls-verify do not go together'
    throw misconfigured(`${cluster.title}: ${both}; drop insecure-skip-tls-verify`)
  }
  // OpenSSL silently accepts text without a certificate, and then trusts nobody.
  if (authoritiesIn(pem).length > 0) return pem
  throw misconfigured(`${cluster.title}: certificate-authority holds no certificate`)
}

function createContext(ca: string, { cert, key }: Credentials, who: string): SecureContext {
  try {
    return createSecureContext({
      // The certificate that signed the server's is trusted, no matter who signed it; Go and curl do the same.
      ...(ca === '' ? {} : { ca: authoritiesIn(ca), allowPartialTrustChain: true }),
      ...(cert === '' ? {} : { cert, key })
    })
  } catch (error) {
    throw misconfigured(`${who}: ${describeUnusable({ cert, key }, String(valueAt(error, 'code')))}`)
  }
}

function describeUnusable({ cert, key }: Pick<Credentials, 'cert' | 'key'>, code: string): string {
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') return 'client-key does not belong to client-certificate'
  if (/-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(key)) {
    return 'client-key is encrypted, and nobody is there to type its passphrase: use a key without one'
  }
  if (!/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/.test(cert)) return 'client-certificate holds no certificate'
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) return 'client-key holds no private key'
  return `its client certificate and key cannot be used (${shown(code)})`
}

/** An agent of our own, since Node's would keep connections. */
async function createAgent(server: URL, proxy: ProxyServer | null): Promise<http.Agent> {
  const href = proxy?.url.href ?? ''
  if (href.startsWith('socks')) {
    const { SocksProxyAgent } = await import('socks-proxy-agent')
    // The proxy resolves names, as in Go: on this side of it, they may mean nothing.
    return new SocksProxyAgent(href.replace(/^socks5:/, 'socks5h:'))
  }
  const options = href === '' ? {} : { proxyEnv: { HTTP_PROXY: href, HTTPS_PROXY: href } }
  // No TLS session is resumed: Node would not verify the host's name again.
  return server.protocol === 'https:' ? new https.Agent({ ...options, maxCachedSessions: 0 }) : new http.Agent(options)
}

/** The cluster in the form of client.authentication.k8s.io, for a plugin that asks for it. */
function clusterInfoOf(cluster: Entry, ca: string): JsonObject {
  const { server, 'tls-server-name': tlsServerName, 'proxy-url': proxyUrl, extensions } = cluster.fields
  const own = Array.isArray(extensions)
    ? extensions.find(extension => valueAt(extension, 'name') === 'client.authentication.k8s.io/exec')
    : undefined
  return {
    server,
    ...(tlsServerName === undefined ? {} : { 'tls-server-name': tlsServerName }),
    ...(flagIn(cluster, 'insecure-skip-tls-verify') ? { 'insecure-skip-tls-verify': true } : {}),
    ...(ca === '' ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    ...(proxyUrl === undefined ? {} : { 'proxy-url': proxyUrl }),
    config: valueAt(own, 'extension') ?? null
  }
}
