import { valueAt } from '../json-value.ts'
import type { ApiClient } from './api-client.ts'
import { type Collection, type Items, keyOf, reduceObject, resourceVersionOf } from './collection.ts'
import { ApiError, statusOf } from './failure.ts'

/** All of a collection at one moment. */
export interface Listing<Value> {
  /** Of the whole: where a watch goes on. */
  readonly resourceVersion: string
  readonly items: Items<Value>
}

export interface ListRequest<Value> {
  readonly collection: Collection<Value>
  readonly known: Items<Value>
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
  const items = new Map<string, Value>()
  let query = `limit=${PAGE_SIZE}`
  for (let count = 0; count < MAX_PAGES; count++) {
    const page = readPage(await client.getJson(`${collection.path}?${query}`, signal))
    for (const object of page.objects) {
      const value = reduceObject(object, collection, known)
      if (value !== null) items.set(keyOf(object), value)
    }
    if (page.next === '') return { resourceVersion: page.resourceVersion, items }
    query = `limit=${PAGE_SIZE}&continue=${encodeURIComponent(page.next)}`
  }
  throw new ApiError({ kind: 'not_kubernetes' })
}

function readPage(answer: unknown): { objects: readonly unknown[]; resourceVersion: string; next: string } {
  const objects = valueAt(answer, 'items') ?? []
  const next = valueAt(answer, 'metadata', 'continue') ?? ''
  const resourceVersion = resourceVersionOf(answer)
  if (!Array.isArray(objects) || typeof next !== 'string' || resourceVersion === '') {
    throw new ApiError({ kind: 'not_kubernetes' })
  }
  return { objects, resourceVersion, next }
}
