import type { WorkloadFacts } from '../../domain/ports.ts'
import type { Workload } from '../../domain/workload.ts'

/** Between which times the last rollout began, ms since the epoch; `null`: not known. */
interface RolloutBegin {
  readonly atEarliest: number | null
  readonly atLatest: number | null
}

interface Known extends Pick<WorkloadFacts, 'pods' | 'revisions'> {
  readonly workload: Workload
}

/**
 * A rollout begins no earlier than its revision was made: going back rolls out one that is older. It has begun by the time
 * of its oldest pod and, of a Deployment, by its end: nodes come and go, and one day all pods are younger than both.
 */
export function rolloutBegin({ workload, pods, revisions }: Known): RolloutBegin {
  const status = workload.status.seen ? workload.status.value : null
  const byNumber = revisions.seen ? revisions.value.toSorted((a, b) => b.number - a.number) : []
  const current = status?.updateRevision || byNumber[0]?.name
  const made = pods.seen
    ? pods.value.filter(({ revision }) => revision === current).map(({ createdAt }) => createdAt)
    : []
  // What the controller writes when a rollout is complete (progress.go). When it goes back, it leaves that at first.
  const isComplete = status?.progress?.reason === 'NewReplicaSetAvailable' && status.updated === status.replicas
  const ended = isComplete ? (status.progress?.updatedAt ?? null) : null
  const latest = [...made, ...(ended === null ? [] : [ended])]
  return {
    atEarliest: byNumber.find(({ name }) => name === current)?.createdAt ?? null,
    atLatest: latest.length === 0 ? null : Math.min(...latest)
  }
}
