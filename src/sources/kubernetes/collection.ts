import { isDeepStrictEqual } from 'node:util'
import type { FactKind } from '../../domain/ports.ts'
import { textAt, valueAt } from '../../text/json.ts'
import type { Representation } from './representation.ts'

/** What is listed and watched together: one kind of object, in one namespace or in all. */
export interface Collection<Value> {
  /** As Kubernetes' own messages and roles name it: `deployments.apps`, `pods`. */
  readonly resource: string
  /** `null`: all namespaces. */
  readonly namespace: string | null
  readonly path: string
  /** Limits the objects, with `labelSelector` and `fieldSelector`; absent: all. */
  readonly selector?: Readonly<Record<string, string>>
  readonly representation: Exclude<Representation, 'table'>
  /** What stays unknown until this is read. */
  readonly factKind: FactKind
  /** False: the right to read it is optional, and the source is up without it. */
  readonly isNeeded: boolean
  /** How long it is watched before it is listed again; up to a tenth is added, so that lists spread. */
  readonly relistMs: number
  /** Reduces an object on arrival to what is kept; `null`: nothing. */
  readonly reduce: (object: unknown) => Value | null
  /** Why nothing is kept of an object that should have been read; `null`: it does not matter. Absent: it never does. */
  readonly whyUnread?: (object: unknown) => string | null
}

/** The reduced objects of a collection by their key. */
export type Items<Value> = ReadonlyMap<string, Value>

/** `deployments.apps in namespace shop`, `pods at the cluster scope`. */
export function nameCollection({ resource, namespace }: Pick<Collection<unknown>, 'resource' | 'namespace'>): string {
  return namespace === null ? `${resource} at the cluster scope` : `${resource} in namespace ${namespace}`
}

/** `shop/web`; `/node-1` for an object without a namespace. */
export function keyOf(object: unknown): string {
  // One string, as in `workloadKey`.
  return [valueAt(object, 'metadata', 'namespace') ?? '', valueAt(object, 'metadata', 'name')].join('/')
}

/** Empty: there is none. */
export function resourceVersionOf(object: unknown): string {
  return textAt(object, 'metadata', 'resourceVersion')
}

/**
 * What is kept of an object; the same value as in `known` if nothing changed that matters.
 *
 * The resource version does not tell: a cluster that was restored from a backup gives the same versions again.
 */
export function reduceObject<Value>(object: unknown, collection: Collection<Value>, known: Items<Value>): Value | null {
  const value = collection.reduce(object)
  const before = known.get(keyOf(object))
  return before !== undefined && isDeepStrictEqual(before, value) ? before : value
}
