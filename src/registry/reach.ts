import { lookup as lookUp } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { shown } from '../domain/text.ts'
import { ADDRESS_REFUSED } from './failure.ts'

export interface Reach {
  /** Why a host may not be asked, whatever it resolves to; `null`: it may, as far as the name says. */
  readonly refusalOf: (hostname: string) => string | null
  /** `dns.lookup` without the addresses that may not be reached. */
  readonly lookup: LookupFunction
}

export interface ReachRules {
  /** Hosts that the operator names, with or without a port: they may be at any address. */
  readonly trusted: () => readonly string[]
  /** Whether an address is the machine's own, a cloud's metadata server and the like. */
  readonly isSpecial: (address: string) => boolean
}

/**
 * Keeps images from leading to hosts that are no registry: anybody who can write a workload names the registry, and it
 * names its token server. As for endpoints, the operator must name special addresses.
 */
export function createReach({ trusted, isSpecial }: ReachRules): Reach {
  const isTrusted = (hostname: string) => {
    const host = hostname.toLowerCase()
    return trusted().some(named => named.toLowerCase() === host || withoutPort(named.toLowerCase()) === host)
  }
  return {
    refusalOf: hostname => {
      const address = hostname.replace(/^\[(.*)\]$/, '$1')
      const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost')
      const isRefused = (isLocal || (isIP(address) !== 0 && isSpecial(address))) && !isTrusted(hostname)
      return isRefused
        ? `${shown(hostname)} may not be reached: name it in REGISTRY_INSECURE or REGISTRY_AUTH_FILE`
        : null
    },
    lookup: (hostname, options, found) => {
      lookUp(hostname, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return found(error, '', 0)
        const usable = isTrusted(hostname) ? addresses : addresses.filter(({ address }) => !isSpecial(address))
        const [first] = usable
        if (first === undefined) {
          return found(Object.assign(new Error('address refused'), { code: ADDRESS_REFUSED }), '', 0)
        }
        if (options.all === true) found(null, usable)
        else found(null, first.address, first.family)
      })
    }
  }
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '')
}
