import type { LookupFunction } from 'node:net'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Agent, type Dispatcher, Pool, ProxyAgent } from 'undici'
import { ADDRESS_TIMEOUT_MS, trusting, untilAborted } from '../connect-options.ts'
import type { RegistryReason } from '../domain/image-registry.ts'
import { type Observed, seen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import type { HttpProxy } from '../proxy-environment.ts'
import { connectionFailure } from './failure.ts'
import type { HeaderValue } from './response-headers.ts'

export interface TransportOptions {
  readonly userAgent: string
  /** The limit for one request, from the name lookup to the last byte. */
  readonly timeoutMs: number
  /** The proxy for a URL; `null`: none. */
  readonly proxyFor: (url: URL) => HttpProxy | null
  /** Additional CA certificates, in PEM. */
  readonly ca?: string
  /** Replaces `dns.lookup`; may refuse addresses. Not used for requests that go through a proxy. */
  readonly lookup?: LookupFunction
}

export interface Question {
  /** The only two methods: this program never writes. */
  readonly method: 'GET' | 'HEAD'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** The maximum size of the body in bytes, both compressed and decoded. */
  readonly mostBytes: number
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, HeaderValue>>
  /** Decoded. */
  readonly body: Uint8Array
}

export interface Transport {
  /** Sends one request. Does not follow redirects. Never rejects. */
  send(question: Question): Promise<Observed<Answer, RegistryReason>>
  /** Ends all connections. Requests under way become `unreachable`. */
  close(): Promise<void>
}

const CONNECTIONS_PER_HOST = 4
const HEADERS_LIMIT = 64 * 1024

const unzip = promisify(gunzip)

/** Sends requests over keep-alive connections, through proxies where needed. Throws when `ca` cannot be parsed. */
export function createTransport({ userAgent, timeoutMs, proxyFor, ca, lookup }: TransportOptions): Transport {
  const connect = {
    timeout: timeoutMs,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
    ...trusting(ca)
  }
  // One signal limits the whole request, so undici's own timers are off, except while it connects: no signal reaches a
  // connection that is not open yet.
  const settings = {
    connections: CONNECTIONS_PER_HOST,
    maxHeaderSize: HEADERS_LIMIT,
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false
  }
  const direct = new Agent({
    ...settings,
    connect: { ...connect, ...(lookup && { lookup }) }
  })
  const proxied = new Map<string, ProxyAgent>()
  const closing = new AbortController()

  const dispatcherFor = (url: URL): Dispatcher => {
    const proxy = proxyFor(url)
    if (proxy === null) return direct
    const key = `${proxy.url} ${proxy.authorization}`
    const agent =
      proxied.get(key) ??
      new ProxyAgent({
        ...settings,
        uri: proxy.url.href,
        ...(proxy.authorization === null ? {} : { token: proxy.authorization }),
        clientFactory: (origin, tunnel) => new Pool(origin, { ...tunnel, headersTimeout: timeoutMs }),
        requestTls: connect,
        proxyTls: connect
      })
    proxied.set(key, agent)
    return agent
  }
  const attempt = async ({ method, url, headers, mostBytes }: Question): Promise<Observed<Answer, RegistryReason>> => {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)])
    const asking = dispatcherFor(url).request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: { ...headers, 'user-agent': userAgent, 'accept-encoding': 'gzip' },
      signal
    })
    const { statusCode, headers: received, body } = await untilAborted(asking, signal)
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of body) {
      size += chunk.length
      if (size > mostBytes) return tooLarge(url, mostBytes)
      chunks.push(chunk)
    }
    const decoded = await decode(Buffer.concat(chunks, size), received['content-encoding'], mostBytes)
    return decoded === null ? tooLarge(url, mostBytes) : seen({ status: statusCode, headers: received, body: decoded })
  }
  return {
    send: async question => {
      try {
        // The server may just have closed a keep-alive connection, so a broken connection gets one retry.
        return await attempt(question).catch(error => (wasClosed(error) ? attempt(question) : Promise.reject(error)))
      } catch (error) {
        return connectionFailure(error, question.url.host, proxyFor(question.url))
      }
    },
    close: async () => {
      closing.abort()
      await Promise.all([direct, ...proxied.values()].map(agent => agent.destroy()))
    }
  }
}

const CLOSED: readonly unknown[] = ['UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'ECONNRESET', 'EPIPE']

function wasClosed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CLOSED.includes(error.code)
}

// `null`: too large when decoded.
async function decode(body: Buffer, encoding: HeaderValue, mostBytes: number): Promise<Uint8Array | null> {
  if (!/^(?:x-)?gzip$/i.test(String(encoding)) || body.length === 0) return body
  try {
    return await unzip(body, { maxOutputLength: mostBytes })
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function tooLarge(url: URL, mostBytes: number): Observed<Answer, RegistryReason> {
  return unseen('invalid', `${shown(url.host)} sent a response larger than ${Math.round(mostBytes / 1024)} KiB`)
}
