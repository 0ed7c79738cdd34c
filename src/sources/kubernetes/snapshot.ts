import { seen, unseen } from '../../domain/observation.ts'
import type { WorkloadSnapshot } from '../../domain/ports.ts'
import { shown } from '../../domain/text.ts'
import { type Workload, type WorkloadRef, workloadKey } from '../../domain/workload.ts'
import type { Problem } from './failure.ts'
import type { WorkloadCollection } from './resources.ts'
import { collectDigests, withDigests } from './running-digests.ts'
import type { Store } from './store.ts'
import type { Pod } from './to-pod.ts'

interface WorkloadStore extends Store<Workload> {
  readonly collection: WorkloadCollection
}

export interface Stores {
  readonly workloads: readonly WorkloadStore[]
  readonly pods: readonly Store<Pod>[]
}

/** A copy of what the stores hold now, with each workload's running digests. */
export function takeSnapshot({ workloads, pods }: Stores): WorkloadSnapshot {
  const digests = collectDigests(pods.flatMap(store => [...store.items().values()]))
  const found = new Map<string, Workload>()
  for (const store of workloads) {
    for (const workload of store.items().values()) found.set(workloadKey(workload), withDigests(workload, digests))
  }
  const scopes = workloads.map(store => ({
    kind: store.collection.kind,
    namespace: store.collection.namespace,
    unread: store.wasRead() ? null : whyUnread(store.problem())
  }))

  return {
    workloads: [...found.values()],
    find: ref => {
      const workload = found.get(workloadKey(ref))
      if (workload !== undefined) return seen(workload)
      const scope = scopes.find(scope => covers(scope, ref))
      if (scope === undefined) {
        return unseen('never_read', `namespace ${shown(ref.namespace)} is not among WATCH_NAMESPACES`)
      }
      if (scope.unread !== null) return unseen('never_read', scope.unread)
      return unseen('not_found', `${ref.kind} ${shown(ref.name)} not found in namespace ${shown(ref.namespace)}`)
    }
  }
}

// What all workloads share is told once, by the source's health, and not with each of them.
function whyUnread(problem: Problem | null): string {
  return problem?.concerns === 'collection' ? problem.message : 'Kubernetes was never read'
}

function covers(scope: Pick<WorkloadCollection, 'kind' | 'namespace'>, { kind, namespace }: WorkloadRef): boolean {
  return scope.kind === kind && (scope.namespace === null || scope.namespace === namespace)
}
