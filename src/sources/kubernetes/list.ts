import { valueAt } from '../../text/json.ts'
import type { ApiClient } from './api-client.ts'
import { ApiError, statusOf } from './api-error.ts'
import { type Collection, type Kept, keyOf, reduceObject, resourceVersionOf } from './collection.ts'

/** All of a collection at one moment. */
export interface Listing<Value> {
  /** Of the whole: where a watch goes on. */
  readonly resourceVersion: string
  readonly kept: Kept<Value>
}

export interface ListRequest<Value> {
  readonly collection: Collection<Value>
  readonly known: Kept<Value>
  readonly signal: AbortSignal
}

const PAGE_SIZE = 250
/** Half a million objects: ends a list that a broken server would make endless. */
const MAX_PAGES = 2_000

/** Lists a collection page by page, each reduced as it arrives; fails as the client does. */
export async function listCollection<Value>(client: ApiClient, request: ListRequest<Value>): Promise<Listing<Value>> {
  try {
    return await readPages(client, request)
  } catch (error) {
    // The server has forgotten what the pages so far are a part of. From the start, and once: it was but slow.
    if (statusOf(error) !== 410) throw error
    return readPages(client, request)
  }
}

async function readPages<Value>(client: ApiClient, request: ListRequest<Value>): Promise<Listing<Value>> {
  const { collection, known, signal } = request
  const kept = new Map<string, Value>()
  let query = `limit=${PAGE_SIZE}`
  for (let page = 0; page < MAX_PAGES; page++) {
    const { items, resourceVersion, next } = readPage(await client.getJson(`${collection.path}?${query}`, signal))
    for (const item of items) {
      const value = reduceObject(item, collection, known)
      if (value !== null) kept.set(keyOf(item), value)
    }
    if (next === '') return { resourceVersion, kept }
    query = `limit=${PAGE_SIZE}&continue=${encodeURIComponent(next)}`
  }
  throw new ApiError({ kind: 'not_kubernetes' })
}

function readPage(answer: unknown): { items: readonly unknown[]; resourceVersion: string; next: string } {
  const items = valueAt(answer, 'items') ?? []
  const next = valueAt(answer, 'metadata', 'continue') ?? ''
  const resourceVersion = resourceVersionOf(answer)
  if (!Array.isArray(items) || typeof next !== 'string' || resourceVersion === '') {
    throw new ApiError({ kind: 'not_kubernetes' })
  }
  return { items, resourceVersion, next }
}
