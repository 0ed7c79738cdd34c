import { countAt, isJsonObject, type JsonObject, parseJson, textAt, valueAt } from '../../text/json.ts'
import type { ApiClient } from './api-client.ts'
import type { Collection } from './collection.ts'
import { ApiError, isConnectionLost, isTooLarge, statusOf } from './failure.ts'
import { acceptOf, isShownAs } from './representation.ts'

/** A change; or, as a BOOKMARK, the news that there is none up to its resource version. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: JsonObject
}

export interface WatchRequest {
  readonly collection: Pick<Collection<unknown>, 'path' | 'selector' | 'representation'>
  /** Events after this version are sent. */
  readonly resourceVersion: string
  /** After this time, the server ends the watch. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** In characters, as for an answer: what a list can read, a watch can too. */
const MAX_LINE_LENGTH = 16 * 1024 * 1024
const TYPES = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'] as const

/**
 * Follows a collection. Yields no events when the server has accepted, then the events of each piece of its answer,
 * which may be none. Ends when the server ends it; fails as the client does, and with the status of an ERROR event.
 */
export async function* watchCollection(
  client: ApiClient,
  { collection, resourceVersion, timeoutMs, signal }: WatchRequest
): AsyncGenerator<readonly WatchEvent[]> {
  const { path, representation, selector } = collection
  const query = new URLSearchParams({
    ...selector,
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion,
    timeoutSeconds: String(Math.max(1, Math.ceil(timeoutMs / 1000)))
  })
  const splitLines = createLineSplitter(
    MAX_LINE_LENGTH,
    () => new ApiError({ kind: 'too_large', limit: MAX_LINE_LENGTH })
  )
  const request = { path: `${path}?${query}`, accept: acceptOf(representation, 'watch') }
  for await (const chunk of client.stream(request, signal)) {
    yield splitLines(chunk).map(line => readEvent(line, representation))
  }
}

function readEvent(line: string, representation: Collection<unknown>['representation']): WatchEvent {
  const event = parseJson(line)
  if (valueAt(event, 'type') === 'ERROR') {
    throw new ApiError({
      kind: 'status',
      code: countAt(event, 'object', 'code'),
      message: textAt(event, 'object', 'message'),
      retryAfterMs: 0
    })
  }
  const type = TYPES.find(known => known === valueAt(event, 'type'))
  const object = valueAt(event, 'object')
  if (type === undefined || !isJsonObject(object) || !isShownAs(representation, 'watch', object)) {
    throw new ApiError({ kind: 'not_kubernetes' })
  }
  return { type, object }
}

/** Joins chunks into lines; throws what `tooLong` makes if a line, complete or not, exceeds the length. */
export function createLineSplitter(maxLength: number, tooLong: () => Error): (chunk: string) => string[] {
  let rest = ''
  return chunk => {
    const pieces = chunk.split('\n')
    pieces[0] = rest + (pieces[0] ?? '')
    if (pieces.some(piece => piece.length > maxLength)) throw tooLong()
    rest = pieces.pop() ?? ''
    return pieces.filter(line => line.trim() !== '')
  }
}

/** How a watch ended; `error` is `null` if the server ended it in good order. */
export interface WatchEnding {
  readonly error: unknown
  readonly isAccepted: boolean
  /** It was accepted, and lived for a while. */
  readonly wasSteady: boolean
}

/**
 * Whether an ending is worth reporting: an expired history is not, nor is a watch that was cut off and goes on. If an
 * object is too large, the list that follows tells more: which one it is.
 */
export function isNews({ error, isAccepted }: WatchEnding): boolean {
  const goesOn = isAccepted && (isConnectionLost(error) || isTooLarge(error))
  return error !== null && statusOf(error) !== 410 && !goesOn
}

/**
 * Whether to watch again from the same place, without a list.
 *
 * A server that was gone may come back with another history, in which resource versions start over. It takes ours for a
 * future one, and is silent until it gets there (kubernetes/kubernetes#107457).
 */
export function canResume({ error, isAccepted, wasSteady }: WatchEnding): boolean {
  if (isAccepted) return wasSteady && (error === null || isConnectionLost(error))
  const status = statusOf(error)
  return status === 401 || status === 403
}
