import type { Clock, WorkloadSnapshot, WorkloadSource } from '../../domain/ports.ts'
import { createAccess } from './access.ts'
import { createApiClient } from './api-client.ts'
import { type Collection, nameCollection } from './collection.ts'
import { judgeHealth } from './health.ts'
import { type KubeConfig, type KubeEnvironment, loadKubeConfig } from './kubeconfig.ts'
import { createReflector } from './reflector.ts'
import { podCollections, workloadCollections } from './resources.ts'
import { createSnapshotter } from './snapshot.ts'
import { createStore, type StoreWriter } from './store.ts'
import { DEFAULT_TIME_LIMITS, type TimeLimits } from './time-limits.ts'

export interface KubernetesSourceOptions {
  /** Of the process: says where the configuration is, and what its plugins and proxies want to know. */
  readonly environment: KubeEnvironment
  /** In place of the one that the environment names. Called again, at most once a second, when it is not accepted. */
  readonly loadKubeConfig?: () => Promise<KubeConfig> | KubeConfig
  /** Empty: all. */
  readonly namespaces: readonly string[]
  /** Also read the digests that running pods report; takes rights on pods. */
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
  let following: readonly Promise<void>[] = []
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
  const newStore = <Value>(collection: Collection<Value>): StoreWriter<Value> =>
    createStore(collection, {
      problem: { message: `Kubernetes: ${nameCollection(collection)} not read yet`, concerns: 'collection' },
      onChange
    })

  const workloads = workloadCollections({ namespaces, relistMs: timeLimits.relistMs }).map(collection => ({
    ...newStore(collection),
    collection
  }))
  const pods = watchPods ? podCollections({ namespaces, relistMs: timeLimits.relistPodsMs }).map(newStore) : []
  const takeSnapshot = createSnapshotter({ workloads, pods })
  const reflectors = [
    ...workloads.map(store => createReflector({ client, timeLimits, store })),
    ...pods.map(store => createReflector({ client, timeLimits, store }))
  ]

  return {
    read: async signal => {
      await Promise.all(reflectors.map(reflector => reflector.read(signal)))
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
      snapshot ??= takeSnapshot()
      return snapshot
    },
    health: () => judgeHealth([...workloads, ...pods], clock),
    close: async () => {
      announce = undefined
      stopped.abort()
      await Promise.all(following)
      clearImmediate(announcement)
    }
  }
}
