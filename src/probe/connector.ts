import type { LookupAddress } from 'node:dns'
import { request } from 'node:http'
import { isIP, type Socket } from 'node:net'
import type { DetailedPeerCertificate, SecureContext } from 'node:tls'
import { connect as connectTls } from 'node:tls'
import type { Unseen } from '../domain/observation.ts'
import type { Link, TlsFacts } from '../domain/probe-trace.ts'
import { shown } from '../domain/text.ts'
import type { HttpProxy } from '../proxy-environment.ts'
import { type AllowRules, admitsAddress, canonicalHost, describeRefusal, refusalOfAddresses } from './allow.ts'
import { describeEager, failureOf, ProbeError } from './failure.ts'
import { connectToAny } from './happy-eyeballs.ts'
import type { Asker, Lookup, Resolver } from './resolver.ts'
import { certificateFacts } from './tls-failure.ts'
import { describeTls } from './trace.ts'

/** Where a connection goes, and for whom. */
export interface Destination {
  readonly url: URL
  /** What the host is called in messages. */
  readonly name: string
  readonly asker: Asker
  /** `null`: the connection is direct. */
  readonly proxy: HttpProxy | null
}

/** A destination, and how long connecting to it may take. */
export interface TimedDestination extends Destination {
  readonly timeoutMs: number
}

/** How connections of one level of trust are made. */
export interface ConnectorSettings {
  readonly secureContext: () => SecureContext
  readonly resolve: Resolver
  /** Which addresses may be reached; `null`: any. */
  readonly allow: AllowRules | null
  /** True: messages say nothing that only the other side can know. */
  readonly isDiscreet: boolean
}

/** A connection that is being opened. */
export interface Opening {
  /** Ends it in any phase. */
  destroy(error: Error): void
  /** Why there are no addresses yet; `null`: there are, or a lookup is under way. */
  whyWaiting(): Unseen<'dns' | 'not_asked'> | null
  /** The name that is being resolved; `null`: that is done. */
  resolving(): string | null
  /** How far it has come; complete once it is open or has failed. */
  readonly link: Link
}

type Opened = (error: ProbeError | null, socket: Socket | null) => void
type Done<Value> = (error: Error | null, value: Value | null) => void

/** One end of a connection: the endpoint, or a proxy. */
interface Peer {
  readonly host: string
  readonly port: number
  readonly name: string
}

/**
 * Connects, through a proxy and with TLS if need be, and hands over the socket or an error with words for a person.
 *
 * Replaces undici's connector: an exchange that ends must be able to destroy a socket that is still connecting, and an
 * expired certificate can be read only until Node's verification has destroyed the connection. No TLS session is ever
 * resumed, because Node would not verify the host's name again.
 */
export function openSocket(
  { url, name, asker, proxy, timeoutMs }: TimedDestination,
  settings: ConnectorSettings,
  opened: Opened
): Opening {
  const endpoint = peerOf(url, name)
  const first = proxy === null ? endpoint : peerOf(proxy.url, `the proxy ${proxy.url.host}`)
  let at = first
  let lookup: Lookup | undefined
  let interrupt: (error: Error) => void = () => {}
  let endedBy: Error | undefined
  const link: Writable<Link> = { ...NO_LINK, proxy: proxy === null ? '' : shown(proxy.url.host) }
  // If a host must not be named, its addresses must not be shown either.
  const isNamed = name === url.hostname

  /** One step, which ends early when the opening is destroyed. */
  const step = <Value>(begin: (done: Done<Value>) => () => void) =>
    new Promise<Value>((resolve, reject) => {
      const end = begin((error, value) => (value === null ? reject(error) : resolve(value)))
      interrupt = error => {
        end()
        reject(error)
      }
      // It was ended between two steps.
      if (endedBy !== undefined) interrupt(endedBy)
    })
  const resolve = async () => {
    const found = await step<readonly LookupAddress[]>(done => {
      const forWhom: Asker = proxy === null ? asker : { isOperator: true }
      lookup = settings.resolve(first.host, forWhom, (error, found) => {
        lookup = undefined
        done(error, error === null ? found : null)
      })
      return () => lookup?.cancel()
    })
    const addresses = found.map(({ address }) => address)
    if (isNamed) {
      link.addresses = addresses.slice(0, MOST_ADDRESSES)
      link.moreAddresses = addresses.length - link.addresses.length
    }
    return proxy === null ? admitted(addresses, endpoint, settings.allow) : addresses
  }
  const secure = (socket: Socket, peer: Peer) => {
    const onSecure = (facts: TlsFacts) => {
      if (peer === endpoint && !settings.isDiscreet) link.tls = facts
    }
    return step<Socket>(done => startTls(socket, peer, { ...settings, onSecure, done }))
  }

  const open = async (): Promise<Socket> => {
    const isSecure = url.protocol === 'https:'
    const stopwatch = startStopwatch()
    const isName = isIP(first.host) === 0
    const addresses = isName ? await resolve() : [first.host]
    if (isName) link.lookupMs = stopwatch()
    let socket = await step<Socket>(done => connectToAny({ addresses, port: first.port, timeoutMs }, done))
    // Asking the socket means asking the kernel.
    const [used = ''] = addresses.length === 1 ? addresses : [socket.remoteAddress]
    if (isNamed || proxy !== null) link.used = used
    if (proxy?.url.protocol === 'https:') socket = await secure(socket, first)
    if (proxy !== null && isSecure) {
      const through = socket
      socket = await step<Socket>(done => startTunnel(through, endpoint, { proxy, done }))
      at = endpoint
    }
    link.connectMs = stopwatch()
    if (isSecure) {
      socket = await secure(socket, endpoint)
      link.tlsMs = stopwatch()
    }
    await step<true>(done => afterATurn(socket, done))
    if (socket.readableLength === 0) return socket
    const beginning: Buffer = socket.read()
    socket.destroy()
    throw new ProbeError('connect', describeEager(endpoint.name, beginning))
  }
  open().then(
    socket => {
      interrupt = () => {}
      opened(null, socket)
    },
    error => {
      interrupt = () => {}
      const { reason, message } = failureOf(error, { host: at.name, phase: 'connecting', certificate: null })
      opened(error instanceof ProbeError ? error : new ProbeError(reason, message), null)
    }
  )
  return {
    destroy: error => {
      endedBy ??= error
      interrupt(error)
    },
    whyWaiting: () => lookup?.whyWaiting() ?? null,
    resolving: () => (lookup === undefined ? null : first.name),
    link
  }
}

