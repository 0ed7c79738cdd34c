import type { RegistryReason } from '../domain/image-registry.ts'
import { type Unseen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Clock } from './budget.ts'

/** Stops requests to hosts that do not answer. */
export interface Breaker {
  /** Why a host may not be asked now; `null`: go ahead. */
  admit(host: string): Unseen<RegistryReason> | null
  succeeded(host: string): void
  /** The host did not answer, or a gateway answered in its place. */
  failed(host: string): void
}

interface State {
  /** Failures in a row. */
  readonly failures: number
  /** When the host may be asked again, ms since the epoch. */
  readonly openUntil: number
}

const CLOSED: State = { failures: 0, openUntil: 0 }

const FAILURES_TO_OPEN = 3
const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 3_600_000
// Redirects and token servers can name any number of hosts.
const MOST_HOSTS = 1000

/** Starts with no failures on record. */
export function createBreaker({ now }: Clock): Breaker {
  const states = new BoundedMap<State>(MOST_HOSTS)
  const stateOf = (host: string) => states.get(host) ?? CLOSED
  return {
    admit: host => {
      const { failures, openUntil } = stateOf(host)
      if (openUntil <= now()) return null
      const until = new Date(openUntil).toISOString()
      return unseen('unreachable', `${shown(host)} failed ${failures} times in a row: next attempt at ${until}`)
    },
    succeeded: host => void states.delete(host),
    failed: host => {
      const { failures: before, openUntil } = stateOf(host)
      // A request that was sent before the breaker opened.
      if (openUntil > now()) return
      const failures = before + 1
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - FAILURES_TO_OPEN))
      states.set(host, { failures, openUntil: failures < FAILURES_TO_OPEN ? 0 : now() + pause })
    }
  }
}
