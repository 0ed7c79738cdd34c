import { seen, unseen } from '../../domain/observation.ts'
import type { WorkloadSnapshot } from '../../domain/ports.ts'
import { shown } from '../../domain/text.ts'
import { type Workload, type WorkloadRef, workloadKey } from '../../domain/workload.ts'
import type { WorkloadCollection } from './collections.ts'
import type { Replica } from './replica.ts'
import { collectDigests, withDigests } from './running-digests.ts'
import type { Pod } from './to-pod.ts'

interface WorkloadReplica extends Replica<Workload> {
  readonly collection: WorkloadCollection
}

export interface Replicas {
  readonly workloads: readonly WorkloadReplica[]
  readonly pods: readonly Replica<Pod>[]
}

/** A copy of what the replicas hold now, with each workload's running digests. */
export function takeSnapshot({ workloads, pods }: Replicas): WorkloadSnapshot {
  const digests = collectDigests(pods.flatMap(replica => [...replica.kept().values()]))
  const found = new Map<string, Workload>()
  for (const replica of workloads) {
    for (const workload of replica.kept().values()) found.set(workloadKey(workload), withDigests(workload, digests))
  }
  const scopes = workloads.map(replica => ({
    kind: replica.collection.kind,
    namespace: replica.collection.namespace,
    unread: replica.wasRead() ? null : (replica.problem() ?? 'not read yet')
  }))

  return {
    workloads: [...found.values()],
    warnings: [],
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

function covers(scope: Pick<WorkloadCollection, 'kind' | 'namespace'>, { kind, namespace }: WorkloadRef): boolean {
  return scope.kind === kind && (scope.namespace === null || scope.namespace === namespace)
}
