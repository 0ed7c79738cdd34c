import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ReturnType<typeof ipaddr.parse>
type Network = ReturnType<typeof ipaddr.parseCIDR>

// What is only ever meant for the machine itself, its cloud or a crowd: nobody's public endpoint lives here.
const SPECIAL: readonly Network[] = [
  '0.0.0.0/8', // unspecified, "this network" (RFC 1122)
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, with most clouds' metadata at 169.254.169.254
  '100.100.100.200/32', // metadata: Alibaba Cloud
  '168.63.129.16/32', // metadata: Azure's wire server
  '192.0.0.192/32', // metadata: Oracle Cloud
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and the broadcast address (RFC 1112, 919)
  '::/128', // unspecified
  '::1/128', // loopback
  'fe80::/10', // link-local
  'ff00::/8', // multicast
  '2001::/32', // Teredo: leads to an IPv4 address of its own choice (RFC 4380)
  'fd00:ec2::/32', // metadata, name servers and credentials: AWS
  'fd20:ce::254/128', // metadata: Google Cloud
  'fd00:c1::a9fe:a9fe/128', // metadata: Oracle Cloud
  'fd00:42::42/128' // metadata: Scaleway
].map(cidr => ipaddr.parseCIDR(cidr))

// IPv6 addresses that carry an IPv4 address, and the byte where it begins.
const CARRIERS: readonly (readonly [Network, number])[] = [
  [ipaddr.parseCIDR('::/96'), 12], // IPv4-compatible (RFC 4291, deprecated)
  [ipaddr.parseCIDR('::ffff:0:0/96'), 12], // IPv4-mapped (RFC 4291)
  [ipaddr.parseCIDR('::ffff:0:0:0/96'), 12], // IPv4-translated (RFC 7915)
  [ipaddr.parseCIDR('64:ff9b::/96'), 12], // NAT64 (RFC 6052)
  [ipaddr.parseCIDR('64:ff9b:1::/48'), 12], // NAT64 for local use (RFC 8215)
  [ipaddr.parseCIDR('2002::/16'), 2] // 6to4 (RFC 3056)
]

/** Loopback, link-local, unspecified, multicast, reserved or metadata address, in any IPv6 disguise; what is no IP address counts as one. */
export function isSpecialAddress(text: string): boolean {
  if (isIP(text) === 0) return true
  const address = ipaddr.parse(text)
  return [address, ...carriedBy(address)].some(one => SPECIAL.some(network => isInside(one, network)))
}

/** The IPv4 address for an IPv4-mapped IPv6 one, else the address itself: both are the same peer on the wire. */
export function plainAddress(text: string): Address {
  return ipaddr.process(text)
}

/** Whether a network (or single address) of either family holds the address; the families never match each other. */
export function isInside(address: Address, network: Network): boolean {
  return address.kind() === network[0].kind() && address.match(network)
}

function carriedBy(address: Address): Address[] {
  const bytes = address.toByteArray()
  return CARRIERS.filter(([network]) => isInside(address, network)).map(([, start]) =>
    ipaddr.fromByteArray(bytes.slice(start, start + 4))
  )
}
