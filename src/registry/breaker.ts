import type { RegistryReason } from '../domain/image-registry.ts'
import { type Unseen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import { BoundedMap } from './bounded-map.ts'
import type { Clock } from './budget.ts'
import { tooMany } from './failure.ts'

/** Keeps requests from hosts that do not answer, and from those that asked to be left alone for a while. */
export interface Breaker {
  /** Why a host is not asked now; `null`: it may be, if need be after a short wait. */
  admit(host: string): Promise<Unseen<RegistryReason> | null>
  succeeded(host: string): void
  /** It gave no answer, or none of its own. */
  failed(host: string): void
  /** It wants no more requests for so long. */
  holdFor(host: string, ms: number): void
}

interface State {
  /** Failures without a success between them. */
  readonly failures: number
  /** When it is asked again, ms since the epoch. */
  readonly openUntil: number
  readonly heldUntil: number
}

const CLOSED: State = { failures: 0, openUntil: 0, heldUntil: 0 }

const FAILURES_TO_OPEN = 3
const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 3_600_000
// A pass is rather a minute longer than a day too late.
const PATIENCE_MS = 60_000

// A registry may lead to any number of hosts.
const MOST_HOSTS = 1000

/** Starts with every host closed, as electricians say: it is asked. */
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
      return unseen('unreachable', `${shown(host)} failed ${failures} times in a row: it is asked again at ${until}`)
    },
    succeeded: host => change(host, { failures: 0, openUntil: 0 }),
    failed: host => {
      const { failures: before, openUntil } = stateOf(host)
      // It was asked before this began.
      if (openUntil > now()) return
      const failures = before + 1
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - FAILURES_TO_OPEN))
      change(host, { failures, openUntil: failures < FAILURES_TO_OPEN ? 0 : now() + pause })
    },
    holdFor: (host, ms) => change(host, { heldUntil: now() + ms })
  }
}
