import type { HelmRelease, HelmUnseen } from '../../domain/helm-release.ts'
import { type Observed, unseen } from '../../domain/observation.ts'
import type { FactSource } from '../../domain/ports.ts'
import { shown } from '../../domain/text.ts'
import { type ClusterOptions, createClusterClient } from './cluster-client.ts'
import { type Collection, nameCollection } from './collection.ts'
import { judgeHealth } from './health.ts'
import { createHelmIndex } from './helm-index.ts'
import { createReflector } from './reflector.ts'
import { helmCollections } from './resources.ts'
import { createStore, type Store } from './store.ts'
import { DEFAULT_TIME_LIMITS } from './time-limits.ts'

export interface HelmReleasesOptions extends ClusterOptions {
  /** Empty: all, which takes the right to list the Secrets of all namespaces. */
  readonly namespaces: readonly string[]
}

export interface HelmReleases extends FactSource<Observed<HelmRelease, HelmUnseen>> {
  /** All known releases, of watched services or not; the same array as long as nothing changed. */
  releases(): readonly HelmRelease[]
}

type HelmFact = Observed<HelmRelease, HelmUnseen>

const NOT_HELM: HelmFact = unseen('not_helm', 'Helm did not make the workload')
const ELSEWHERE: HelmFact = unseen(
  'not_found',
  "Helm's release is not in the workload's own namespace, so it is not looked for"
)

/** Follows Helm's releases by the labels of its records: only the metadata of these Secrets are ever asked for. */
export function createHelmReleases(options: HelmReleasesOptions): HelmReleases {
  const { namespaces, clock, timeLimits = DEFAULT_TIME_LIMITS } = options
  const stopped = new AbortController()
  const client = createClusterClient(options, stopped.signal)
  const index = createHelmIndex()
  // Equal answers are the same object.
  const missing = new Map<string, HelmFact>()
  let version = {}
  let told: readonly HelmRelease[] | null = null
  let announce = (): void => {}
  let announcement: NodeJS.Immediate | undefined
  let following: readonly Promise<void>[] = []

  function change(): void {
    version = {}
    told = null
    announcement ??= setImmediate(() => {
      announcement = undefined
      announce()
    })
  }

  const stores = helmCollections({ namespaces, relistMs: timeLimits.relistMs }).map(collection =>
    createStore(collection, {
      problem: { message: unreadOf(collection), concerns: 'collection' },
      onChange: change,
      onItem: index.change
    })
  )
  const reflectors = stores.map(store => createReflector({ client, timeLimits, store }))

  function storeOf(namespace: string): Store<unknown> | undefined {
    return stores.find(({ collection }) => collection.namespace === null || collection.namespace === namespace)
  }

  function miss(reason: HelmUnseen, message: string): HelmFact {
    const fact = missing.get(message) ?? unseen(reason, message)
    missing.set(message, fact)
    return fact
  }

  return {
    of: (_target, { workload }) => {
      if (!workload.seen || workload.value.managedBy.release === '') return NOT_HELM
      const { release, releaseNamespace } = workload.value.managedBy
      const { namespace } = workload.value
      // Anybody could annotate a workload to learn about the releases of others.
      if (releaseNamespace !== '' && releaseNamespace !== namespace) return ELSEWHERE
      const unread = whyUnread(storeOf(namespace), namespace)
      if (unread !== null) return miss('never_read', unread)
      const what = `Helm release ${shown(release)}`
      return index.find(namespace, release) ?? miss('not_found', `${what} not found in namespace ${shown(namespace)}`)
    },
    releases: () => {
      told ??= stores.every(store => store.forbidden() === null)
        ? index.all()
        : index.all().filter(({ namespace }) => storeOf(namespace)?.forbidden() === null)
      return told
    },
    version: () => version,
    forgetAllBut: () => missing.clear(),
    read: async signal => {
      await Promise.all(reflectors.map(reflector => reflector.read(signal)))
    },
    follow: async onChange => {
      announce = onChange
      following = reflectors.map(reflector => reflector.follow(stopped.signal, () => {}))
    },
    // While the first list is under way, nothing is wrong.
    health: () =>
      judgeHealth(
        stores.filter(store => store.problem()?.message !== unreadOf(store.collection)),
        clock
      ),
    close: async () => {
      announce = () => {}
      stopped.abort()
      await Promise.all(following)
      clearImmediate(announcement)
    }
  }
}

function unreadOf(collection: Pick<Collection<unknown>, 'resource' | 'namespace'>): string {
  return `Helm's records: ${nameCollection(collection)} not read yet`
}

function whyUnread(store: Store<unknown> | undefined, namespace: string): string | null {
  if (store === undefined) return `namespace ${shown(namespace)} is not among WATCH_NAMESPACES`
  const forbidden = store.forbidden()
  if (forbidden !== null) return forbidden.message
  if (store.wasRead()) return null
  const problem = store.problem()
  return problem?.concerns === 'collection' ? problem.message : "Helm's records were never read"
}
