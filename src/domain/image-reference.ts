/** An image reference in canonical form. */
export interface ImageReference {
  /** Host and port, `docker.io` where none was written. */
  readonly registry: string
  /** Path of the repository; `library/` is prefixed for Docker Hub's official images. */
  readonly repository: string
  /** `latest` where neither tag nor digest was written; `null` where there is only a digest. */
  readonly tag: string | null
  /** `algorithm:hex`. */
  readonly digest: string | null
}

// The grammar of github.com/distribution/reference, in its own names.
const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const DOMAIN_NAME = `${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*`
const IPV6_ADDRESS = '\\[(?:[a-fA-F0-9:]+)\\]'
const DOMAIN = `(?:${DOMAIN_NAME}|${IPV6_ADDRESS})(?::[0-9]+)?`
const PATH_COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const PATH = `${PATH_COMPONENT}(?:/${PATH_COMPONENT})*`
const TAG = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}'
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'

const REFERENCE = new RegExp(`^(?:(${DOMAIN})/)?(${PATH})(?::(${TAG}))?(?:@(${DIGEST}))?$`)
// An image's id, which names no repository; by the grammar alone `sha256` would be one.
const IDENTIFIER = /^(?:sha256:)?[a-f0-9]{64}$/
const HEX_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 }
const REPOSITORY_LENGTH = 255
// Longer than any valid reference (registry, repository, tag, digest): bounds the work on a hostile string.
const REFERENCE_LENGTH = 1024

/**
 * Parses an image reference by the distribution grammar, with Docker's defaults (`docker.io`, `library/`, `latest`).
 * `null`: the text is not a reference. Source: github.com/distribution/reference.
 */
export function parseImageReference(text: string): ImageReference | null {
  if (text.length > REFERENCE_LENGTH || IDENTIFIER.test(text)) return null
  const [registry, remainder] = splitRegistry(text)
  const match = REFERENCE.exec(`${registry}/${remainder}`)
  if (match === null) return null
  const [, domain, path = '', tag = null, digest = null] = match
  // `my_registry.io/app` has a registry's dot, but also an underscore, which no registry may have: all of it would pass
  // for a path.
  if (domain === undefined) return null
  if (path.length > REPOSITORY_LENGTH || (digest !== null && !isDigest(digest))) return null
  const repository = domain === 'docker.io' && !path.includes('/') ? `library/${path}` : path
  return { registry: domain, repository, tag: tag ?? (digest === null ? 'latest' : null), digest }
}

/** The algorithm and the first twelve digits of a digest, which is enough for a person; empty stays empty. */
export function shortDigest(digest: string): string {
  return digest.slice(0, digest.indexOf(':') + 13)
}

/** The canonical text; parsing it gives the same reference. */
export function printImageReference({ registry, repository, tag, digest }: ImageReference): string {
  return `${registry}/${repository}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`
}

// The text before the first slash is a registry only if it cannot be part of a path: it has a dot, a port or an
// upper-case letter, or is `localhost`.
function splitRegistry(text: string): [registry: string, remainder: string] {
  const slash = text.indexOf('/')
  const first = text.slice(0, slash)
  if (slash === -1 || !(/[.:A-Z]/.test(first) || first === 'localhost')) return ['docker.io', text]
  return [first === 'index.docker.io' ? 'docker.io' : first, text.slice(slash + 1)]
}

function isDigest(digest: string): boolean {
  const [algorithm = '', hex = ''] = digest.split(':')
  return hex.length === HEX_LENGTHS[algorithm] && /^[a-f0-9]+$/.test(hex)
}
