import type { SourceProblem } from '../../domain/ports.ts'
import type { Pod, Revision, WorkloadRef } from '../../domain/workload.ts'
import { type OwnedPod, withArchitectures } from '../to-pod.ts'
import type { ApiClient } from './api-client.ts'
import type { Collection, Items } from './collection.ts'
import { createOwnerIndex } from './owner-index.ts'
import { type NodeFact, nodeCollection, podCollections, revisionCollections, revisionKindOf } from './resources.ts'
import { createRevisionTemplates } from './revision-templates.ts'
import type { DependentStores } from './snapshot.ts'
import type { Store, StoreOptions, StoreWriter } from './store.ts'
import type { TimeLimits } from './time-limits.ts'

/** Pods and revisions by the workload that owns them, as far as they are read. */
export interface DependentFacts {
  /** Pods' and revisions', to be read and followed. */
  readonly stores: readonly StoreWriter<unknown>[]
  /** To be read and followed once `onNodesNeeded` was called. */
  readonly nodes: StoreWriter<NodeFact>
  needsNodes(): boolean
  view(): DependentStores
  readTemplates(ref: WorkloadRef, names: readonly string[], signal: AbortSignal): Promise<void>
  /** What is wrong beside what the stores say. */
  problems(): readonly SourceProblem[]
}

export interface DependentParts {
  readonly client: ApiClient
  readonly namespaces: readonly string[]
  readonly timeLimits: TimeLimits
  newStore<Value>(collection: Collection<Value>, onItem?: StoreOptions<Value>['onItem']): StoreWriter<Value>
  readonly onChange: () => void
  /** Called once, when a pod's digests can only be compared with its node's architecture in hand. */
  readonly onNodesNeeded: () => void
}

export function createDependentFacts(parts: DependentParts): DependentFacts {
  const { client, namespaces, timeLimits, newStore, onChange, onNodesNeeded } = parts
  const scope = { namespaces, relistMs: timeLimits.relistPodsMs }
  const podIndex = createOwnerIndex<Pod>()
  const revisionIndex = createOwnerIndex<Revision>()
  const templates = createRevisionTemplates({ client, index: revisionIndex, onChange })
  const nodes = newStore(nodeCollection(timeLimits.relistPodsMs))
  const tellArchitectures = createArchitectureTeller(nodes)
  let needsNodes = false

  const changePod = (before: OwnedPod | null, after: OwnedPod | null): void => {
    const owned = after ?? before
    if (owned === null) return
    if (before !== null && after !== null && before.owner !== after.owner) {
      podIndex.change(before.owner, before.pod.name, null)
    }
    podIndex.change(owned.owner, owned.pod.name, after?.pod ?? null)
    if (needsNodes || owned.pod.containers.every(({ runtime }) => runtime === 'containerd' || runtime === '')) return
    needsNodes = true
    onNodesNeeded()
  }

  const pods = podCollections(scope).map(collection => newStore(collection, changePod))
  const revisions = revisionCollections(scope).map(collection => ({
    ...newStore(collection, templates.change),
    collection
  }))

  return {
    stores: [...pods, ...revisions],
    nodes,
    needsNodes: () => needsNodes,
    view: () => {
      const podsByOwner = podIndex.view()
      const revisionsByOwner = revisionIndex.view()
      return {
        pods,
        revisions,
        podsOf: owner => tellArchitectures(podsByOwner.get(owner) ?? NONE),
        revisionsOf: owner => revisionsByOwner.get(owner) ?? NONE
      }
    },
    readTemplates: async (ref, names, signal) => {
      const kind = revisionKindOf(ref)
      const isOf = ({ namespace }: Collection<unknown>) => namespace === null || namespace === ref.namespace
      const store = revisions.find(({ collection }) => collection.kind === kind && isOf(collection))
      if (store !== undefined) await templates.read(ref, { names, collection: store.collection, signal })
    },
    problems: () => {
      const problem = templates.problem()
      return problem === null ? [] : [{ message: problem.message, withholds: 'revisions' }]
    }
  }
}

// One array for all, so that nothing seems to have changed.
const NONE: readonly never[] = []

/** Pods with their nodes' architectures: the same array as long as neither pods nor architectures changed. */
function createArchitectureTeller(nodes: Store<NodeFact>): (pods: readonly Pod[]) => readonly Pod[] {
  const told = new WeakMap<readonly Pod[], { readonly of: Items<NodeFact>; readonly pods: readonly Pod[] }>()
  let items = nodes.items()
  let architectures = new Map<string, string>()

  return pods => {
    if (nodes.items() !== items) {
      items = nodes.items()
      architectures = new Map([...items.values()].map(({ name, architecture }) => [name, architecture]))
    }
    const before = told.get(pods)
    if (before?.of === items || pods.length === 0 || architectures.size === 0) return before?.pods ?? pods
    const after = withArchitectures(pods, architectures)
    const isSame = after.every((pod, at) => pod.architecture === (before?.pods ?? pods)[at]?.architecture)
    const result = isSame ? (before?.pods ?? pods) : after
    told.set(pods, { of: items, pods: result })
    return result
  }
}
