import type { KubeConfig } from '@kubernetes/client-node'
import type { Clock, WorkloadSnapshot, WorkloadSource } from '../../domain/ports.ts'
import { createAccess } from './access.ts'
import { createApiClient } from './api-client.ts'
import { type Collection, nameCollection } from './collection.ts'
import { createDependentFacts } from './dependent-facts.ts'
import { judgeHealth } from './health.ts'
import { createReflector, type Reflector } from './reflector.ts'
import { workloadCollections } from './resources.ts'
import { takeSnapshot } from './snapshot.ts'
import { createStore, type StoreOptions, type StoreWriter } from './store.ts'
import { DEFAULT_TIME_LIMITS, type TimeLimits } from './time-limits.ts'

export interface KubernetesSourceOptions {
  /** Called again, at most once a second, when the server does not accept what it gave: files may have changed. */
  readonly loadKubeConfig: () => KubeConfig
  /** Empty: all. */
  readonly namespaces: readonly string[]
  /** Also read pods, revisions and, where it matters, nodes; takes rights on them. */
  readonly watchPods: boolean
  readonly clock: Clock
  readonly timeLimits?: TimeLimits
}

/** The workloads of a cluster, as its API server tells them: listed, then watched. Reads only. */
export function createKubernetesSource(options: KubernetesSourceOptions): WorkloadSource {
  const { loadKubeConfig, namespaces, watchPods, clock, timeLimits = DEFAULT_TIME_LIMITS } = options
  const client = createApiClient(createAccess(loadKubeConfig), timeLimits)
  const stopped = new AbortController()
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
    ...newStore(collection),
    collection
  }))
  const parts = { client, namespaces, timeLimits, newStore, onChange, onNodesNeeded: followNodes }
  const dependents = watchPods ? createDependentFacts(parts) : null
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
      snapshot ??= takeSnapshot({ workloads, dependents: dependents?.view() ?? null })
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
