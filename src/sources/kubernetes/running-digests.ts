import type { Workload } from '../../domain/workload.ts'
import { workloadKey } from '../../domain/workload.ts'
import type { Pod } from './to-pod.ts'

/** What the pods of each workload run: by `workloadKey`, then by container. */
export type RunningDigests = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>

export function collectDigests(pods: Iterable<Pod>): RunningDigests {
  const workloads = new Map<string, Map<string, Set<string>>>()
  for (const { workload, running } of pods) {
    const containers = workloads.get(workload) ?? new Map<string, Set<string>>()
    workloads.set(workload, containers)
    for (const { container, digest } of running) {
      containers.set(container, (containers.get(container) ?? new Set()).add(digest))
    }
  }
  return workloads
}

/** The workload with the digests that its running pods report. */
export function withDigests(workload: Workload, digests: RunningDigests): Workload {
  const running = digests.get(workloadKey(workload))
  if (running === undefined) return workload
  const containers = workload.containers.map(container => ({
    ...container,
    runningDigests: [...(running.get(container.name) ?? [])].sort()
  }))
  return { ...workload, containers }
}
