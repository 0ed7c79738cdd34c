import { valueAt } from '../../text/json.ts'
import type { ApiClient } from './api-client.ts'
import { type Collection, type Items, keyOf, reduceObject, resourceVersionOf } from './collection.ts'
import { ApiError, isTooLarge, statusOf } from './failure.ts'
import { acceptOf, isShownAs } from './representation.ts'

/** All of a collection at one moment. */
export interface Listing<Value> {
  /** The version of the whole list: a watch goes on from there. */
  readonly resourceVersion: string
  readonly items: Items<Value>
  /** Why objects could not be read, by their keys; the rest of the collection is read all the same. */
  readonly passedOver: ReadonlyMap<string, string>
}

export interface ListRequest<Value> {
  readonly collection: Collection<Value>
  readonly known: Items<Value>
  readonly signal: AbortSignal
}

const PAGE_SIZE = 250
/** Enough for half a million objects and more; ends a list that a broken server would make endless. */
const MAX_REQUESTS = 4_000
/** A token goes into a URL; etcd's keys are shorter. */
const MAX_TOKEN_LENGTH = 4096

/** Lists a collection page by page, each reduced as it arrives; fails as the client does. */
export async function listCollection<Value>(client: ApiClient, request: ListRequest<Value>): Promise<Listing<Value>> {
  try {
    return await readPages(client, request)
  } catch (error) {
    // The server has forgotten the list that these pages belong to, because reading was slow. Start over, once.
    if (statusOf(error) !== 410) throw error
    return readPages(client, request)
  }
}

/**
 * A page that is too large is asked for again in smaller ones, down to one object. An object that is too large is
 * passed over, so that it hides no other, and pages then grow again.
 */
async function readPages<Value>(client: ApiClient, request: ListRequest<Value>): Promise<Listing<Value>> {
  const { collection, known } = request
  const items = new Map<string, Value>()
  const passedOver = new Map<string, string>()
  const tokens = new Set<string>()
  let place: Place = { token: '', limit: PAGE_SIZE }
  for (let count = 0; count < MAX_REQUESTS; count++) {
    const asked = await askPage(client, request, place)
    if (asked.isTooLarge && place.limit > 1) {
      place = { ...place, limit: Math.floor(place.limit / 2) }
      continue
    }
    const page = asked.isTooLarge ? await askName(client, request, { ...place, tooLarge: asked.error }) : asked
    for (const object of page.objects) {
      const key = keyOf(object)
      const value = asked.isTooLarge ? null : reduceObject(object, collection, known)
      if (value !== null) items.set(key, value)
      else {
        const why = asked.isTooLarge ? describeSize(asked.error) : (collection.whyUnread?.(object) ?? null)
        if (why !== null) passedOver.set(key, why)
      }
    }
    if (page.next === '') return { resourceVersion: page.resourceVersion, items, passedOver }
    // Otherwise, such a server would send us in circles forever.
    if (tokens.has(page.next)) throw new ApiError({ kind: 'not_kubernetes' })
    tokens.add(page.next)
    place = { token: page.next, limit: Math.min(PAGE_SIZE, place.limit * 2) }
  }
  throw new ApiError({ kind: 'not_kubernetes' })
}

/** Where a page begins, and how many objects are on it at most. */
interface Place {
  /** Empty: at the beginning. */
  readonly token: string
  readonly limit: number
}

interface Page {
  readonly isTooLarge: false
  readonly objects: readonly unknown[]
  readonly resourceVersion: string
  /** Empty: it was the last one. */
  readonly next: string
}

interface TooLarge {
  readonly isTooLarge: true
  readonly error: ApiError
}

type Asked = Pick<ListRequest<unknown>, 'signal'> & {
  readonly collection: Pick<Collection<unknown>, 'path' | 'selector' | 'representation'>
}

async function askPage(client: ApiClient, { collection, signal }: Asked, place: Place): Promise<Page | TooLarge> {
  const { path, representation, selector } = collection
  const query = new URLSearchParams({ ...selector, limit: String(place.limit) })
  if (place.token !== '') query.set('continue', place.token)
  try {
    const answer = await client.getJson({ path: `${path}?${query}`, accept: acceptOf(representation, 'list') }, signal)
    return readPage(answer, collection)
  } catch (error) {
    if (isTooLarge(error)) return { isTooLarge: true, error }
    throw error
  }
}

/** A page with only the metadata of an object that is too large: its name, and where the next page begins. */
async function askName(
  client: ApiClient,
  { collection, signal }: Asked,
  { token, tooLarge }: Place & { readonly tooLarge: ApiError }
): Promise<Page> {
  if (collection.representation !== 'object') throw tooLarge
  const request = { collection: { ...collection, representation: 'metadata' as const }, signal }
  const page = await askPage(client, request, { token, limit: 1 })
  if (page.isTooLarge) throw tooLarge
  return page
}

function describeSize({ failure }: ApiError): string {
  return failure.kind === 'too_large' ? `longer than ${failure.limit} characters` : failure.kind
}

function readPage(answer: unknown, collection: Asked['collection']): Page {
  const objects = readObjects(answer, collection)
  const next = valueAt(answer, 'metadata', 'continue') ?? ''
  const resourceVersion = resourceVersionOf(answer)
  if (objects === null || typeof next !== 'string' || next.length > MAX_TOKEN_LENGTH || resourceVersion === '') {
    throw new ApiError({ kind: 'not_kubernetes' })
  }
  return { isTooLarge: false, objects, resourceVersion, next }
}

function readObjects(answer: unknown, { representation }: Asked['collection']): readonly unknown[] | null {
  if (!isShownAs(representation, 'list', answer)) return null
  // Go leaves an empty list out, or writes null for it.
  const items = valueAt(answer, 'items') ?? []
  return Array.isArray(items) ? items : null
}
