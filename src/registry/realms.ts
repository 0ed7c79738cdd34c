/** Which hosts are trusted with more than an anonymous question. */
export interface RealmRules {
  /** Hosts (and ports) of token servers that may see credentials, of `REGISTRY_REALMS`. */
  readonly realms: readonly string[]
  /** Hosts (and ports) without TLS, of `REGISTRY_INSECURE`. */
  readonly insecure: readonly string[]
}

// Registries whose token server is of another domain, and of the same owner.
const SAME_OWNER: ReadonlyMap<string, string> = new Map([
  ['registry-1.docker.io', 'auth.docker.io'],
  ['lscr.io', 'ghcr.io']
])

/**
 * Whether the token server that a registry names may see the registry's credentials. It may where it is the same host, a
 * parent domain of it (GitLab: registry.gitlab.com asks gitlab.com), of the same owner, or named by the operator.
 */
export function mayShowCredentials(registry: URL, realm: URL, { realms, insecure }: RealmRules): boolean {
  // A password never goes out in the clear because a registry with TLS says so.
  if (realm.protocol !== 'https:' && registry.protocol === 'https:') return false
  if (realm.protocol !== 'https:' && !isNamed(insecure, realm) && realm.host !== registry.host) return false
  if (realm.hostname === registry.hostname || isNamed(realms, realm)) return true
  return isParentDomain(realm.hostname, registry.hostname) || SAME_OWNER.get(registry.hostname) === realm.hostname
}

/** Whether a list of hosts, each with its port or without, names that of an address. */
export function isNamed(hosts: readonly string[], { host, hostname }: URL): boolean {
  return hosts.some(named => [host, hostname].includes(named.toLowerCase()))
}

// A domain of one label, such as `com`, has no owner.
function isParentDomain(parent: string, host: string): boolean {
  return parent.includes('.') && host.endsWith(`.${parent}`)
}
