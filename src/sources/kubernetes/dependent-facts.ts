import type { SourceProblem } from '../../domain/ports.ts'
import type { Pod, WorkloadRef } from '../../domain/workload.ts'
import { type OwnedPod, withArchitectures } from '../to-pod.ts'
import { type OwnedRevision, revisionKindOf } from '../to-revision.ts'
import type { ApiClient } from './api-client.ts'
import type { Collection } from './collection.ts'
import { createOwnerIndex } from './owner-index.ts'
import { type NodeFact, nodeCollection, podCollections, revisionCollections } from './resources.ts'
import { createRevisionTemplates } from './revision-templates.ts'
import type { DependentStores } from './snapshot.ts'
import type { StoreOptions, StoreWriter } from './store.ts'
import type { TimeLimits } from './time-limits.ts'

/** The pods and revisions that have been read, by the workload that owns them. */
export interface DependentFacts extends DependentStores {
  /** The stores of pods and revisions, to be read and followed. */
  readonly stores: readonly StoreWriter<unknown>[]
  /** To be read and followed once `onNodesNeeded` was called. */
  readonly nodes: StoreWriter<NodeFact>
  needsNodes(): boolean
  readTemplates(ref: WorkloadRef, names: readonly string[], signal: AbortSignal): Promise<void>
  /** What is wrong besides what the stores report. */
  problems(): readonly SourceProblem[]
}

export interface DependentParts {
  readonly client: ApiClient
  readonly namespaces: readonly string[]
  readonly timeLimits: TimeLimits
  newStore<Value>(collection: Collection<Value>, onItem?: StoreOptions<Value>['onItem']): StoreWriter<Value>
  /** Called with the owner of what changed; `null`: any owner may be affected. */
  readonly onTouch: (owner: string | null) => void
  readonly onChange: () => void
  /** Called once, when the first pod comes whose digests can be compared only if its node's architecture is known. */
  readonly onNodesNeeded: () => void
}

export function createDependentFacts(parts: DependentParts): DependentFacts {
  const { client, namespaces, timeLimits, newStore, onTouch, onChange, onNodesNeeded } = parts
  const scope = { namespaces, relistMs: timeLimits.relistPodsMs }
  const podsOf = createOwnerIndex<OwnedPod>()
  const revisionsOf = createOwnerIndex<OwnedRevision>()
  const onRead = (owner: string): void => {
    onTouch(owner)
    onChange()
  }
  const templates = createRevisionTemplates({ client, index: revisionsOf, onRead })
  const architectures = new Map<string, string>()
  let needsNodes = false

  const changePod = (before: OwnedPod | null, after: OwnedPod | null): void => {
    podsOf.change(before, after)
    touchBoth(before, after)
    if (needsNodes || after?.containers.every(({ runtime }) => runtime === 'containerd' || runtime === '') !== false)
      return
    needsNodes = true
    onNodesNeeded()
  }
  const changeRevision = (before: OwnedRevision | null, after: OwnedRevision | null): void => {
    templates.change(before, after)
    touchBoth(before, after)
  }
  const touchBoth = (...owned: readonly ({ readonly owner: string } | null)[]): void => {
    for (const one of owned) if (one !== null) onTouch(one.owner)
  }
  const changeNode = (before: NodeFact | null, after: NodeFact | null): void => {
    if (before !== null) architectures.delete(before.name)
    if (after !== null) architectures.set(after.name, after.architecture)
    onTouch(null)
  }

  const nodes = newStore(nodeCollection(timeLimits.relistPodsMs), changeNode)
  const pods = podCollections(scope).map(collection => newStore(collection, changePod))
  const revisions = revisionCollections(scope).map(collection => ({
    ...newStore(collection, changeRevision),
    collection
  }))

  return {
    stores: [...pods, ...revisions],
    pods,
    revisions,
    nodes,
    podsOf: createArchitectureTeller(podsOf.of, architectures),
    revisionsOf: revisionsOf.of,
    needsNodes: () => needsNodes,
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

/** Pods with their nodes' architectures: the same array as long as neither has changed. */
function createArchitectureTeller(
  podsOf: (owner: string) => readonly Pod[],
  architectures: ReadonlyMap<string, string>
): (owner: string) => readonly Pod[] {
  const told = new WeakMap<readonly Pod[], readonly Pod[]>()
  return owner => {
    const pods = podsOf(owner)
    if (architectures.size === 0) return pods
    const before = told.get(pods) ?? pods
    const after = withArchitectures(pods, architectures)
    if (after.every(({ architecture }, at) => architecture === before[at]?.architecture)) return before
    told.set(pods, after)
    return after
  }
}
