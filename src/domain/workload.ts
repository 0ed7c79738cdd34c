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
  /** The annotations under `version-guard.keybuzz.io/`, without that prefix. */
  readonly annotations: Readonly<Record<string, string>>
  /** Of the pod template, in its order, init containers left out. */
  readonly containers: readonly Container[]
  /** Unseen where the object carries no status, as a manifest that was never applied. */
  readonly rollout: Observed<Rollout, 'no_status'>
}

export interface Container {
  readonly name: string
  /** The image reference as written in the pod template. */
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

export const ANNOTATION_PREFIX = 'version-guard.keybuzz.io/'

// Longer than any address or image reference that is taken: what is cut here is refused there, and costs no memory.
export const KEPT_LENGTH = 4096

/** Only our annotations, without their prefix; values are cut at 4,096 characters. */
export function ownAnnotations(annotations: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const own = Object.entries(annotations ?? {}).filter(([name]) => name.startsWith(ANNOTATION_PREFIX))
  return Object.fromEntries(
    own.map(([name, value]) => [name.slice(ANNOTATION_PREFIX.length), value.slice(0, KEPT_LENGTH)])
  )
}

export function workloadKey({ namespace, kind, name }: WorkloadRef): string {
  return `${namespace}/${kind}/${name}`
}
