import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Unseen } from '../domain/observation.ts'
import { unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'

/** Whom a lookup is for: the operator, or a tenant, known by the namespace. */
export type Asker = { readonly isOperator: true } | { readonly isOperator: false; readonly tenant: string }

type AddressesFound = (error: Error | null, addresses: readonly LookupAddress[]) => void

/** A lookup that somebody waits for. */
export interface Lookup {
  /** Ends the waiting: nothing is called any more. */
  cancel(): void
  /** Why it has not begun yet; `null`: it has. */
  whyWaiting(): Unseen<'dns' | 'not_asked'> | null
}

export type Resolver = (host: string, asker: Asker, found: AddressesFound) => Lookup

// libuv looks up half as many names at once as it has threads (64: src/main.ts), and no lookup can be cancelled.
// Tenants may take most of these places and the operator any, so that some are always left for the operator.
const PLACES_OF_TENANTS = 24
const PLACES_OF_A_TENANT = 4

interface Waiting {
  readonly host: string
  readonly asker: Asker
  readonly found: AddressesFound
}

/**
 * Looks names up, each only once at a time, whoever asks for it. A lookup counts until it ends, even if nobody waits
 * for it any more: so a tenant's silent name servers hold up only that tenant's other names.
 *
 * Not dns.Resolver, whose queries could be cancelled: it knows neither /etc/hosts, nor nsswitch.conf, nor search
 * domains.
 */
export function createResolver(lookup: LookupFunction): Resolver {
  const underWay = new Map<string, Set<Waiting>>()
  const queue = new Set<Waiting>()
  const counts = new Map<string, number>()
  let total = 0

  const countOf = ({ asker }: Waiting) => (asker.isOperator ? 0 : (counts.get(asker.tenant) ?? 0))
  const count = ({ asker }: Waiting, change: 1 | -1) => {
    if (asker.isOperator) return
    total += change
    const ofTenant = (counts.get(asker.tenant) ?? 0) + change
    if (ofTenant === 0) counts.delete(asker.tenant)
    else counts.set(asker.tenant, ofTenant)
  }
  const begin = (first: Waiting) => {
    const all = new Set([first])
    underWay.set(first.host, all)
    count(first, 1)
    lookup(first.host, { all: true }, (error, result, family) => {
      count(first, -1)
      underWay.delete(first.host)
      for (const one of queue) {
        if (one.host === first.host && queue.delete(one)) all.add(one)
      }
      const addresses = typeof result === 'string' ? [{ address: result, family: family ?? 0 }] : result
      for (const { found } of all) found(error, error ? [] : addresses)
      beginNext()
    })
  }
  // The tenant with the fewest lookups under way comes first.
  const beginNext = () => {
    while (total < PLACES_OF_TENANTS && queue.size > 0) {
      const next = [...queue].reduce((a, b) => (countOf(b) < countOf(a) ? b : a))
      if (countOf(next) >= PLACES_OF_A_TENANT) return
      queue.delete(next)
      begin(next)
    }
  }
  return (host, asker, found) => {
    const one: Waiting = { host, asker, found }
    const same = underWay.get(host)
    if (same !== undefined) same.add(one)
    else if (asker.isOperator) begin(one)
    else {
      queue.add(one)
      beginNext()
    }
    return {
      cancel: () => {
        queue.delete(one)
        underWay.get(host)?.delete(one)
      },
      whyWaiting: () => {
        if (!queue.has(one)) return null
        return countOf(one) >= PLACES_OF_A_TENANT
          ? unseen('dns', `cannot resolve ${shown(host)}: other lookups of its namespace are still waiting`)
          : unseen('not_asked', 'too many DNS lookups are still waiting: others could not start')
      }
    }
  }
}
