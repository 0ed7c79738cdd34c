import type { Observed } from './observation.ts'

export const WORKLOAD_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const

export type WorkloadKind = (typeof WORKLOAD_KINDS)[number]

export interface WorkloadRef {
  readonly namespace: string
  readonly kind: WorkloadKind
  readonly name: string
}

/** A workload reduced to what is judged; everything else of the object is dropped on arrival. */
export interface Workload extends WorkloadRef {
  /** Those of `ANNOTATIONS`, by name without the prefix; what is longer than a valid value is cut. */
  readonly annotations: Readonly<Record<string, string>>
  /** Annotations of ours that have no effect: unknown names, or on the pod template. A few lines; empty: none. */
  readonly warnings: readonly string[]
  /** Of the pod template, in its order, init containers left out. */
  readonly containers: readonly Container[]
  /** Unseen where the object carries no status, as a manifest that was never applied. */
  readonly rollout: Observed<Rollout, 'no_status'>
}

/** The most characters that are kept of a container's name and image: one more than any image reference has. */
export const KEPT_LENGTH = 1025

export interface Container {
  /** Empty where the object names none; only a file of manifests may hold such a container. */
  readonly name: string
  /** The image reference as written in the pod template; empty where there is none, as for `name`. */
  readonly image: string
  /**
   * Digests (`sha256:…`) that the workload's running pods report for this container, sorted, without repeats.
   * Empty: pods are not read, or none runs.
   */
  readonly runningDigests: readonly string[]
}

/** Whether the workload's pods are being replaced, by the rules of `kubectl rollout status`. */
export interface Rollout {
  readonly inProgress: boolean
  /** What is still awaited; empty when nothing is. */
  readonly message: string
}

export function workloadKey({ namespace, kind, name }: WorkloadRef): string {
  return `${namespace}/${kind}/${name}`
}
