import { isUtf8 } from 'node:buffer'
import { constants, createGunzip } from 'node:zlib'
import { Agent, type Dispatcher, Pool, ProxyAgent } from 'undici'
import { certificatesFault, keyFault } from '../../config/certificates.ts'
import { ADDRESS_TIMEOUT_MS, trusting, untilAborted } from '../../connect-options.ts'
import type { ProbeReason } from '../../domain/probe.ts'
import { shown } from '../../domain/text.ts'
import { readPemFile } from '../../files/read-text.ts'
import { durationInWords } from '../../probe/deadline.ts'
import { failureOf, ProbeError } from '../../probe/failure.ts'
import { faultOfProxy, type HttpProxy, NO_PROXIES, type ProxyRules, proxyFor } from '../../proxy-environment.ts'
import { withoutUrlSecrets } from '../../text/url-secrets.ts'
import type { HttpAccess } from '../gate-config.ts'
import { secureUrlOf } from './redirects.ts'
import { withoutSecrets } from './sent-secrets.ts'

export interface GateClientOptions {
  /** The limit for one request, from the name lookup to the last byte. */
  readonly timeoutMs: number
  /** Of this program, for the User-Agent. */
  readonly version: string
  /** Absent: everything is asked directly, whatever the environment says. */
  readonly proxies?: ProxyRules
}

interface GetOptions {
  /** Absent: JSON, or whatever there is. */
  readonly accept?: string
  /** Stops the request. */
  readonly signal?: AbortSignal
  /** The most bytes of the body that are kept, decoded; absent: 16 MiB. */
  readonly mostBytes?: number
  /** Absent: that of the client. */
  readonly timeoutMs?: number
}

/** What became of one GET. */
export type HttpResult = HttpAnswer | HttpFailure

export interface HttpAnswer {
  readonly answered: true
  /** What was asked, without credentials, query and fragment: it may be shown. */
  readonly url: string
  readonly status: number
  /** As the server says; empty: it does not. */
  readonly contentType: string
  /** Where a redirect leads, without its query: it may be shown; the client never follows it. `null`: it is none. */
  readonly location: string | null
  /** The same address with its query. Not to be shown. */
  readonly redirect: string | null
  /** What the server's address should be if it wants https for the same place; may be shown. `null`: it does not. */
  readonly secureUrl: string | null
  /** Decoded; what is not UTF-8 is replaced. Not to be shown as it is. */
  readonly body: string
  /** Of the whole body, or of what was kept of it. */
  readonly bytes: number
  /** Whether the body was cut at its limit. */
  readonly isTruncated: boolean
  readonly isUtf8: boolean
  /** From the question to the last byte. */
  readonly ms: number
}

export interface HttpFailure {
  readonly answered: false
  readonly url: string
  readonly reason: ProbeReason
  /** For a person; it may be shown. */
  readonly message: string
  readonly ms: number
}

/** Asks one server; it knows no method but GET. */
export interface GateClient {
  /** Without credentials, for messages. */
  readonly url: string
  /** Asks for a path, with its query, below the server's address. Follows no redirect. Never rejects. */
  get(path: string, options?: GetOptions): Promise<HttpResult>
  /** Ends all connections. */
  close(): Promise<void>
}

const MIB = 1024 * 1024
const MOST_BYTES = 16 * MIB
const CONNECTIONS = 4
const HEADERS_LIMIT = 64 * 1024
const PEM_LIMIT = 4 * MIB
const ACCEPT = 'application/json, */*;q=0.1'
// A kept connection may just have been closed by the server.
const CLOSED: readonly unknown[] = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']
// OpenSSL's verdicts and Node's own checks of a certificate.
const TLS_CODE = /^(?:ERR_(?:TLS|SSL)_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_|HOSTNAME_|PATH_LENGTH_|CRL_)/

