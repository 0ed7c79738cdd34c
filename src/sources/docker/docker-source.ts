import { isDeepStrictEqual } from 'node:util'
import {
  type Clock,
  nothingRead,
  type SourceHealth,
  type SourceProblem,
  type WorkloadSource
} from '../../domain/ports.ts'
import { shown } from '../../domain/text.ts'
import { workloadKey } from '../../domain/workload.ts'
import { type BackoffLimits, backoffMs, SYSTEM_TIMER } from '../backoff.ts'
import { createEngineClient, type EngineOptions } from './engine-client.ts'
import { describeFailure, statusOf } from './failure.ts'
import { isOwnContainer, type OwnTraces, readOwnTraces } from './own-container.ts'
import { createHostReader, type HostFacts } from './read-host.ts'
import { snapshotOf, withKnownObjects } from './snapshot.ts'
import { type HostWorkloads, refOf, toWorkloads } from './to-workloads.ts'

export interface DockerSourceOptions {
  readonly engine: EngineOptions
  readonly clock: Clock
  readonly ownTraces?: OwnTraces
  readonly limits?: DockerLimits
}

/** In milliseconds. */
export interface DockerLimits {
  readonly answerTimeoutMs: number
  /** How long a list counts as current while no event comes. */
  readonly relistMs: number
  /** How long what was read about an image counts as current. */
  readonly imagesMs: number
  /** From an event to the next list: `docker compose up` causes many events at once. */
  readonly settleMs: number
  /** A stream of events that lived this long is opened again at once. */
  readonly steadyMs: number
  readonly backoff: BackoffLimits
}

const DEFAULT_LIMITS: DockerLimits = {
  answerTimeoutMs: 20_000,
  relistMs: 30_000,
  imagesMs: 300_000,
  settleMs: 300,
  steadyMs: 1_000,
  backoff: { baseMs: 500, maxMs: 3_000 }
}

const MOST_PROBLEMS = 20

/**
 * The containers of a Docker host. Reads only, by GET.
 *
 * The list is the truth; an event only says that it is time for the next list. So nothing is lost when an event, its
 * connection or the engine itself is lost. A list is due from time to time in any case.
 */
