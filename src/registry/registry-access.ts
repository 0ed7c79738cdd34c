import type { LookupFunction } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { RegistryReason } from '../domain/image-registry.ts'
import { type Observed, seen } from '../domain/observation.ts'
import type { HttpProxy } from '../proxy-environment.ts'
import { askRegistry, type Reply } from './ask-registry.ts'
import { createRefusedCredentials } from './authorizer.ts'
import { BoundedMap } from './bounded-map.ts'
import { createBreaker } from './breaker.ts'
import { type Budget, type Clock, createBudget } from './budget.ts'
import type { Credential } from './docker-config.ts'
import { refusal } from './failure.ts'
import { createPauses, retryAt } from './pause.ts'
import { isNamed, mayKeepCredentials, type RealmRules } from './realms.ts'
import { type Challenge, pullsLeft } from './response-headers.ts'
import { createTokens, fingerprintOf } from './tokens.ts'
import { createTransport } from './transport.ts'

export interface RegistryAccessOptions {
  /** Our own version, for the `User-Agent`. */
  readonly version?: string
  /** The most requests per minute for each registry. Requests to its token server and redirects count too. */
  readonly perMinute: number
  readonly rules: RealmRules
  /** The proxy for a URL; `null`: none. */
  readonly proxyFor: (url: URL) => HttpProxy | null
  /**
   * Called with one line for the operator when an answer shows a configuration mistake. The same line may come again.
   */
  readonly onProblem: (line: string) => void
  /** Why a host may not be asked; absent: every host may be asked. */
  readonly refusalOf?: (hostname: string) => string | null
  /** Replaces `dns.lookup`; may refuse addresses. */
  readonly lookup?: LookupFunction
  /** Additional CA certificates, in PEM. */
  readonly ca?: string
  /** The limit for one request, from the name lookup to the last byte. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

/** A repository, and the credential to read it with. */
export interface RegistryRepository {
  /** Host and port, `docker.io` for Docker Hub. */
  readonly registry: string
  readonly repository: string
  /** `null`: ask anonymously. */
  readonly credential: Credential | null
  /** Whether another credential is tried if this one is refused; then the refusal is not reported. */
  readonly hasOthers?: boolean
}

interface RegistryRequest {
  readonly method: 'GET' | 'HEAD'
  readonly url: URL
  readonly accept: string
  readonly mostBytes: number
}

export interface TimedReply extends Reply {
  /** How long all answers took, with the pauses that hosts asked for, ms. Waiting for our own budget does not count. */
  readonly tookMs: number
}

/** Sends requests to registries with everything they need: credentials, pauses, budget. */
export interface RegistryAccess {
  readonly clock: Clock
  urlOf(repository: RegistryRepository, path: string): URL
  /** Asks any host; only the registry's own sees the credential. `seen` is an answer with any status. Never rejects. */
  ask(repository: RegistryRepository, request: RegistryRequest): Promise<Observed<TimedReply, RegistryReason>>
  /** Turns every answer that is not a success into its reason; `what` was asked for in the repository: `:1.0`. */
  success<Its extends Reply>(
    repository: RegistryRepository,
    reply: Observed<Its, RegistryReason>,
    what?: string
  ): Observed<Its, RegistryReason>
  /** How many pulls the credential has left, as the registry said within the last hour; `null`: it did not say. */
  pullsLeft(repository: RegistryRepository): number | null
  /** Ends all connections. Later requests are `unreachable`. */
  close(): Promise<void>
}

const TIMEOUT_MS = 30_000
const MOST_REGISTRIES = 1000
const MOST_CHALLENGES = 2000
const PULLS_KNOWN_MS = 3_600_000

// Docker Hub's API is not on the host that its images' names have.
const DOCKER_HUB = { name: 'docker.io', api: 'registry-1.docker.io' }

/** Starts without knowing anything of any registry. Throws if `ca` cannot be read. */
export function createRegistryAccess(options: RegistryAccessOptions): RegistryAccess {
  const { version, perMinute, rules, onProblem, refusalOf = () => null, timeoutMs = TIMEOUT_MS } = options
  const closing = new AbortController()
  const clock = options.clock ?? systemClock(closing.signal)
  const userAgent = `keybuzz-version-guard${version === undefined ? '' : `/${version}`}`
  const transport = createTransport({ ...options, userAgent, timeoutMs })
  const shared = {
    transport,
    clock,
    rules,
    onProblem,
    refusalOf,
    breaker: createBreaker(clock),
    pauses: createPauses(clock),
    tokens: createTokens(),
    refused: createRefusedCredentials(clock.now),
    challenges: new BoundedMap<readonly Challenge[]>(MOST_CHALLENGES)
  }
  const budgets = new BoundedMap<Budget>(MOST_REGISTRIES)
  const pulls = new BoundedMap<{ readonly left: number; readonly at: number }>(MOST_REGISTRIES)
  const budgetOf = (registry: string): Budget => {
    const budget = budgets.get(registry) ?? createBudget(perMinute, clock)
    budgets.set(registry, budget)
    return budget
  }
  const urlOf = ({ registry, repository }: RegistryRepository, path: string): URL => {
    const host = registry === DOCKER_HUB.name ? DOCKER_HUB.api : registry
    const plain = new URL(`http://${host}/v2/${repository}/${path}`)
    return isNamed(rules.insecure, plain) ? plain : new URL(`https://${host}/v2/${repository}/${path}`)
  }
  return {
    clock,
    urlOf,
    ask: async (place, { accept, ...question }) => {
      const { registry, repository } = place
      // The next page of a list can be on a host that the registry redirected to.
      const credential = mayKeepCredentials(urlOf(place, ''), question.url) ? place.credential : null
      const access = { name: `${registry}/${repository}`, repository, credential }
      const start = clock.now()
      let budgetMs = 0
      const budget = async () => {
        const before = clock.now()
        await budgetOf(registry)()
        budgetMs += clock.now() - before
      }
      const means = { ...shared, budget, ...(place.hasOthers === true ? { onProblem: () => {} } : {}) }
      const reply = await askRegistry({ ...question, headers: { accept }, access }, means)
      const left = reply.seen ? pullsLeft(reply.value.headers['ratelimit-remaining']) : null
      if (left !== null) pulls.set(accountOf(place), { left, at: clock.now() })
      return reply.seen ? seen({ ...reply.value, tookMs: clock.now() - start - budgetMs }) : reply
    },
    success: ({ registry, repository, credential }, reply, what = '') => {
      if (!reply.seen || (reply.value.status >= 200 && reply.value.status <= 299)) return reply
      const { status, headers, body } = reply.value
      const name = `${registry}/${repository}${what}`
      return refusal({ status, body, name, credential, retryAt: retryAt(headers, clock) })
    },
    pullsLeft: repository => {
      const known = pulls.get(accountOf(repository))
      return known === undefined || clock.now() - known.at > PULLS_KNOWN_MS ? null : known.left
    },
    close: async () => {
      closing.abort()
      await transport.close()
    }
  }
}

function accountOf({ registry, credential }: Omit<RegistryRepository, 'repository'>): string {
  return `${registry} ${fingerprintOf(credential)}`
}

// Derived from the monotonic clock, so that setting the machine's time does not change it.
function systemClock(signal: AbortSignal): Clock {
  const now = () => performance.timeOrigin + performance.now()
  return {
    now,
    sleep: async ms => {
      const end = now() + ms
      // A timer takes whole milliseconds and may fire early, when the pause that it waits for is not over yet.
      while (now() < end && !signal.aborted) {
        await delay(Math.ceil(end - now()), undefined, { signal }).catch(() => {})
      }
    }
  }
}