/** Prepares a client for one server. Its certificates are read with the first request, its headers with each. */
export function createGateClient(access: HttpAccess, options: GateClientOptions): GateClient {
  const { timeoutMs, version, proxies = NO_PROXIES } = options
  const base = access.url.replace(/\/+$/, '')
  const closing = new AbortController()
  let dispatcher: Dispatcher | undefined

  const attempt = async (
    url: URL,
    { accept = ACCEPT, mostBytes = MOST_BYTES, signal }: GetOptions
  ): Promise<HttpAnswer> => {
    const startedAt = performance.now()
    const headers = await readHeaders(access)
    dispatcher ??= createDispatcher(access, options)
    const answer = await dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      headers: {
        ...headers,
        accept,
        'accept-encoding': 'gzip',
        'user-agent': `keybuzz-version-guard/${version}`
      },
      ...(signal && { signal })
    })
    const { statusCode: status, headers: received } = answer
    try {
      const body = await readBody(answer.body, received['content-encoding'], mostBytes)
      const clean = withoutSecrets(Object.values(headers))
      // With another status, a Location is no redirect: 201 names what was created.
      const target = status >= 300 && status < 400 ? clean(textOf(received.location)) : ''
      const text = clean(new TextDecoder('utf-8', { ignoreBOM: true }).decode(body.bytes))
      return {
        answered: true,
        url: nameOf(url.href),
        status,
        contentType: shown(clean(textOf(received['content-type']))),
        location: target === '' ? null : nameOf(target, url.href),
        secureUrl: secureUrlOf(base, url, { status, target, body: text }),
        redirect: target === '' ? null : (URL.parse(target, url.href)?.href ?? target),
        body: text,
        bytes: body.bytes.length,
        isTruncated: body.isTruncated,
        isUtf8: body.isTruncated || isUtf8(body.bytes),
        ms: performance.now() - startedAt
      }
    } catch (error) {
      throw new AnswerError(error)
    }
  }
  return {
    url: nameOf(base).replace(/\/$/, ''),
    get: async (path, request = {}) => {
      const startedAt = performance.now()
      const address = `${base}${path.startsWith('/') ? '' : '/'}${path}`
      const url = URL.parse(address)
      const limitMs = request.timeoutMs ?? timeoutMs
      const asked = [closing.signal, ...(request.signal === undefined ? [] : [request.signal])]
      const signal = AbortSignal.any([...asked, AbortSignal.timeout(limitMs)])
      const failed = (error: unknown): HttpFailure => {
        const { reason, message } = asked.some(({ aborted }) => aborted)
          ? { reason: 'not_asked' as const, message: 'stopped' }
          : describe(error, { host: url?.host ?? '', proxy: url === null ? null : proxyFor(url, proxies), limitMs })
        return { answered: false, url: nameOf(address), reason, message, ms: performance.now() - startedAt }
      }
      if (url === null) return failed(new ProbeError('not_asked', 'the address is not a URL'))
      try {
        const asking = attempt(url, { ...request, signal }).catch(error => {
          if (!CLOSED.includes(codeOf(error))) throw error
          return attempt(url, { ...request, signal })
        })
        return await untilAborted(asking, signal)
      } catch (error) {
        return failed(error)
      }
    },
    close: async () => {
      closing.abort()
      await dispatcher?.destroy()
    }
  }
}

// Thrown once the head of an answer had come.
class AnswerError extends Error {
  constructor(cause: unknown) {
    super('the answer broke off', { cause })
  }
}

// One signal limits the whole request, so undici's own timers are off, except the one for a connection that is being
// made: no signal reaches that, so it ends once nobody waits for it any more.
function createDispatcher(access: HttpAccess, { proxies = NO_PROXIES, timeoutMs }: GateClientOptions): Dispatcher {
  const settings = {
    connections: CONNECTIONS,
    maxHeaderSize: HEADERS_LIMIT,
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false
  }
  const connectTimeout = 2 * timeoutMs
  const tls = {
    timeout: connectTimeout,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
    ...readTls(access)
  }
  const proxy = proxyFor(new URL(access.url), proxies)
  if (proxy === null) return new Agent({ ...settings, connect: tls })
  return new ProxyAgent({
    ...settings,
    uri: proxy.url.href,
    clientFactory: (origin, tunnel) => new Pool(origin, { ...tunnel, headersTimeout: connectTimeout }),
    ...(proxy.authorization === null ? {} : { token: proxy.authorization }),
    requestTls: tls,
    proxyTls: tls
  })
}

