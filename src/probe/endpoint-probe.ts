import { lookup as lookupHost } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { createSecureContext, getCACertificates } from 'node:tls'
import type { ProbeEndpoint } from '../domain/ports.ts'
import type { Pace } from '../pace.ts'
import type { AllowRules } from './allow.ts'
import { createConnectionPool } from './connection-pool.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import { probeTarget } from './probe-target.ts'
import { guardLookup } from './resolver.ts'
import type { SecretIn } from './secret-headers.ts'

export interface EndpointProbeOptions {
  /** Binds endpoints from annotations, and redirects to another host. */
  readonly allow: AllowRules
  /** CA certificates in PEM that are trusted besides the default ones. */
  readonly ca: string | undefined
  /** How long idle connections are kept; longer than the check interval, or each check connects anew. */
  readonly keepAliveMs: number
  /** Our own, for the `User-Agent`. */
  readonly version?: string
  /** Waited for before each answer is read; absent: nobody waits. */
  readonly pace?: Pace
  /** Absent: no target has headers. */
  readonly secretIn?: SecretIn
  /** As `dns.lookup`, which it is where absent. */
  readonly lookup?: LookupFunction
}

export interface EndpointProbe {
  readonly probe: ProbeEndpoint
  /** Ends all connections; probes under way say `stopped`, and so do later ones. */
  close(): Promise<void>
}

/** Reads debug endpoints over HTTP: GET only, bounded in time, bytes and redirects. Throws where `ca` cannot be read. */
export function createEndpointProbe(options: EndpointProbeOptions): EndpointProbe {
  const {
    allow,
    ca,
    keepAliveMs,
    version,
    pace = async () => {},
    secretIn = () => undefined,
    lookup = lookupHost
  } = options
  // Made once: to parse all authorities for each connection would cost more than the handshake.
  const secureContext = createSecureContext(ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] })
  const userAgent = `keybuzz-version-guard${version === undefined ? '' : `/${version}`}`
  const settings = { secureContext, keepAliveMs, userAgent }
  const trusted = createConnectionPool({ ...settings, lookup })
  const guarded = createConnectionPool({ ...settings, lookup: guardLookup(lookup, allow) })
  const underWay = new Set<Deadline>()
  let isClosed = false
  return {
    probe: async (target, timeoutMs) => {
      const startedAt = performance.now()
      const deadline = startDeadline(timeoutMs)
      underWay.add(deadline)
      if (isClosed) deadline.stop()
      try {
        const outcome = await probeTarget(target, { allow, trusted, guarded, secretIn, pace, signal: deadline.signal })
        // What is used up here may be what idle connections hold: they give way, to the listener's as well.
        if (!outcome.report.seen && outcome.report.reason === 'not_asked') {
          trusted.endKept()
          guarded.endKept()
        }
        return { ...outcome, durationMs: performance.now() - startedAt }
      } finally {
        deadline.end()
        underWay.delete(deadline)
      }
    },
    close: async () => {
      isClosed = true
      for (const deadline of underWay) deadline.stop()
      await Promise.all([trusted.close(), guarded.close()])
    }
  }
}