// Enough for a person; a name may have hundreds.
const MOST_ADDRESSES = 4

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] }

const NO_LINK: Link = {
  addresses: [],
  moreAddresses: 0,
  used: '',
  proxy: '',
  tls: null,
  lookupMs: null,
  connectMs: null,
  tlsMs: null
}

/** Whole milliseconds since it was started or last asked. */
function startStopwatch(): () => number {
  let before = performance.now()
  return () => {
    const elapsedMs = performance.now() - before
    before += elapsedMs
    return Math.round(elapsedMs)
  }
}

function peerOf({ hostname, protocol, port }: URL, name: string): Peer {
  const isBracketed = hostname.startsWith('[')
  return {
    // They are mostly equal: thousands of connections keep one text each, not two.
    host: isBracketed ? hostname.slice(1, -1) : hostname === name ? name : hostname,
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    name
  }
}

// Checks the addresses that are about to be used: a moment ago, the name may have resolved to others.
function admitted(addresses: readonly string[], { host, name }: Peer, allow: AllowRules | null): readonly string[] {
  if (allow === null) return addresses
  const some = addresses.filter(address => admitsAddress(allow, host, address))
  if (some.length > 0) return some
  const refusal = canonicalHost(name) === canonicalHost(host) ? refusalOfAddresses(allow, host, addresses) : null
  throw new ProbeError('refused', refusal ?? describeRefusal(name))
}

interface TlsSettings extends Pick<ConnectorSettings, 'secureContext' | 'isDiscreet'> {
  /** Called with the server's certificate, before it is verified. */
  readonly onSecure: (facts: TlsFacts) => void
  readonly done: Done<Socket>
}

function startTls(socket: Socket, { host, name }: Peer, settings: TlsSettings): () => void {
  const { secureContext, isDiscreet, onSecure, done } = settings
  // RFC 6066 section 3: the server's name is sent without the root's dot, and addresses are not sent.
  const servername = isIP(host) === 0 ? canonicalHost(host) : ''
  const secured = connectTls({ socket, host, servername, secureContext: secureContext(), ALPNProtocols: ['http/1.1'] })
  let certificate: DetailedPeerCertificate | undefined
  secured
    .prependOnceListener('secure', () => {
      // Not getPeerX509Certificate: after it, Node 24 finds no alternative names when it verifies the host's name.
      certificate = secured.getPeerCertificate(true)
      onSecure(describeTls(secured.getProtocol(), certificate))
    })
    .once('secureConnect', () => {
      // The connection may be kept, and would keep the whole chain.
      certificate = undefined
      done(null, secured)
    })
    .on('error', error => {
      const facts = certificate === undefined ? null : certificateFacts(certificate)
      const told = facts !== null && facts.names !== null && isDiscreet ? { ...facts, names: [] } : facts
      const { reason, message } = failureOf(error, { host: name, phase: 'handshake', certificate: told })
      done(new ProbeError(reason, message), null)
    })
  return () => secured.destroy()
}

/** CONNECT, the only request that is not a GET; no endpoint sees it. Source: RFC 9110 section 9.3.6. */
function startTunnel(
  socket: Socket,
  { host, port }: Peer,
  { proxy, done }: { readonly proxy: HttpProxy; readonly done: Done<Socket> }
): () => void {
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const authorization = proxy.authorization === null ? {} : { 'proxy-authorization': proxy.authorization }
  request({
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...authorization },
    createConnection: () => socket
  })
    .once('connect', ({ statusCode = 0 }, _tunnel, head) => {
      if (statusCode >= 200 && statusCode <= 299 && head.length === 0) return done(null, socket)
      socket.destroy()
      done(new ProbeError('connect', `the proxy ${proxy.url.host} refused the connection: HTTP ${statusCode}`), null)
    })
    .once('error', error => done(error, null))
    .end()
  return () => socket.destroy()
}

// One poll of the event loop is enough to see what a server that speaks first has sent. In TLS 1.3, a server refuses a
// client without a certificate only after the handshake, and that error does not destroy the socket.
function afterATurn(socket: Socket, done: Done<true>): () => void {
  let failure: Error | null = null
  const note = (error: Error): void => {
    failure ??= error
  }
  const look = (): void => {
    socket.off('error', note)
    if (failure !== null) socket.destroy()
    if (socket.destroyed) done(failure ?? socket.errored ?? closedEarly(), null)
    else done(null, true)
  }
  socket.on('error', note)
  let turn = setImmediate(() => {
    turn = setImmediate(look)
  })
  return () => {
    clearImmediate(turn)
    socket.destroy()
  }
}

function closedEarly(): Error {
  return Object.assign(new Error('closed'), { code: 'ECONNRESET' })
}