function readTls({ caFile, clientCertFile, clientKeyFile }: HttpAccess) {
  const ca = caFile === null ? undefined : readPem(caFile, certificatesFault)
  const cert = clientCertFile === null ? undefined : readPem(clientCertFile, certificatesFault)
  const key = clientKeyFile === null ? undefined : readPem(clientKeyFile, pem => keyFault(pem, cert ?? ''))
  return {
    ...trusting(ca),
    ...(cert === undefined || key === undefined ? {} : { cert, key })
  }
}

function readPem(path: string, faultOf: (pem: string) => string | null): string {
  const file = readPemFile(path, PEM_LIMIT)
  if (!file.ok) throw new ProbeError('not_asked', file.mistakes.map(({ message }) => message).join('; '))
  const fault = faultOf(file.value)
  if (fault !== null) throw new ProbeError('not_asked', `${path}: ${fault}`)
  return file.value
}

async function readHeaders({ headers }: HttpAccess): Promise<Readonly<Record<string, string>>> {
  try {
    return await headers()
  } catch (error) {
    // Whoever reads the files says what is wrong, and repeats no secret.
    throw new ProbeError('not_asked', error instanceof Error ? error.message : 'its headers cannot be read')
  }
}

interface Body {
  readonly bytes: Uint8Array
  readonly isTruncated: boolean
}

async function readBody(
  stream: AsyncIterable<Uint8Array>,
  encoding: string | readonly string[] | undefined,
  mostBytes: number
): Promise<Body> {
  const received = await readFirst(stream, mostBytes)
  if (textOf(encoding).toLowerCase() !== 'gzip' || received.bytes.length === 0) return received
  // From a body that was cut, zlib gives what there is. A bomb is decompressed no further than anything else.
  const gunzip = createGunzip(received.isTruncated ? { finishFlush: constants.Z_SYNC_FLUSH } : {})
  gunzip.end(received.bytes)
  try {
    const { bytes, isTruncated } = await readFirst(gunzip, mostBytes)
    return { bytes, isTruncated: isTruncated || received.isTruncated }
  } catch {
    throw new ProbeError('connect', 'its answer is not compressed as it says')
  }
}

async function readFirst(stream: AsyncIterable<Uint8Array>, mostBytes: number): Promise<Body> {
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving the loop destroys the stream.
  for await (const chunk of stream) {
    chunks.push(chunk)
    size += chunk.length
    if (size > mostBytes) break
  }
  return { bytes: Buffer.concat(chunks).subarray(0, mostBytes), isTruncated: size > mostBytes }
}

interface Asked {
  readonly host: string
  /** `null`: none is on the way. */
  readonly proxy: HttpProxy | null
  readonly limitMs: number
}

function describe(thrown: unknown, { host, proxy, limitMs }: Asked) {
  const error = thrown instanceof AnswerError ? thrown.cause : thrown
  if (error instanceof Error && error.name === 'TimeoutError') {
    const way = proxy === null ? '' : ` over the proxy ${proxy.url.host}`
    return { reason: 'timeout' as const, message: `no answer within ${durationInWords(limitMs)}${way}` }
  }
  const phase = thrown instanceof AnswerError ? 'answering' : TLS_CODE.test(codeOf(error)) ? 'handshake' : 'waiting'
  const fault = proxy === null ? null : faultOfProxy(error, proxy)
  if (fault !== null) return { reason: 'connect' as const, message: fault }
  // A certificate is the server's. Only a person can find out whose fault anything else is.
  const way = proxy === null || phase === 'handshake' ? host : `${host} over the proxy ${proxy.url.host}`
  return failureOf(error, { host: way, phase, certificate: null, caSetting: 'caFile' })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function textOf(header: string | readonly string[] | undefined): string {
  return [header ?? ''].flat()[0] ?? ''
}

function nameOf(url: string, base?: string): string {
  return shown(withoutUrlSecrets(URL.parse(url, base)?.href ?? url))
}
