import type { LookupFunction } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { TestContext } from 'node:test'
import type { Probe, ProbeReason } from '../../src/domain/probe.ts'
import type { Question } from '../../src/domain/target.ts'
import { parseAllowRules } from '../../src/probe/allow.ts'
import { createEndpointProbe, type ProbeEvent } from '../../src/probe/endpoint-probe.ts'
import { isSpecialAddress } from '../../src/probe/special-addresses.ts'
import type { ProxyRules } from '../../src/proxy-environment.ts'
import { targetAt } from './facts.ts'
import type { RunningServer } from './hostile-servers.ts'

export interface ProbingWish {
  /** Patterns of `ENDPOINT_ALLOW`. */
  readonly allow?: readonly string[]
  readonly ca?: string | (() => string)
  readonly timeoutMs?: number
  /** What names resolve to, in place of the machine's resolver; a name that is not here does not exist. */
  readonly names?: Readonly<Record<string, readonly string[]>>
  /** Secrets of headers, by the path of their file. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly greatestAgeMs?: () => number
  readonly monotonic?: () => number
  readonly proxies?: ProxyRules
  readonly onProbe?: (event: ProbeEvent) => void
}

export interface Probing {
  probe(endpoint: string, changes?: Partial<Question>): Promise<Probe<ProbeReason>>
  close(): Promise<void>
}

/** An endpoint probe that ends with the test; a minute is more than any of its exchanges takes. */
export function startProbing(t: TestContext, wish: ProbingWish = {}): Probing {
  const allow = parseAllowRules(wish.allow ?? [])
  if (!allow.ok) throw new Error(JSON.stringify(allow.mistakes))
  const { allow: _, names, secrets, timeoutMs = 60_000, ca: pem, ...options } = wish
  const ca = typeof pem === 'string' ? () => pem : pem
  const { probe, close } = createEndpointProbe({
    ...options,
    allow: allow.value,
    ca,
    keepAliveMs: 60_000,
    secretIn: path => secrets?.[path],
    ...(names === undefined ? {} : { lookup: resolverOf(names) })
  })
  t.after(close)
  return { probe: (endpoint, changes) => probe(targetAt(endpoint, changes), timeoutMs), close }
}

export const NO_ORDINARY_ADDRESS = 'wants an address of this machine that everybody may reach'

/** An address of this machine that everybody may reach; `undefined`: it has none. */
export function ordinaryAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .map(({ address }) => address)
    .find(address => !isSpecialAddress(address))
}

/** Ends the server with the test. */
export async function during(t: TestContext, starting: Promise<RunningServer>): Promise<RunningServer> {
  const server = await starting
  t.after(server.close)
  return server
}

/** `reason: message`, or the version. */
export function inShort({ report }: Probe<ProbeReason>): string {
  return report.seen ? (report.value.version ?? 'no version') : `${report.reason}: ${report.message}`
}

function resolverOf(names: Readonly<Record<string, readonly string[]>>): LookupFunction {
  return (hostname, _options, callback) => {
    const addresses = names[hostname]
    if (addresses === undefined) {
      const error = Object.assign(new Error(`no ${hostname}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })
      setImmediate(callback, error, [])
      return
    }
    const found = addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
    setImmediate(callback, null, found)
  }
}
