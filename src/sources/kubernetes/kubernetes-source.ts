import type { WorkloadSnapshot, WorkloadSource } from '../../domain/ports.ts'
import { type ClusterOptions, createClusterClient } from './cluster-client.ts'
import { type Collection, nameCollection } from './collection.ts'
import { createDependentFacts } from './dependent-facts.ts'
import { judgeHealth } from './health.ts'
import { createReflector, type Reflector } from './reflector.ts'
import { workloadCollections } from './resources.ts'
import { createSnapshotter } from './snapshot.ts'
import { createStore, type StoreOptions, type StoreWriter } from './store.ts'
import { DEFAULT_TIME_LIMITS } from './time-limits.ts'

export interface KubernetesSourceOptions extends ClusterOptions {
  /** Empty: all. */
  readonly namespaces: readonly string[]
  /** Also read pods, revisions and, where it matters, nodes; takes rights on them. */
  readonly watchPods: boolean
}

/** The workloads of a cluster, listed from its API server and then watched. Reads only. */
export function createKubernetesSource(options: KubernetesSourceOptions): WorkloadSource {
  const { namespaces, watchPods, clock, timeLimits = DEFAULT_TIME_LIMITS } = options
  const stopped = new AbortController()
  const client = createClusterClient(options, stopped.signal)
  const snapshotter = createSnapshotter()
  let following: Promise<void>[] = []
  let snapshot: WorkloadSnapshot | undefined
  let announce: (() => void) | undefined
  let announcement: NodeJS.Immediate | undefined

  // Many events come at once, for example after a rollout of everything; they are announced once.
  const onChange = (): void => {
    snapshot = undefined
    announcement ??= setImmediate(() => {
      announcement = undefined
      announce?.()
    })
  }
  const newStore = <Value>(collection: Collection<Value>, onItem?: StoreOptions<Value>['onItem']): StoreWriter<Value> =>
    createStore(collection, {
      problem: { message: `Kubernetes: ${nameCollection(collection)} not read yet`, concerns: 'collection' },
      onChange,
      ...(onItem && { onItem })
    })
  const reflect = <Value>(store: StoreWriter<Value>): Reflector => createReflector({ client, timeLimits, store })

  const workloads = workloadCollections({ namespaces, relistMs: timeLimits.relistMs }).map(collection => ({
    ...newStore(collection, snapshotter.change),
    collection
  }))
  const dependents = watchPods
    ? createDependentFacts({
        client,
        namespaces,
        timeLimits,
        newStore,
        onTouch: snapshotter.touch,
        onChange,
        onNodesNeeded: followNodes
      })
    : null
  const reflectors = [...workloads.map(reflect), ...(dependents?.stores ?? []).map(reflect)]

  function followNodes(): void {
    if (dependents === null || following.length === 0) return
    following.push(reflect(dependents.nodes).follow(stopped.signal, () => {}))
  }

  return {
    read: async signal => {
      await Promise.all(reflectors.map(reflector => reflector.read(signal)))
      if (dependents?.needsNodes()) await reflect(dependents.nodes).read(signal)
    },
    follow: async onChange => {
      announce = onChange
      const firstReads = reflectors.map(() => Promise.withResolvers<void>())
      following = reflectors.map((reflector, index) =>
        reflector.follow(stopped.signal, () => firstReads[index]?.resolve())
      )
      await Promise.all(firstReads.map(({ promise }) => promise))
    },
    snapshot: () => {
      snapshot ??= snapshotter.take(workloads, dependents)
      return snapshot
    },
    readTemplates: async (ref, names) => dependents?.readTemplates(ref, names, stopped.signal),
    health: () => {
      const nodes = dependents?.needsNodes() ? [dependents.nodes] : []
      const health = judgeHealth([...workloads, ...(dependents?.stores ?? []), ...nodes], clock)
      return { ...health, problems: [...health.problems, ...(dependents?.problems() ?? [])] }
    },
    close: async () => {
      announce = undefined
      stopped.abort()
      await Promise.all(following)
      clearImmediate(announcement)
    }
  }
}
