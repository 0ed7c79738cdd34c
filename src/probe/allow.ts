import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import type { AskedPod } from '../domain/pod-reports.ts'
import { shown } from '../domain/text.ts'
import { accepted, badInput, type Mistake, type Result, refused } from '../text/mistake.ts'
import { isInside, isSpecialAddress, type Network, parseAddress, plainAddress } from './special-addresses.ts'

/** What endpoints that are not trusted may reach; all empty: any address but the special ones. */
export interface AllowRules {
  /** Host names, exact: whatever they resolve to may be reached. */
  readonly hosts: readonly string[]
  /** `.keybuzz.io` for `*.keybuzz.io`: sub-domains at any depth, at addresses that are not special. */
  readonly suffixes: readonly string[]
  /** Addresses and CIDRs: what is inside may be reached, special or not, under any name. */
  readonly networks: readonly Network[]
}

const TAKES = 'it takes host names (client.keybuzz.io, *.keybuzz.io), addresses and CIDRs (10.0.0.0/8)'
// Every URL parser takes a name whose last label is a number for an address, so it cannot be a host name.
const HOST_NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*(?!\d+$|0x[0-9a-f]*$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/

/**
 * Reads the patterns of `ENDPOINT_ALLOW`, skipping blank ones. Each mistake is one line that says what a pattern may
 * be.
 */
export function parseAllowRules(patterns: readonly string[]): Result<AllowRules> {
  const hosts: string[] = []
  const suffixes: string[] = []
  const networks: Network[] = []
  const mistakes: Mistake[] = []
  for (const pattern of patterns.map(text => text.trim()).filter(text => text !== '')) {
    const network = parseNetwork(pattern)
    const wildcard = pattern.startsWith('*.')
    const host = canonicalHost(domainToASCII(wildcard ? pattern.slice(2) : pattern))
    if (network !== null) networks.push(network)
    else if (/[/:[\]]/.test(pattern) || isIP(host) !== 0 || !HOST_NAME.test(host)) {
      mistakes.push(badInput(`"${shown(pattern.replace(/^.*@/s, '…@'))}" is not a host pattern: ${TAKES}`))
    } else if (wildcard) suffixes.push(`.${host}`)
    else hosts.push(host)
  }
  return mistakes.length > 0 ? refused(mistakes) : accepted({ hosts, suffixes, networks })
}

/**
 * Why a URL's host is forbidden, whatever it resolves to; `null`: nothing in its name forbids it.
 *
 * `host` is the host name of a parsed URL, which has already turned every spelling of an IPv4 address into the dotted
 * one.
 */
export function refusalOfHost(rules: AllowRules, host: string): string | null {
  const name = canonicalHost(host)
  if (isIP(name) !== 0) return refusalOfAddresses(rules, name, [name])
  if (rules.hosts.includes(name) || rules.networks.length > 0) return null
  const isLocal = name === 'localhost' || name.endsWith('.localhost')
  if (isUnbound(rules) ? !isLocal : matchesSuffix(rules, name)) return null
  return describeRefusal(shown(name))
}

/** Whether a connection for this host may go to this address. */
export function admitsAddress(rules: AllowRules, host: string, address: string): boolean {
  const name = canonicalHost(host)
  if (isIP(address) === 0) return false
  if (rules.hosts.includes(name)) return true
  const plain = plainAddress(address)
  if (rules.networks.some(network => isInside(plain, network))) return true
  return (isUnbound(rules) || matchesSuffix(rules, name)) && !isSpecialAddress(address)
}

/** Why none of these addresses may be reached for this host; `null`: one or more may. */
export function refusalOfAddresses(rules: AllowRules, host: string, addresses: readonly string[]): string | null {
  if (addresses.some(address => admitsAddress(rules, host, address))) return null
  const name = canonicalHost(host)
  const list = addresses.slice(0, 3).map(shown).join(', ')
  const what = isIP(name) === 0 ? `${shown(name)} resolves to ${list}, which` : list
  return describeRefusal(what)
}

/** Says that something may not be reached, and how to allow it; `what` must be safe to show. */
export function describeRefusal(what: string): string {
  return `${what} may not be reached: name it in ENDPOINT_ALLOW to allow it`
}

/**
 * Why a pod may not be asked at this host; `null`: only the rules for every endpoint are left to check.
 *
 * The address comes from the pod's status, which may say anything; a pod on the host's network has its node's address,
 * where others answer too.
 */
export function refusalOfPod(rules: AllowRules, { ip, isOnHostNetwork }: AskedPod, host: string): string | null {
  const name = canonicalHost(host)
  const isItsOwn = isIP(ip) !== 0 && isIP(name) !== 0 && parseAddress(ip).toString() === parseAddress(name).toString()
  if (!isItsOwn) return `the pod's address ${shown(ip)} is not an IP address that can be asked`
  return isOnHostNetwork && !namesHost(rules, name)
    ? describeRefusal(`${name}, the address of its node (hostNetwork),`)
    : null
}

/** Whether the rules name this host itself, and not only addresses that a name may lead to. */
export function namesHost(rules: AllowRules, host: string): boolean {
  const name = canonicalHost(host)
  if (isIP(name) !== 0) return rules.networks.some(network => isInside(plainAddress(name), network))
  return rules.hosts.includes(name) || matchesSuffix(rules, name)
}

/** The form in which hosts are compared: lower case, without the root's dot or an IPv6 address's brackets. */
export function canonicalHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^\[(.*)\]$/, '$1')
}

/** Whether the rules name nothing, so that any address but the special ones may be reached. */
export function isUnbound({ hosts, suffixes, networks }: AllowRules): boolean {
  return hosts.length + suffixes.length + networks.length === 0
}

function matchesSuffix({ suffixes }: AllowRules, name: string): boolean {
  return suffixes.some(suffix => name.endsWith(suffix))
}

function parseNetwork(pattern: string): Network | null {
  const [address = '', prefix, ...rest] = pattern.split('/')
  // ipaddr.js also reads 10.1 and 0x7f.1; a rule must say what it means.
  const family = isIP(address)
  if (family === 0 || rest.length > 0 || address.includes('%')) return null
  const bits = family === 4 ? 32 : 128
  if (prefix === undefined) return [parseAddress(address), bits]
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits ? [parseAddress(address), Number(prefix)] : null
}
