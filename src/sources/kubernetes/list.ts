import { valueAt } from '../../text/json.ts'
import type { ApiClient } from './api-client.ts'
import { type Collection, type Items, keyOf, reduceObject, resourceVersionOf } from './collection.ts'
import { ApiError, statusOf } from './failure.ts'
import { acceptOf, columnsOf, isShownAs, queryOf, rowsAsObjects } from './representation.ts'

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
  const accept = acceptOf(collection.representation, 'list')
  const query = new URLSearchParams({ ...queryOf(collection.representation), limit: String(PAGE_SIZE) })
  for (let count = 0; count < MAX_PAGES; count++) {
    const page = readPage(await client.getJson({ path: `${collection.path}?${query}`, accept }, signal), collection)
    for (const object of page.objects) {
      const value = reduceObject(object, collection, known)
      if (value !== null) items.set(keyOf(object), value)
    }
    if (page.next === '') return { resourceVersion: page.resourceVersion, items }
    query.set('continue', page.next)
  }
  throw new ApiError({ kind: 'not_kubernetes' })
}

interface Page {
  readonly objects: readonly unknown[]
  readonly resourceVersion: string
  /** Empty: it was the last one. */
  readonly next: string
}

function readPage(answer: unknown, collection: Collection<unknown>): Page {
  const objects = readObjects(answer, collection)
  const next = valueAt(answer, 'metadata', 'continue') ?? ''
  const resourceVersion = resourceVersionOf(answer)
  if (objects === null || typeof next !== 'string' || resourceVersion === '') {
    throw new ApiError({ kind: 'not_kubernetes' })
  }
  return { objects, resourceVersion, next }
}

function readObjects(answer: unknown, { representation, namespace }: Collection<unknown>): readonly unknown[] | null {
  if (!isShownAs(representation, 'list', answer)) return null
  if (representation === 'table') return rowsAsObjects(answer, columnsOf(answer) ?? [], namespace)
  // Go leaves an empty list out, or writes null for it.
  const items = valueAt(answer, 'items') ?? []
  return Array.isArray(items) ? items : null
}
