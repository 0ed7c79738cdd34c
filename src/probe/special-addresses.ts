import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ReturnType<typeof ipaddr.parse>
/** An address of either family, and how many bits of it count. */
export type Network = ReturnType<typeof ipaddr.parseCIDR>

// Addresses of the machine itself, of its cloud, of a group or of nobody. Each row of IANA's special-purpose registries
// (iana-ipv4-special-registry, iana-ipv6-special-registry) that is not globally reachable is here, except those where
// services live: 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16 and fc00::/7.
const SPECIAL: readonly Network[] = [
  '0.0.0.0/8', // "this network" (RFC 791)
  '127.0.0.0/8', // loopback (RFC 1122)
  '169.254.0.0/16', // link-local (RFC 3927), with most clouds' metadata: 169.254.169.254, .170.2, .42.42, .0.23
  '192.0.0.0/24', // IETF protocol assignments (RFC 6890); metadata of Oracle Cloud at 192.0.0.192
  '192.0.2.0/24', // documentation (RFC 5737)
  '192.88.99.0/24', // 6to4 relays, obsolete (RFC 7526)
  '198.18.0.0/15', // benchmarks (RFC 2544)
  '198.51.100.0/24', // documentation (RFC 5737)
  '203.0.113.0/24', // documentation (RFC 5737)
  '224.0.0.0/4', // multicast (RFC 1112)
  '240.0.0.0/4', // reserved, and the broadcast address (RFC 1112, RFC 919)
  '100.100.100.200/32', // metadata: Alibaba Cloud (cloud-init: AliYun)
  '168.63.129.16/32', // metadata: Azure's wire server (cloud-init: Azure)
  '192.80.8.124/32', // metadata: Equinix Metal (cloud-init: EquinixMetal, by name)
  '::/8', // unspecified, loopback, IPv4-compatible and IPv4-translated, all other reserved (RFC 4291)
  '64:ff9b:1::/48', // NAT64 for local use (RFC 8215): an IPv4 address may be at any of the places of RFC 6052
  '100::/64', // discard (RFC 6666)
  '100:0:0:1::/64', // dummy prefix (RFC 9780)
  '2001::/23', // IETF protocol assignments (RFC 2928), with Teredo, which leads to an IPv4 address of its own choice
  '2001:db8::/32', // documentation (RFC 3849)
  '3ffe::/16', // 6bone, obsolete (RFC 3701)
  '3fff::/20', // documentation (RFC 9637)
  '5f00::/16', // SRv6 segments (RFC 9602)
  'fe80::/10', // link-local (RFC 4291), with metadata at fe80::a9fe:a9fe
  'fec0::/10', // site-local, obsolete (RFC 3879)
  'ff00::/8', // multicast (RFC 4291)
  'fd00:42::42/128', // metadata: Scaleway (cloud-init: Scaleway)
  'fd00:100::100:200/128', // metadata: Alibaba Cloud (cloud-init: AliYun)
  'fd00:a9fe:a9fe::1/128', // metadata: Akamai (cloud-init: Akamai)
  'fd00:c1::a9fe:a9fe/128', // metadata: Oracle Cloud (cloud-init: Oracle)
  'fd00:ec2::/32', // metadata, name servers and credentials: AWS (cloud-init: Ec2)
  'fd20:ce::254/128' // metadata: Google Cloud (cloud-init: GCE)
].map(cidr => ipaddr.parseCIDR(cidr))

// An IPv6 network whose addresses stand for IPv4 addresses, and the byte where the IPv4 address begins.
type Carrier = readonly [Network, number]

const MAPPED: Carrier = [ipaddr.parseCIDR('::ffff:0:0/96'), 12] // IPv4-mapped (RFC 4291)
const CARRIERS: readonly Carrier[] = [
  MAPPED,
  [ipaddr.parseCIDR('64:ff9b::/96'), 12], // NAT64 (RFC 6052)
  [ipaddr.parseCIDR('2002::/16'), 2] // 6to4 (RFC 3056)
]

// Networks may choose their own NAT64 prefix: its length says where the four bytes are (RFC 6052 section 2.2).
const NAT64_PLACES: readonly (readonly number[])[] = [
  [4, 5, 6, 7], // 32
  [5, 6, 7, 9], // 40
  [6, 7, 9, 10], // 48
  [7, 9, 10, 11], // 56
  [9, 10, 11, 12], // 64
  [12, 13, 14, 15] // 96
]
// Any four bytes may look like an IPv4 address: only these count here, which nobody has by chance.
const NEVER_BY_CHANCE: readonly string[] = [
  '127.0.0.1',
  '169.254.169.254',
  '169.254.170.2', // credentials of a task: AWS ECS
  '169.254.170.23', // credentials of a pod: AWS EKS
  '169.254.42.42',
  '169.254.0.23',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192'
]
// RFC 5214 section 6.1: an interface identifier that ends with an IPv4 address begins like this.
const ISATAP = /^0[02]005efe/

/**
 * Loopback, link-local, unspecified, multicast, reserved or metadata address, in any IPv6 disguise; anything that is
 * not an IP address counts as one.
 */
export function isSpecialAddress(text: string): boolean {
  if (isIP(text) === 0) return true
  const address = parseAddress(text)
  const bytes = address.toByteArray()
  const carrier = CARRIERS.find(([network]) => isInside(address, network))
  if (carrier !== undefined) return isSpecial(ipaddr.fromByteArray(bytes.slice(carrier[1], carrier[1] + 4)))
  return isSpecial(address) || (address.kind() === 'ipv6' && hidesSpecialAddress(bytes))
}

/** The IPv4 address for an IPv4-mapped IPv6 one, else the address itself: both are the same peer on the wire. */
export function plainAddress(text: string): Address {
  const address = parseAddress(text)
  const [mapped] = MAPPED
  return isInside(address, mapped) ? ipaddr.fromByteArray(address.toByteArray().slice(12)) : address
}

/** Whether a network (or single address) of either family holds the address; the families never match each other. */
export function isInside(address: Address, network: Network): boolean {
  return address.kind() === network[0].kind() && address.match(network)
}

/** Parses an IP address. Unlike ipaddr.js, does not take `::1.2.3.4` for `::ffff:1.2.3.4`. */
export function parseAddress(text: string): Address {
  return ipaddr.parse(text.replace(/^::(?=\d+\.)/, '::0:'))
}

function isSpecial(address: Address): boolean {
  return SPECIAL.some(network => isInside(address, network))
}

function hidesSpecialAddress(bytes: readonly number[]): boolean {
  const interfaceId = Buffer.from(bytes.slice(8)).toString('hex')
  if (ISATAP.test(interfaceId) && isSpecial(ipaddr.fromByteArray(bytes.slice(12)))) return true
  return NAT64_PLACES.some(places => NEVER_BY_CHANCE.includes(places.map(place => bytes[place]).join('.')))
}
