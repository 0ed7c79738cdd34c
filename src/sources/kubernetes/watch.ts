import { countAt, isJsonObject, type JsonObject, valueAt } from '../../text/json.ts'
import type { ApiClient } from './api-client.ts'
import { ApiError } from './api-error.ts'
import type { Collection } from './collection.ts'
import { createLineSplitter } from './lines.ts'

/** A change, or with BOOKMARK the news that up to its resource version there is none. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: JsonObject
}

export interface WatchRequest {
  readonly collection: Pick<Collection<unknown>, 'path'>
  /** Events after this one are told. */
  readonly resourceVersion: string
  /** After which the server ends the watch. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** In characters. etcd takes objects of 1.5 MB; as JSON they may be larger. */
const MAX_LINE_LENGTH = 8 * 1024 * 1024
const TYPES = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'] as const

/**
 * Follows a collection: nothing at first, when the server has accepted, then the events of each piece of its answer,
 * none too. Ends when the server ends it; fails as the client does, and with the status of an ERROR event.
 */
export async function* watchCollection(
  client: ApiClient,
  { collection, resourceVersion, timeoutMs, signal }: WatchRequest
): AsyncGenerator<readonly WatchEvent[]> {
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion,
    timeoutSeconds: String(Math.max(1, Math.ceil(timeoutMs / 1000)))
  })
  const splitLines = createLineSplitter(
    MAX_LINE_LENGTH,
    () => new ApiError({ kind: 'too_large', limit: MAX_LINE_LENGTH })
  )
  for await (const chunk of client.stream(`${collection.path}?${query}`, signal)) yield splitLines(chunk).map(readEvent)
}

function readEvent(line: string): WatchEvent {
  const event = parseEvent(line)
  const object = valueAt(event, 'object')
  if (valueAt(event, 'type') === 'ERROR') {
    const message = valueAt(object, 'message')
    throw new ApiError({
      kind: 'status',
      code: countAt(object, 'code'),
      message: typeof message === 'string' ? message : '',
      retryAfterMs: 0
    })
  }
  const type = TYPES.find(known => known === valueAt(event, 'type'))
  if (type === undefined || !isJsonObject(object)) throw new ApiError({ kind: 'not_kubernetes' })
  return { type, object }
}

function parseEvent(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new ApiError({ kind: 'not_kubernetes' }, cause)
  }
}