export function createDockerSource(options: DockerSourceOptions): WorkloadSource {
  const { engine, clock, ownTraces = readOwnTraces(), limits = DEFAULT_LIMITS } = options
  const name = nameEngine(engine)
  const client = createEngineClient(engine, limits.answerTimeoutMs)
  const readHost = createHostReader({ client, engine: name })
  const stopped = new AbortController()
  const timer = SYSTEM_TIMER
  const bell = createBell()
  const unread = `Docker at ${shown(name)}: not read yet`
  let snapshot = nothingRead(unread)
  let read: HostWorkloads | null = null
  let listing: Omit<SourceHealth, 'lastSyncAt'> = { up: false, problems: [{ message: unread, withholds: 'workloads' }] }
  let eventsProblem: SourceProblem | null = null
  let readAt: number | null = null
  let imagesReadAt = Number.NEGATIVE_INFINITY
  let announce: (() => void) | undefined
  let following: Promise<unknown> = Promise.resolve()

  function take(host: HostFacts): boolean {
    const own = host.containers.find(({ id }) => isOwnContainer(id, ownTraces))
    const others = { ...host, containers: host.containers.filter(container => container !== own) }
    const now = withKnownObjects(toWorkloads(others), read)
    const isSame = read !== null && isDeepStrictEqual(read, now)
    if (isSame) return false
    read = now
    snapshot = snapshotOf(now, name, own === undefined ? null : workloadKey(refOf(own)))
    return true
  }

  /** Returns whether it went well. */
  async function list(signal: AbortSignal): Promise<boolean> {
    const asOf = clock()
    const startedAt = timer.now()
    const areImagesOld = startedAt - imagesReadAt >= limits.imagesMs
    const before = listing
    let hasChanged = false
    try {
      const host = await readHost(areImagesOld, signal)
      if (stopped.signal.aborted) return true
      if (areImagesOld) imagesReadAt = startedAt
      hasChanged = take(host)
      readAt = asOf
      listing = { up: true, problems: host.problems }
    } catch (error) {
      if (stopped.signal.aborted) return true
      const message = describeFailure(error, name)
      // Containers that were never seen stay unseen; those that were stay as they were.
      if (read === null) snapshot = nothingRead(message)
      listing = { up: false, problems: [{ message, withholds: 'workloads' }] }
    }
    if (hasChanged || !isDeepStrictEqual(before, listing)) announce?.()
    return listing.up
  }

  async function followLists(onFirst: () => void): Promise<void> {
    for (let failures = 0; !stopped.signal.aborted; ) {
      bell.still()
      failures = (await list(stopped.signal)) ? 0 : failures + 1
      onFirst()
      if (failures > 0) await timer.pause(backoffMs(failures, limits.backoff), stopped.signal)
      else if (await bell.wait(limits.relistMs)) await timer.pause(limits.settleMs, stopped.signal)
    }
    onFirst()
  }

  async function followEvents(): Promise<void> {
    for (let failures = 0; !stopped.signal.aborted; ) {
      const startedAt = timer.now()
      let isAccepted = false
      let problem: SourceProblem | null = null
      try {
        for await (const _ of client.events(stopped.signal)) {
          if (!isAccepted) setEventsProblem(null)
          isAccepted = true
          bell.ring()
        }
      } catch (error) {
        // If the engine is gone, the list reports that.
        const message = `${describeFailure(error, name)}; changes are seen after ${limits.relistMs / 1000} s`
        if (statusOf(error) !== null) problem = { message, withholds: 'workloads' }
      }
      if (stopped.signal.aborted) return
      // No event tells what happens until the next stream.
      if (isAccepted) bell.ring()
      failures = isAccepted && timer.now() - startedAt >= limits.steadyMs ? 0 : failures + 1
      if (problem !== null) setEventsProblem(problem)
      const pauseMs = problem === null ? backoffMs(failures, limits.backoff) : limits.relistMs
      if (failures > 0) await timer.pause(pauseMs, stopped.signal)
    }
  }

  function setEventsProblem(problem: SourceProblem | null): void {
    if (problem?.message === eventsProblem?.message) return
    eventsProblem = problem
    announce?.()
  }

  return {
    read: async signal => void (await list(signal)),
    follow: async onChange => {
      announce = onChange
      const first = Promise.withResolvers<void>()
      following = Promise.all([followLists(first.resolve), followEvents()])
      await first.promise
    },
    snapshot: () => snapshot,
    // Docker has no templates.
    readTemplates: async () => {},
    health: () => {
      const problems = [...listing.problems, ...(listing.up && eventsProblem !== null ? [eventsProblem] : [])]
      return { up: listing.up, lastSyncAt: readAt, problems: problems.slice(0, MOST_PROBLEMS) }
    },
    close: async () => {
      announce = undefined
      stopped.abort()
      bell.ring()
      await following
    }
  }
}

/** Where the engine listens, as `DOCKER_HOST` has it. */
function nameEngine({ address }: EngineOptions): string {
  if ('socketPath' in address) return `unix://${address.socketPath}`
  return `tcp://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
}

/** Wakes whoever waits, or is about to. */
function createBell() {
  let hasRung = false
  let waiting: AbortController | undefined
  return {
    ring: () => {
      hasRung = true
      waiting?.abort()
    },
    /** Forgets what rang before. */
    still: () => {
      hasRung = false
    },
    /** Waits at most `ms`, and returns whether it rang. */
    wait: async (ms: number): Promise<boolean> => {
      waiting = new AbortController()
      if (!hasRung) await SYSTEM_TIMER.pause(ms, waiting.signal)
      return hasRung
    }
  }
}
