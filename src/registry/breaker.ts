import type { RegistryReason } from '../domain/image-registry.ts'
import { type Unseen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Clock } from './budget.ts'
import { tooMany } from './failure.ts'

/** Stops requests to hosts that do not answer, and to hosts that asked for a pause. */
export interface Breaker {
  /** Why not to ask a host now; `null`: go ahead. Waits first if the host asked for a short pause. */
  admit(host: string): Promise<Unseen<RegistryReason> | null>
  succeeded(host: string): void
  /** The host did not answer, or a gateway answered in its place. */
  failed(host: string): void
  /** The host asked for a pause. */
  holdFor(host: string, ms: number): void
}

interface State {
  /** Failures in a row. */
  readonly failures: number
  /** When the host may be asked again, ms since the epoch. */
  readonly openUntil: number
  readonly heldUntil: number
}

const CLOSED: State = { failures: 0, openUntil: 0, heldUntil: 0 }

const FAILURES_TO_OPEN = 3
const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 3_600_000
// Checks often run once a day: better a minute late today than a day late.
const PATIENCE_MS = 60_000

// Redirects and token servers can name any number of hosts.
const MOST_HOSTS = 1000

/** Starts with no failures on record. */
export function createBreaker({ now, sleep }: Clock): Breaker {
  const states = new BoundedMap<State>(MOST_HOSTS)
  const stateOf = (host: string) => states.get(host) ?? CLOSED
  const change = (host: string, to: Partial<State>) => void states.set(host, { ...stateOf(host), ...to })
  return {
    admit: async host => {
      const wait = stateOf(host).heldUntil - now()
      if (wait > 0 && wait <= PATIENCE_MS) await sleep(wait)
      const { failures, openUntil, heldUntil } = stateOf(host)
      if (heldUntil > now()) return tooMany(shown(host), heldUntil)
      if (openUntil <= now()) return null
      const until = new Date(openUntil).toISOString()
      return unseen('unreachable', `${shown(host)} failed ${failures} times in a row: next attempt at ${until}`)
    },
    succeeded: host => change(host, { failures: 0, openUntil: 0 }),
    failed: host => {
      const { failures: before, openUntil } = stateOf(host)
      // A request that was sent before the breaker opened.
      if (openUntil > now()) return
      const failures = before + 1
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - FAILURES_TO_OPEN))
      change(host, { failures, openUntil: failures < FAILURES_TO_OPEN ? 0 : now() + pause })
    },
    holdFor: (host, ms) => change(host, { heldUntil: now() + ms })
  }
}
