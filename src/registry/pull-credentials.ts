import type { RegistryReason } from '../domain/image-registry.ts'
import { type Observed, seen, unseen } from '../domain/observation.ts'
import type { ImageRepository, ReadPullSecret } from '../domain/ports.ts'
import { BoundedMap } from './bounded-map.ts'
import { type Credential, type CredentialEntry, findCredentials, parseDockerConfig } from './docker-config.ts'

/** The credentials in the pull secrets of workloads, each only for images in its own namespace. */
export interface PullCredentials {
  /**
   * The credentials for a repository, from the Secrets that it names and no others, in the order to try them in; empty:
   * they have none for it. Unseen: a Secret could not be read this time, so nobody knows.
   */
  find(repository: ImageRepository): Promise<Observed<readonly Credential[], RegistryReason>>
  /** A line for each Secret that cannot be used, one for a whole namespace that may not be read. Holds no secrets. */
  problems(): readonly string[]
  /** Drops what was read, so that no secret is kept longer than it is used. */
  forget(): void
  /** Drops the problems, which come again if they are still there. */
  forgetProblems(): void
}

export interface PullCredentialsOptions {
  readonly read: ReadPullSecret
  /** Milliseconds; never goes back. */
  readonly now: () => number
}

interface Kept {
  readonly answer: Promise<Entries>
  readonly readAt: number
}

type Entries = Observed<readonly CredentialEntry[], RegistryReason>

// Checking all images may take hours, and a password may be replaced meanwhile.
const KEPT_MS = 300_000
// Anybody who can write workloads can name any number of them.
const MOST_KEPT = 1000
const MOST_PROBLEMS = 20
// A hundred times what a pull secret has; several of them are in memory at once.
const LONGEST_CONFIG = 64 * 1024
// As many as the Secrets that count for one workload: each that is refused costs requests.
const MOST_TRIED = 10
const NONE: Entries = seen([])

/** Starts without having read anything. */
export function createPullCredentials({ read, now }: PullCredentialsOptions): PullCredentials {
  const kept = new BoundedMap<Kept>(MOST_KEPT)
  const problems = new Map<string, string>()
  const tell = (key: string, line: string) => {
    if (!problems.has(key) && problems.size < MOST_PROBLEMS) problems.set(key, line)
  }

  function entriesOf(namespace: string, name: string): Promise<Entries> {
    const key = `${namespace}/${name}`
    const before = kept.get(key)
    if (before !== undefined && now() - before.readAt < KEPT_MS) return before.answer
    const answer = readEntries(namespace, name)
    kept.set(key, { answer, readAt: now() })
    return answer
  }

  async function readEntries(namespace: string, name: string): Promise<Entries> {
    const secret = `pull secret ${name} of namespace ${namespace}`
    const text = await read(namespace, name)
    if (!text.seen && text.reason === 'unreachable') return unseen('unreachable', `${secret}: ${text.message}`)
    if (!text.seen) {
      const key = text.reason === 'forbidden' ? namespace : `${namespace}/${name}`
      tell(key, `${secret}: ${text.message}`)
      return NONE
    }
    const config = text.value.length > LONGEST_CONFIG ? null : parseDockerConfig(text.value)
    if (!config?.ok) {
      const why = config === null ? `it is longer than ${LONGEST_CONFIG} characters` : 'it holds no docker config'
      tell(`${namespace}/${name}`, `${secret} is not used: ${why}`)
      return NONE
    }
    const { entries, problems: unusable } = config.value
    // The parser's own lines quote hosts, and here a tenant may have written anything in their place.
    if (unusable.length > 0) {
      tell(
        `${namespace}/${name}`,
        `${secret}: ${unusable.length} of its entries cannot be used: it takes a user and a password, or a registrytoken`
      )
    }
    return seen(entries)
  }

  return {
    find: async repository => {
      if (repository.pullSecrets === undefined) return seen([])
      const { namespace, names } = repository.pullSecrets
      const all = await Promise.all(names.map(name => entriesOf(namespace, name)))
      const credentials = findCredentials(
        all.flatMap(one => (one.seen ? one.value : [])),
        repository
      )
      const unread = all.find(one => !one.seen)
      return credentials.length === 0 && unread !== undefined ? unread : seen(credentials.slice(0, MOST_TRIED))
    },
    problems: () => [...problems.values()],
    forget: () => kept.clear(),
    forgetProblems: () => problems.clear()
  }
}
