import type { LookupFunction } from 'node:net'
import type { AllowRules } from './allow.ts'
import { admitsAddress, refusalOfAddresses } from './allow.ts'
import { ProbeError } from './failure.ts'

/**
 * A lookup that gives only the addresses that the rules admit, so that no name can lead a connection astray, whatever
 * it resolved to a moment ago.
 */
export function guardLookup(lookup: LookupFunction, rules: AllowRules): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, result, family) => {
      if (error) return callback(error, [])
      const all = typeof result === 'string' ? [{ address: result, family: family ?? 0 }] : result
      const admitted = all.filter(({ address }) => admitsAddress(rules, hostname, address))
      const [first] = admitted
      if (first === undefined) {
        const addresses = all.map(({ address }) => address)
        return callback(new ProbeError('refused', refusalOfAddresses(rules, hostname, addresses) ?? ''), [])
      }
      if (options.all) return callback(null, admitted)
      callback(null, first.address, first.family)
    })
  }
}
