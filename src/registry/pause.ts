import type { RegistryReason } from '../domain/image-registry.ts'
import type { Unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Clock } from './budget.ts'
import { tooMany } from './failure.ts'
import { retryAfterMs } from './response-headers.ts'
import type { Answer } from './transport.ts'

/** The pauses that hosts ask for, with 429 Too Many Requests. */
export interface Pauses {
  /** Waits until a short pause is over. Why a host may not be asked now; `null`: go ahead. */
  admit(host: string): Promise<Unseen<RegistryReason> | null>
  /** `until` is in ms since the epoch; `null`: the host did not say, so a minute. */
  begin(host: string, until: number | null): void
}

// For registries that answer 429 without a Retry-After.
const DEFAULT_PAUSE_MS = 60_000
// Checks often run once a day: better a minute late today than a day late.
const LONGEST_WAIT_MS = 60_000
// Redirects and token servers can name any number of hosts.
const MOST_HOSTS = 1000

/** Starts without any pause. */
export function createPauses({ now, sleep }: Clock): Pauses {
  const ends = new BoundedMap<number>(MOST_HOSTS)
  const endOf = (host: string) => ends.get(host) ?? 0
  return {
    admit: async host => {
      const wait = endOf(host) - now()
      if (wait > 0 && wait <= LONGEST_WAIT_MS) await sleep(wait)
      return endOf(host) > now() ? tooMany(shown(host), endOf(host)) : null
    },
    begin: (host, until) => void ends.set(host, until ?? now() + DEFAULT_PAUSE_MS)
  }
}

/** When a registry that limits requests wants the next one, ms since the epoch; `null`: it does not say. */
export function retryAt(headers: Answer['headers'], { now }: Clock): number | null {
  const wait = retryAfterMs([headers['retry-after'] ?? []].flat()[0], now())
  return wait === null ? null : now() + wait
}
