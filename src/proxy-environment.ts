import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import ipaddr from 'ipaddr.js'
import { accepted, badInput, type Result, refused } from './text/mistake.ts'

/** An HTTP proxy. */
export interface HttpProxy {
  /** `http:` or `https:`, without credentials: it may be shown. */
  readonly url: URL
  /** The value of `Proxy-Authorization`, a secret; `null`: none is sent. */
  readonly authorization: string | null
}

/** What the environment says of proxies; without any, everything is asked directly. */
export interface ProxyRules {
  /** For addresses that begin with `http:`. */
  readonly http: HttpProxy | null
  readonly https: HttpProxy | null
  readonly bypasses: readonly Bypass[]
}

export const NO_PROXIES: ProxyRules = { http: null, https: null, bypasses: [] }

type Environment = Readonly<Record<string, string | undefined>>
type Network = ReturnType<typeof ipaddr.parseCIDR>

/** One entry of `NO_PROXY`: a CIDR or an address, or a name. `port` is empty for every port. */
type Bypass =
  | { readonly network: Network; readonly port: string }
  /** `suffix`, with its leading dot: what is below it; with `isExact` itself as well. Empty: every host. */
  | { readonly suffix: string; readonly isExact: boolean; readonly port: string }

const TAKES = 'http://HOST:PORT or https://HOST:PORT, with or without a user name and password before the host'
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`; of the two spellings, the one in lower case wins, even when it is
 * empty. A mistake names its variable and repeats nothing of it, because it may contain a password.
 *
 * Source: golang.org/x/net/http/httpproxy, and Python's urllib.request.getproxies_environment for the order of the
 * cases.
 */
export function readProxyRules(environment: Environment): Result<ProxyRules> {
  // In a CGI program it would be a client's header `Proxy` (https://httpoxy.org).
  const upperHttp = environment.REQUEST_METHOD === undefined ? environment.HTTP_PROXY : undefined
  const http = parseProxy('HTTP_PROXY', environment.http_proxy ?? upperHttp)
  const https = parseProxy('HTTPS_PROXY', environment.https_proxy ?? environment.HTTPS_PROXY)
  const bypasses = parseBypasses(environment.no_proxy ?? environment.NO_PROXY)
  if (http.ok && https.ok && bypasses.ok) {
    return accepted({ http: http.value, https: https.value, bypasses: bypasses.value })
  }
  return refused([http, https, bypasses].flatMap(parsed => (parsed.ok ? [] : parsed.mistakes)))
}

/** The proxy through which an address is asked; `null`: directly, as this machine itself always is. */
export function proxyFor({ protocol, hostname, port }: URL, { http, https, bypasses }: ProxyRules): HttpProxy | null {
  const proxy = protocol === 'https:' ? https : protocol === 'http:' ? http : null
  if (proxy === null) return null
  const host = canonical(hostname)
  const address = isIP(host) === 0 ? null : ipaddr.process(host)
  if (host === 'localhost' || address?.range() === 'loopback') return null
  const actualPort = port === '' ? DEFAULT_PORTS[protocol] : port
  const isBypassed = bypasses.some(bypass => {
    if (bypass.port !== '' && bypass.port !== actualPort) return false
    if ('network' in bypass) {
      return address !== null && address.kind() === bypass.network[0].kind() && address.match(bypass.network)
    }
    const { suffix, isExact } = bypass
    return host.endsWith(suffix) || (isExact && `.${host}` === suffix)
  })
  return isBypassed ? null : proxy
}

/** What a proxy did with a request of undici's instead of passing it on; `null`: nothing that undici tells. */
export function faultOfProxy(error: unknown, { url }: HttpProxy): string | null {
  if (!(error instanceof Error)) return null
  // undici has no field for it: lib/dispatcher/proxy-agent.js.
  const [, status] = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(error.message) ?? []
  if (status !== undefined) return `the proxy ${url.host} refused the connection: HTTP ${status}`
  const isClosed = 'code' in error && error.code === 'UND_ERR_PRX_CONN'
  return isClosed ? `the proxy ${url.host} closed the connection` : null
}

function parseProxy(name: string, text = ''): Result<HttpProxy | null> {
  if (text.trim() === '') return accepted(null)
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text.trim()) ? text.trim() : `http://${text.trim()}`)
  // Docker's env files keep quotes, and a URL may have them in its host.
  if (url === null || DEFAULT_PORTS[url.protocol] === undefined || /["']/.test(url.host)) {
    return refused([badInput(`${name}: it takes ${TAKES}${/^["']/.test(text.trim()) ? '; leave out the quotes' : ''}`)])
  }
  try {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    const authorization = credentials === ':' ? null : `Basic ${Buffer.from(credentials).toString('base64')}`
    return accepted({ url: new URL(`${url.protocol}//${url.host}`), authorization })
  } catch {
    return refused([badInput(`${name}: it takes ${TAKES}; write a % in these as %25`)])
  }
}

function parseBypasses(text = ''): Result<Bypass[]> {
  // With quotes that an env file has kept, the first and the last entry would be no entries at all.
  if (/["']/.test(text)) return refused([badInput('NO_PROXY: it takes hosts, domains and CIDRs; leave out the quotes')])
  const entries = text.toLowerCase().match(/[^\s,]+/g) ?? []
  return accepted(entries.flatMap(entry => parseBypass(entry) ?? []))
}

function parseBypass(entry: string): Bypass | null {
  if (entry === '*') return { suffix: '', isExact: false, port: '' }
  const network = parseNetwork(entry)
  if (network !== null) return { network, port: '' }
  const [, name = '', port = ''] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? []
  const host = canonical(name)
  const single = parseNetwork(host)
  if (single !== null) return { network: single, port }
  const below = /^\*?\.(.+)$/.exec(host)
  const domain = domainToASCII(below?.[1] ?? host)
  return domain === '' ? null : { suffix: `.${domain}`, isExact: below === null, port }
}

// A single address is a network of one.
function parseNetwork(text: string): Network | null {
  const [address = '', bits] = text.split('/')
  if (isIP(address) === 0 || address.includes('%')) return null
  const parsed = ipaddr.process(address)
  const most = parsed.kind() === 'ipv4' ? 32 : 128
  if (bits === undefined) return [parsed, most]
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? [parsed, Number(bits)] : null
}

function canonical(host: string): string {
  return host
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^\[(.*)\]$/, '$1')
}
