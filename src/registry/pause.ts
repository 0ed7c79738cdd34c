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
  /**
   * Waits until a short pause is over, unless an earlier wait was in vain. Returns why a host may not be asked now;
   * `null`: go ahead.
   */
  admit(host: string): Promise<Unseen<RegistryReason> | null>
  /** `until` is in ms since the epoch; `null`: the host did not say, so a minute. */
  begin(host: string, until: number | null): void
  /** The host did not ask for a pause this time, so its pauses are worth waiting for. */
  answered(host: string): void
}

interface Pause {
  /** Ms since the epoch. */
  readonly endsAt: number
  /** The host asked for it right after another one. */
  readonly isInVain: boolean
}

const NONE: Pause = { endsAt: 0, isInVain: false }

// For registries that answer 429 without a Retry-After.
const DEFAULT_PAUSE_MS = 60_000
// Checks often run once a day: better a minute late today than a day late.
const LONGEST_WAIT_MS = 60_000
// Redirects and token servers can name any number of hosts.
const MOST_HOSTS = 1000

/** Starts without any pause. */
export function createPauses({ now, sleep }: Clock): Pauses {
  const pauses = new BoundedMap<Pause>(MOST_HOSTS)
  const pauseOf = (host: string) => pauses.get(host) ?? NONE
  return {
    admit: async host => {
      const { endsAt, isInVain } = pauseOf(host)
      const wait = endsAt - now()
      // A registry that only ever says 429 would cost a wait for each of its images.
      if (wait > 0 && wait <= LONGEST_WAIT_MS && !isInVain) await sleep(wait)
      const end = pauseOf(host).endsAt
      return end > now() ? tooMany(shown(host), end) : null
    },
    begin: (host, until) => {
      const before = pauses.get(host)
      const isInVain = before !== undefined && (before.isInVain || before.endsAt <= now())
      pauses.set(host, { endsAt: until ?? now() + DEFAULT_PAUSE_MS, isInVain })
    },
    answered: host => {
      const { endsAt } = pauseOf(host)
      if (endsAt > now()) pauses.set(host, { endsAt, isInVain: false })
      else pauses.delete(host)
    }
  }
}

/** When a registry that limits requests wants the next one, ms since the epoch; `null`: it does not say. */
export function retryAt(headers: Answer['headers'], { now }: Clock): number | null {
  const wait = retryAfterMs(headers['retry-after'], now())
  return wait === null ? null : now() + wait
}
