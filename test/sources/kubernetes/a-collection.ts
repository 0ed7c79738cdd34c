import type { Collection } from '../../../src/sources/kubernetes/collection.ts'

/** Defaults for the parts of a collection that a test is not about; keeps objects as they are. */
export function aCollection(changes: Partial<Collection<unknown>> = {}): Collection<unknown> {
  return {
    resource: 'deployments.apps',
    namespace: 'shop',
    path: '/apis/apps/v1/namespaces/shop/deployments',
    representation: 'object',
    factKind: 'workloads',
    isNeeded: true,
    relistMs: 300_000,
    reduce: object => object,
    ...changes
  }
}
