import { BlockList, isIP } from 'node:net'
import { misconfigured } from './failure.ts'
import { type Entry, type KubeEnvironment, textIn } from './kubeconfig.ts'

/** What requests to the API server go through. */
export interface ProxyServer {
  readonly url: URL
  /** Who says so, for messages: `proxy-url`, `HTTPS_PROXY`, … */
  readonly namedBy: string
}

const SCHEMES = ['http:', 'https:', 'socks5:', 'socks5h:']

/** The proxy of a cluster's `proxy-url`, else that of the environment, as for kubectl; `null`: none. */
export function findProxy(server: URL, cluster: Entry, environment: KubeEnvironment): ProxyServer | null {
  const own = textIn(cluster, 'proxy-url')
  if (own !== '') return { url: parseProxy(own, `${cluster.title}: proxy-url`), namedBy: 'proxy-url' }
  const [variable, value] = firstSet(environment, server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  if (value === '' || isExempt(server, firstSet(environment, 'NO_PROXY')[1])) return null
  return { url: parseProxy(/^[a-z\d]+:\/\//i.test(value) ? value : `http://${value}`, variable), namedBy: variable }
}

/** For messages: there may be a password in it. */
export function describeProxy({ url, namedBy }: ProxyServer): string {
  return `${url.protocol}//${url.host} (${namedBy})`
}

function firstSet(environment: KubeEnvironment, name: string): readonly [name: string, value: string] {
  for (const variable of [name, name.toLowerCase()]) {
    const value = environment[variable]?.trim() ?? ''
    if (value !== '') return [variable, value]
  }
  return [name, '']
}

function parseProxy(text: string, where: string): URL {
  const url = URL.parse(text)
  if (url !== null && SCHEMES.includes(url.protocol) && url.hostname !== '') return url
  throw misconfigured(`${where} is not the address of a proxy: it takes http://, https:// or socks5://HOST:PORT`)
}

/**
 * Whether `NO_PROXY` exempts a server, by the rules of golang.org/x/net/http/httpproxy: `*`, a network (10.0.0.0/8), an
 * address, a name with those below it (`corp.test`), or those below it alone (`.corp.test`, `*.corp.test`); all but
 * networks may have a port. What is this machine itself never goes through a proxy.
 */
function isExempt(server: URL, noProxy: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, '')
  if (host === 'localhost' || isIn('127.0.0.0/8', host) || isIn('::1/128', host)) return true
  const port = server.port || (server.protocol === 'https:' ? '443' : '80')
  return noProxy.split(',').some(entry => {
    const pattern = entry.trim().toLowerCase()
    if (pattern === '') return false
    return pattern === '*' || isIn(pattern, host) || matches(pattern, { host, port })
  })
}

function matches(pattern: string, { host, port }: { host: string; port: string }): boolean {
  // An IPv6 address without brackets is no name with a port.
  const [, name = pattern, wantedPort = port] = isIP(pattern) === 6 ? [] : (/^(.*?)(?::(\d+))?$/.exec(pattern) ?? [])
  if (wantedPort !== port) return false
  const wanted = name.replace(/^\[(.*)\]$/, '$1').replace(/^\*(?=\.)/, '')
  if (wanted === '') return false
  if (isIP(wanted) !== 0) return isIn(`${wanted}/${isIP(wanted) === 4 ? 32 : 128}`, host)
  return wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted || host.endsWith(`.${wanted}`)
}

function isIn(network: string, address: string): boolean {
  const [, base = '', prefix = ''] = /^([^/]+)\/(\d{1,3})$/.exec(network) ?? []
  const version = isIP(base)
  if (version === 0 || Number(prefix) > (version === 4 ? 32 : 128)) return false
  const list = new BlockList()
  list.addSubnet(base, Number(prefix), version === 4 ? 'ipv4' : 'ipv6')
  return isIP(address) === version && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
}
