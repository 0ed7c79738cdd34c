/** Which hosts the operator trusts with credentials. */
export interface RealmRules {
  /** `REGISTRY_REALMS`: token servers that may see credentials, each a host with or without a port. */
  readonly realms: readonly string[]
  /** `REGISTRY_INSECURE`: hosts without TLS, each with or without a port. */
  readonly insecure: readonly string[]
}

// Registries with a token server on another domain of the same owner.
const SAME_OWNER: ReadonlyMap<string, string> = new Map([
  ['registry-1.docker.io', 'auth.docker.io'],
  ['lscr.io', 'ghcr.io']
])

/**
 * Whether a token server may see the credentials of the registry that names it. It may if it is the same host, a parent
 * domain (registry.gitlab.com names gitlab.com), a known host of the same owner, or named by the operator.
 */
export function mayShowCredentials(registry: URL, realm: URL, { realms, insecure }: RealmRules): boolean {
  // A registry with TLS cannot make us send a password without TLS.
  if (realm.protocol !== 'https:' && registry.protocol === 'https:') return false
  if (realm.protocol !== 'https:' && !isNamed(insecure, realm) && realm.host !== registry.host) return false
  if (realm.hostname === registry.hostname || isNamed(realms, realm)) return true
  return isParentDomain(realm.hostname, registry.hostname) || SAME_OWNER.get(registry.hostname) === realm.hostname
}

/**
 * Whether a credential for one URL may be sent to another: to the same origin, or from port 80 to the same host with
 * TLS, where it is safer.
 */
export function mayKeepCredentials(from: URL, to: URL): boolean {
  const gainsTls = from.protocol === 'http:' && from.port === '' && to.origin === `https://${from.hostname}`
  return to.origin === from.origin || gainsTls
}

/** Whether a list of hosts names the host of a URL. An entry without a port means any port. */
export function isNamed(hosts: readonly string[], { hostname, port, protocol }: URL): boolean {
  // A URL leaves out the default port of its protocol, and people write it.
  const withPort = `${hostname}:${port || (protocol === 'http:' ? 80 : 443)}`
  return hosts.some(named => [hostname, withPort].includes(named.toLowerCase()))
}

// A domain with a single label, such as `com`, has no single owner.
function isParentDomain(parent: string, host: string): boolean {
  return parent.includes('.') && host.endsWith(`.${parent}`)
}
