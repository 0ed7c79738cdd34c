import { constants } from 'node:crypto'
import { lookup as lookupHost } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { trusting } from '../connect-options.ts'
import type { ProbeEndpoint } from '../domain/ports.ts'
import type { ProbeReason } from '../domain/probe.ts'
import type { ConnectionUsed } from '../domain/probe-trace.ts'
import type { ServiceIdentity } from '../domain/target.ts'
import type { Pace } from '../event-loop.ts'
import { NO_PROXIES, type ProxyRules } from '../proxy-environment.ts'
import { type AllowRules, isUnbound } from './allow.ts'
import { createConnectionPool } from './connection-pool.ts'
import { Deadline } from './deadline.ts'
import { isOutOfDescriptors } from './failure.ts'
import { probeTarget } from './probe-target.ts'
import type { Reply } from './reply.ts'
import { createResolver } from './resolver.ts'
import type { SecretIn } from './secret-headers.ts'
import { createHeaderReader } from './trace.ts'

export interface EndpointProbeOptions {
  /** Limits endpoints from annotations, and redirects to another host. */
  readonly allow: AllowRules
  /**
   * CA certificates in PEM that are trusted besides the default ones: authorities, those that they issued, or a
   * server's own. Called for each connection. Absent: there are none.
   */
  readonly ca: (() => string) | undefined
  /** How long idle connections are kept; longer than the check interval, or each check connects again. */
  readonly keepAliveMs: number
  /** Our own, for the `User-Agent`. */
  readonly version?: string
  /** Waited for before each answer is read; absent: no wait. */
  readonly pace?: Pace
  /** Absent: no target has headers. */
  readonly secretIn?: SecretIn
  /** Replaces `dns.lookup`. */
  readonly lookup?: LookupFunction
  /** Absent: every endpoint is asked directly. */
  readonly proxies?: ProxyRules
  /** How old a connection may grow; called for each. Absent: half a minute to a minute. */
  readonly greatestAgeMs?: () => number
  /** Never jumps; absent: performance.now. */
  readonly monotonic?: () => number
  /** Called after each probe. */
  readonly onProbe?: (event: ProbeEvent) => void
}

/** How a probe went, without secrets: neither queries nor headers are in it. */
export interface ProbeEvent extends ServiceIdentity {
  /** One for each address that was asked, redirects included; empty: none was. */
  readonly requests: readonly AskedAddress[]
  /** `report`, or why there is none. */
  readonly outcome: 'report' | ProbeReason
  readonly durationMs: number
}

interface AskedAddress {
  readonly address: string
  readonly connection: ConnectionUsed
  /** `null`: no response came. */
  readonly status: number | null
  /** On the wire, headers included. */
  readonly bytes: number
}

export interface EndpointProbe {
  readonly probe: ProbeEndpoint
  /** Ends all connections; probes under way say `stopped`, and so do later ones. */
  close(): Promise<void>
}

const GREATEST_AGE_MS = 60_000
// Some servers offer only a type of their own, and refuse clients that do not accept it.
const ACCEPT = 'application/json, */*;q=0.1'

/** Reads debug endpoints over HTTP: GET only, bounded in time, bytes and redirects. Throws if `ca` cannot be read. */
export function createEndpointProbe(options: EndpointProbeOptions): EndpointProbe {
  const { allow, ca, keepAliveMs, version, onProbe } = options
  const { pace = async () => {}, secretIn = () => undefined, lookup = lookupHost, proxies = NO_PROXIES } = options
  const settings = {
    secureContext: createContext(ca ?? (() => undefined)),
    keepAliveMs: Math.min(keepAliveMs, GREATEST_AGE_MS),
    headers: {
      accept: ACCEPT,
      'accept-encoding': 'identity',
      'user-agent': `keybuzz-version-guard${version === undefined ? '' : `/${version}`}`
    },
    resolve: createResolver(lookup),
    greatestAgeMs: options.greatestAgeMs ?? (() => greatestAgeMs(Math.random)),
    monotonic: options.monotonic ?? (() => performance.now())
  }
  const trusted = createConnectionPool({ ...settings, allow: null, isDiscreet: false })
  const guarded = createConnectionPool({ ...settings, allow, isDiscreet: isUnbound(allow) })
  const means = { allow, proxies, trusted, guarded, secretIn, pace, readHeaders: createHeaderReader() }
  const underWay = new Set<Deadline>()
  let isClosed = false
  return {
    probe: (target, timeoutMs) => {
      const deadline = new Deadline(timeoutMs)
      underWay.add(deadline)
      if (isClosed) deadline.stop()
      const requests: AskedAddress[] = []
      return probeTarget(target, means, {
        deadline,
        ...(onProbe === undefined ? {} : { onAsked: (url, reply) => requests.push(describeAsked(url, reply)) }),
        release: () => {
          deadline.end()
          underWay.delete(deadline)
        },
        onEnded: ({ report, durationMs }) => {
          // Idle connections hold descriptors that are needed now, for probes and for our own server.
          if (!report.seen && report.reason === 'not_asked' && isOutOfDescriptors(report)) {
            trusted.endKept()
            guarded.endKept()
          }
          const { namespace, service } = target
          onProbe?.({ namespace, service, requests, outcome: report.seen ? 'report' : report.reason, durationMs })
        }
      })
    },
    close: async () => {
      isClosed = true
      for (const deadline of underWay) deadline.stop()
      await Promise.all([trusted.close(), guarded.close()])
    }
  }
}

function describeAsked({ origin, pathname }: URL, { connection, statusCode, bytes }: Reply): AskedAddress {
  return { address: `${origin}${pathname}`, connection, status: statusCode, bytes }
}

/**
 * How old a connection may grow before a new one goes to whatever is behind the name or the balancer by then. Random,
 * so that connections are not all renewed at once.
 */
export function greatestAgeMs(random: () => number): number {
  return (GREATEST_AGE_MS / 2) * (1 + random())
}

/**
 * Made once for each `ca`: parsing all authorities for each connection would cost more than the handshake. And made
 * only when needed: it takes 5 ms and 3 MB. The first `ca` is read at once, to report its mistakes.
 */
function createContext(ca: () => string | undefined): () => SecureContext {
  // No server has a good reason to want other keys or certificates in the middle of a connection.
  const secureOptions = constants.SSL_OP_NO_RENEGOTIATION
  let madeFor = ca()
  const create = () => createSecureContext({ secureOptions, ...trusting(madeFor) })
  let context = madeFor === undefined ? undefined : create()
  return () => {
    const wanted = ca()
    if (wanted !== madeFor) context = undefined
    madeFor = wanted
    context ??= create()
    return context
  }
}
