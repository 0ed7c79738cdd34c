import type { Container, Pod } from '../../domain/workload.ts'

// The kubelet reports a pod that was never ready as "not ready" within this time of its start.
const FIRST_WORD_MS = 5000

/**
 * Whether a pod has been ready, now or before: such a pod has been rolled out, whatever happened to it since.
 *
 * On a lost node Ready turns False without a reason, and the containers are still reported as ready. Containers that
 * were injected into the pod say nothing about the service.
 */
export function wasReadyOnce(pod: Pod, template: readonly Container[]): boolean {
  if (pod.isReady) return true
  const names = new Set(template.map(({ name }) => name))
  const ours = pod.containers.filter(({ name }) => names.has(name))
  const isToldReady = ours.length > 0 && ours.every(({ isReady }) => isReady)
  if (isToldReady && pod.notReadyReason !== 'ReadinessGatesNotReady') return true
  return pod.readyChangedAt !== null && pod.startedAt !== null && pod.readyChangedAt - pod.startedAt > FIRST_WORD_MS
}

/**
 * When a pod last moved its rollout on, ms since the epoch; in the future while the pod still has to stay ready for a
 * time.
 */
export function progressOf(pod: Pod, minReadyMs: number): number {
  return pod.isReady && pod.readyChangedAt !== null
    ? Math.max(pod.createdAt, pod.readyChangedAt + minReadyMs)
    : pod.createdAt
}

export interface Pace {
  readonly minReadyMs: number
  readonly deadlineMs: number
}

/**
 * The pods that one rollout created, without those created more than a deadline after all earlier ones had got ready: a
 * new node's, or those of a later scaling.
 */
export function ofOneRollout(pods: readonly Pod[], { minReadyMs, deadlineMs }: Pace): readonly Pod[] {
  const byAge = pods.toSorted((a, b) => a.createdAt - b.createdAt)
  let lastAt = byAge[0]?.createdAt ?? 0
  const first = byAge.findIndex(pod => {
    if (pod.createdAt - lastAt > deadlineMs) return true
    lastAt = Math.max(lastAt, Math.min(progressOf(pod, minReadyMs), latestProgressOf(pod, deadlineMs)))
    return false
  })
  return first === -1 ? byAge : byAge.slice(0, first)
}

/**
 * Up to when a pod may have moved the rollout that made it, ms since the epoch. One that gets ready later had crashed:
 * that says nothing about the rollout.
 */
export function latestProgressOf({ createdAt }: Pod, deadlineMs: number): number {
  return createdAt + 2 * deadlineMs
}

/** For a DaemonSet with maxSurge: whether a new pod already runs beside the one that leaves. */
export function isReplacedOnNode({ node }: Pod, updated: readonly Pod[]): boolean {
  return updated.some(pod => pod.node === node)
}

// A kubelet kills at the end of the grace period, and takes its time to report that the pod has gone.
const KILLING_MS = 60_000

/** By when a kubelet that answers has removed a deleted pod, ms since the epoch; `null`: nobody deleted it. */
export function goneBy({ terminatesAt }: Pod): number | null {
  return terminatesAt === null ? null : terminatesAt + KILLING_MS
}

/** Whether a pod that is being deleted stays because its node does not answer. */
export function isLostOnNode(pod: Pod, now: number): boolean {
  const { isReady, notReadyReason } = pod
  return (!isReady && notReadyReason === '') || (goneBy(pod) ?? Number.POSITIVE_INFINITY) <= now
}

/** The number of a StatefulSet's pod. */
export function ordinalOf({ name }: Pod): number {
  return Number(name.slice(name.lastIndexOf('-') + 1))
}

/** Why a pod is awaited, in Kubernetes' word; empty: it does not say. */
export function reasonOf({ containers, notReadyReason, terminatesAt }: Pod): string {
  if (terminatesAt !== null) return 'Terminating'
  return containers.find(({ waitingReason }) => waitingReason !== '')?.waitingReason ?? notReadyReason
}
