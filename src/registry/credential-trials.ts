import type { RegistryReason } from '../domain/image-registry.ts'
import type { Observed } from '../domain/observation.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Credential } from './docker-config.ts'
import { fingerprintOf } from './tokens.ts'

/** One of several credentials for a repository. */
interface Trial {
  /** `null`: ask anonymously. */
  readonly credential: Credential | null
  /** Whether another one is tried if this one is refused. */
  readonly hasOthers: boolean
}

/** Reads with one credential after another until one has the right to read, as kubelet does when it pulls. */
export interface CredentialTrials {
  /**
   * `key` stands for a repository; the credential that read it before comes first. No credentials: it is asked
   * anonymously.
   */
  read<Value>(
    key: string,
    credentials: readonly Credential[],
    ask: (trial: Trial) => Promise<Observed<Value, RegistryReason>>
  ): Promise<Observed<Value, RegistryReason>>
}

const MOST_REPOSITORIES = 2000

/** Starts without knowing which credential may read what. */
export function createCredentialTrials(): CredentialTrials {
  const proven = new BoundedMap<string>(MOST_REPOSITORIES)
  return {
    read: async (key, credentials, ask) => {
      const before = proven.get(key)
      const byPrint = new Map(credentials.map(credential => [fingerprintOf(credential), credential]))
      const [first, ...others] = [...byPrint].sort(([a], [b]) => Number(b === before) - Number(a === before))
      if (first === undefined) return ask({ credential: null, hasOthers: false })
      let [print, credential] = first
      for (;;) {
        const next = others.shift()
        const answer = await ask({ credential, hasOthers: next !== undefined })
        if (answer.seen) proven.set(key, print)
        // Some registries say that a private repository does not exist.
        const isRefused =
          !answer.seen &&
          (['unauthorized', 'forbidden'].includes(answer.reason) || (answer.reason === 'not_found' && print !== before))
        if (!isRefused || next === undefined) return answer
        ;[print, credential] = next
      }
    }
  }
}
