import type { Clock, WorkloadSnapshot, WorkloadSource } from '../../domain/ports.ts'
import { createAccess } from './access.ts'
import { createApiClient } from './api-client.ts'
import { type Collection, nameCollection } from './collection.ts'
import { createDependentFacts } from './dependent-facts.ts'
import { judgeHealth } from './health.ts'
import { type KubeConfig, type KubeEnvironment, loadKubeConfig } from './kubeconfig.ts'
import { createReflector, type Reflector } from './reflector.ts'
import { workloadCollections } from './resources.ts'
import { createSnapshotter } from './snapshot.ts'
import { createStore, type StoreOptions, type StoreWriter } from './store.ts'
import { DEFAULT_TIME_LIMITS, type TimeLimits } from './time-limits.ts'

export interface KubernetesSourceOptions {
  /** Of the process: says where the configuration is, and what its plugins and proxies want to know. */
  readonly environment: KubeEnvironment
  /** In place of the one that the environment names. Called again, at most once a second, when it is not accepted. */
  readonly loadKubeConfig?: () => KubeConfig
  /** Empty: all. */
  readonly namespaces: readonly string[]
  /** Also read pods, revisions and, where it matters, nodes; takes rights on them. */
  readonly watchPods: boolean
  readonly clock: Clock
  readonly timeLimits?: TimeLimits
}

/** The workloads of a cluster, as its API server tells them: listed, then watched. Reads only. */
export function createKubernetesSource(options: KubernetesSourceOptions): WorkloadSource {
  const { environment, namespaces, watchPods, clock, timeLimits = DEFAULT_TIME_LIMITS } = options
  const { loadKubeConfig: load = () => loadKubeConfig(environment) } = options
  const stopped = new AbortController()
  const access = createAccess({ loadKubeConfig: load, environment, clock, signal: stopped.signal })
  const client = createApiClient(access, timeLimits)
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
