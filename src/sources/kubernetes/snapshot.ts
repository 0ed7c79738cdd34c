import { type Observed, seen, unseen } from '../../domain/observation.ts'
import type { KnownWorkload, PodsUnseen, WorkloadSnapshot } from '../../domain/ports.ts'
import { shown } from '../../domain/text.ts'
import { type Pod, type Workload, type WorkloadRef, workloadKey } from '../../domain/workload.ts'
import type { OwnedPod } from '../to-pod.ts'
import type { Problem } from './failure.ts'
import type { WorkloadCollection } from './resources.ts'
import type { Store } from './store.ts'

interface WorkloadStore extends Store<Workload> {
  readonly collection: WorkloadCollection
}

export interface Stores {
  readonly workloads: readonly WorkloadStore[]
  /** Empty: pods are not watched. */
  readonly pods: readonly Store<OwnedPod>[]
}

const NOT_WATCHED = unseen('not_watched', 'pods are not read: set WATCH_PODS=true and grant the rights')

/** Takes what the stores hold, one time after the other; a workload of which nothing changed stays the same object. */
export function createSnapshotter({ workloads, pods }: Stores): () => WorkloadSnapshot {
  const last = new WeakMap<Workload, KnownWorkload>()

  function know(workload: Workload, owned: Owned): KnownWorkload {
    const before = last.get(workload)
    const ofWorkload = owned(workload)
    if (before !== undefined && isSame(before.pods, ofWorkload)) return before
    const known = { workload, pods: ofWorkload, revisions: NOT_WATCHED }
    last.set(workload, known)
    return known
  }

  return () => {
    const owned = podsByOwner(pods)
    const known = workloads.flatMap(store => [...store.items().values()].map(workload => know(workload, owned)))
    const scopes = workloads.map(store => ({
      kind: store.collection.kind,
      namespace: store.collection.namespace,
      unread: store.wasRead() ? null : whyUnread(store.problem()),
      passedOver: new Map(store.passedOver())
    }))
    let byKey: ReadonlyMap<string, KnownWorkload> | undefined
    return {
      known,
      warnings: [],
      find: ref => {
        byKey ??= new Map(known.map(one => [workloadKey(one.workload), one]))
        const found = byKey.get(workloadKey(ref))
        if (found !== undefined) return seen(found)
        const scope = scopes.find(scope => covers(scope, ref))
        if (scope === undefined) {
          return unseen('never_read', `namespace ${shown(ref.namespace)} is not among WATCH_NAMESPACES`)
        }
        if (scope.unread !== null) return unseen('never_read', scope.unread)
        const what = `${ref.kind} ${shown(ref.name)}`
        const passedOver = scope.passedOver.get(`${ref.namespace}/${ref.name}`)
        if (passedOver !== undefined) return unseen('unreadable', `${what} could not be read: ${passedOver}`)
        return unseen('not_found', `${what} not found in namespace ${shown(ref.namespace)}`)
      }
    }
  }
}

type Owned = (workload: Workload) => Observed<readonly Pod[], PodsUnseen>

function podsByOwner(stores: readonly Store<OwnedPod>[]): Owned {
  if (stores.length === 0) return () => NOT_WATCHED
  const unread = stores.find(store => !store.wasRead())
  if (unread !== undefined) {
    const notRead = unseen('never_read', unread.problem()?.message ?? 'pods were not read yet')
    return () => notRead
  }
  const byOwner = new Map<string, Pod[]>()
  for (const { owner, pod } of stores.flatMap(store => [...store.items().values()])) {
    const others = byOwner.get(owner)
    if (others === undefined) byOwner.set(owner, [pod])
    else others.push(pod)
  }
  return workload => seen(byOwner.get(workloadKey(workload)) ?? [])
}

function isSame(one: Observed<readonly Pod[], PodsUnseen>, other: Observed<readonly Pod[], PodsUnseen>): boolean {
  if (!one.seen || !other.seen) return one === other
  return one.value.length === other.value.length && one.value.every((pod, index) => pod === other.value[index])
}

// What all workloads share is told once, by the source's health, and not with each of them.
function whyUnread(problem: Problem | null): string {
  return problem?.concerns === 'collection' ? problem.message : 'Kubernetes was never read'
}

function covers(scope: Pick<WorkloadCollection, 'kind' | 'namespace'>, { kind, namespace }: WorkloadRef): boolean {
  return scope.kind === kind && (scope.namespace === null || scope.namespace === namespace)
}
