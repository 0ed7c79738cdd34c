import { backoffMs, SYSTEM_TIMER, type Timer } from '../backoff.ts'
import type { ApiClient } from './api-client.ts'
import { resourceVersionOf } from './collection.ts'
import { describeFailure, isTooLarge, retryAfterOf, type Verb } from './failure.ts'
import { listCollection } from './list.ts'
import type { StoreWriter } from './store.ts'
import type { TimeLimits } from './time-limits.ts'
import { canResume, isNews, type WatchEnding, watchCollection } from './watch.ts'

export interface ReflectorParts<Value> {
  readonly client: ApiClient
  readonly timeLimits: TimeLimits
  readonly store: StoreWriter<Value>
  readonly timer?: Timer
}

/** Keeps a store up to date. Neither method rejects: the store shows what went wrong. */
export interface Reflector {
  /** Lists once. */
  read(signal: AbortSignal): Promise<void>
  /** Lists, then watches, until `signal`; `onFirstRead` is called, at least once, when the first try has ended. */
  follow(signal: AbortSignal, onFirstRead: () => void): Promise<void>
}

/** Where a watch goes on, and until when. */
interface Place {
  resumeFrom: string
  relistAt: number
  /** A watch was accepted and then failed: that the next one is accepted too proves nothing yet. */
  isDoubted: boolean
}

const NOWHERE = ''
// Each watch that ends at once costs a list of everything, so its pauses grow longer than those of a server that is gone.
const LONGER_FOR_WATCHES = 5

/**
 * The list is the truth, and the watch hints at what has changed since: it may go silent, lose its connection, or find
 * that the server has forgotten its history. So everything is listed again from time to time, and whenever the watch
 * cannot be trusted.
 */
export function createReflector<Value>(parts: ReflectorParts<Value>): Reflector {
  const { client, timeLimits, store, timer = SYSTEM_TIMER } = parts
  const { collection } = store

  const list = async (signal: AbortSignal): Promise<string> => {
    const asOf = timer.now()
    const listing = await listCollection(client, { collection, known: store.items(), signal })
    store.replace(listing.items, asOf, listing.passedOver)
    return listing.resourceVersion
  }

  /** Applies the events of a watch, and moves the place along, until the watch ends. */
  const watch = async (place: Place, signal: AbortSignal, onAccepted: () => void): Promise<WatchEnding> => {
    const startedAt = timer.now()
    const { resumeFrom: resourceVersion, relistAt } = place
    let isAccepted = false
    const ended = new AbortController()
    const believe = (): void => {
      if (ended.signal.aborted) return
      place.isDoubted = false
      store.succeed()
    }
    const endWith = (error: unknown): WatchEnding => {
      // A large object that changes all the time must not cause lists all the time.
      const wasSteady = isAccepted && !isTooLarge(error) && timer.now() - startedAt >= timeLimits.steadyMs
      return { error, isAccepted, wasSteady }
    }
    try {
      const request = { collection, resourceVersion, timeoutMs: relistAt - startedAt, signal }
      for await (const events of watchCollection(client, request)) {
        if (!place.isDoubted) store.succeed()
        else if (!isAccepted) timer.pause(timeLimits.believedMs, ended.signal).then(believe)
        isAccepted = true
        store.apply(events, timer.now())
        onAccepted()
        place.resumeFrom = resourceVersionOf(events.at(-1)?.object) || place.resumeFrom
        // The server was asked to end it by now.
        if (timer.now() >= relistAt) break
      }
      return endWith(null)
    } catch (error) {
      return endWith(error)
    } finally {
      ended.abort()
    }
  }

  const read = async (signal: AbortSignal): Promise<void> => {
    try {
      await list(signal)
      store.succeed()
    } catch (error) {
      store.fail(describeFailure(error, { verb: 'list', collection }))
    }
  }

  const follow = async (signal: AbortSignal, onFirstRead: () => void): Promise<void> => {
    const place: Place = { resumeFrom: NOWHERE, relistAt: 0, isDoubted: false }
    // In a row; counted apart, so that a server that cannot watch is not listed without a pause.
    const failures = { list: 0, watch: 0 }
    const { baseMs, maxMs } = timeLimits.backoff
    const limits = { list: { baseMs, maxMs }, watch: { baseMs, maxMs: maxMs * LONGER_FOR_WATCHES } }
    const waitAfter = async (verb: Verb, error: unknown): Promise<void> => {
      const delayMs = failures[verb] === 0 ? 0 : Math.max(retryAfterOf(error), backoffMs(failures[verb], limits[verb]))
      await timer.pause(delayMs, signal)
    }

    while (!signal.aborted) {
      if (place.resumeFrom === NOWHERE || timer.now() >= place.relistAt) {
        try {
          place.resumeFrom = await list(signal)
          place.relistAt = timer.now() + collection.relistMs * (1 + Math.random() / 10)
          failures.list = 0
        } catch (error) {
          if (signal.aborted) break
          store.fail(describeFailure(error, { verb: 'list', collection }))
          onFirstRead()
          failures.list += 1
          await waitAfter('list', error)
          continue
        }
      }
      const ending = await watch(place, signal, onFirstRead)
      if (signal.aborted) break
      if (isNews(ending)) {
        store.fail(describeFailure(ending.error, { verb: 'watch', collection }))
        place.isDoubted ||= ending.isAccepted
      }
      onFirstRead()
      if (!canResume(ending)) place.resumeFrom = NOWHERE
      failures.watch = ending.wasSteady ? 0 : failures.watch + 1
      await waitAfter('watch', ending.error)
    }
    onFirstRead()
  }

  return { read, follow }
}
