import type { WorkloadFacts } from '../../domain/ports.ts'
import type { Workload } from '../../domain/workload.ts'

/** When the last rollout began, ms since the epoch; `null`: not known. */
interface RolloutBegin {
  readonly at: number | null
  /** It had begun by then: at its end, where its beginning is not known. */
  readonly atLatest: number | null
}

interface Known extends Pick<WorkloadFacts, 'pods' | 'revisions'> {
  readonly workload: Workload
}

/** By the oldest pod of the newest revision; where pods are not read, a Deployment still says when its rollout ended. */
export function rolloutBegin({ workload, pods, revisions }: Known): RolloutBegin {
  const status = workload.status.seen ? workload.status.value : null
  const newest = revisions.seen ? revisions.value.toSorted((a, b) => b.number - a.number)[0]?.name : undefined
  const current = status?.updateRevision || newest
  const made = pods.seen
    ? pods.value.filter(({ revision }) => revision === current).map(({ createdAt }) => createdAt)
    : []
  const at = made.length === 0 ? null : Math.min(...made)
  // What the controller writes when a rollout is complete (progress.go).
  const ended = status?.progress?.reason === 'NewReplicaSetAvailable' ? status.progress.updatedAt : null
  return { at, atLatest: at ?? ended }
}
