import { type HttpProxy, proxyFor, readProxyRules } from '../../proxy-environment.ts'
import { misconfigured } from './failure.ts'
import { type Entry, type KubeEnvironment, textIn } from './kubeconfig.ts'

/** What requests to the API server go through. */
export interface ProxyServer {
  /** With its credentials. */
  readonly url: URL
  /** The setting that names it, for messages: `proxy-url`, `HTTPS_PROXY` or `HTTP_PROXY`. */
  readonly namedBy: string
}

const SCHEMES = ['http:', 'https:', 'socks5:', 'socks5h:']

/** The proxy of a cluster's `proxy-url`, else that of the environment, as for kubectl; `null`: none. */
export function findProxy(server: URL, cluster: Entry, environment: KubeEnvironment): ProxyServer | null {
  const own = textIn(cluster, 'proxy-url')
  if (own !== '') {
    const url = URL.parse(own)
    const isProxy = url !== null && SCHEMES.includes(url.protocol) && url.hostname !== ''
    const takes = 'proxy-url takes http://, https:// or socks5://HOST:PORT'
    if (!isProxy) throw misconfigured(`${cluster.title}: ${takes}`)
    if (canDecode(url.username) && canDecode(url.password)) return { url, namedBy: 'proxy-url' }
    throw misconfigured(`${cluster.title}: ${takes}; write a % in its user name or password as %25`)
  }
  const read = readProxyRules(environment)
  if (!read.ok) throw misconfigured(read.mistakes.map(({ message }) => message).join('; '))
  const proxy = proxyFor(server, read.value)
  if (proxy === null) return null
  return { url: withCredentials(proxy), namedBy: server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY' }
}

/** Agents decode a name and a password, and would throw an error that does not say where. */
function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** For messages: without the password that the URL may have. */
export function describeProxy({ url, namedBy }: ProxyServer): string {
  return `${url.protocol}//${url.host} (${namedBy})`
}

/** The URL with its credentials, as Node's agents take it. */
function withCredentials({ url, authorization }: HttpProxy): URL {
  if (authorization === null) return url
  const credentials = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString()
  const [, username = '', password = ''] = /^(.*?):(.*)$/s.exec(credentials) ?? []
  return Object.assign(new URL(url), { username: encodeURIComponent(username), password: encodeURIComponent(password) })
}
