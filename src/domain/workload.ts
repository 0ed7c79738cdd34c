import type { ImageLabels } from './image-registry.ts'
import type { Observed } from './observation.ts'
import { shown } from './text.ts'

/** The kinds of workload in Kubernetes, all of apps/v1. */
export const KUBERNETES_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const

export type KubernetesKind = (typeof KUBERNETES_KINDS)[number]

/** `Container`: on a Docker host, the containers of one Compose service, or one container by itself. */
export type WorkloadKind = KubernetesKind | 'Container'

export interface WorkloadRef {
  readonly namespace: string
  readonly kind: WorkloadKind
  readonly name: string
}

/** A workload reduced to what is judged; everything else of the object is dropped on arrival. Facts only, no judgement. */
export interface Workload extends WorkloadRef {
  /** Those of `ANNOTATIONS`, by name without the prefix; what is longer than a valid value is cut. */
  readonly annotations: Readonly<Record<string, string>>
  /** Annotations of ours that have no effect: unknown names, or on the pod template. A few lines; empty: none. */
  readonly warnings: readonly string[]
  /** Who applies it, by its labels and annotations: it decides how a person goes back. */
  readonly managedBy: ManagedBy
  readonly releaseLabels: ReleaseLabels
  /** Of the pod template, in its order, init containers left out. */
  readonly containers: readonly Container[]
  /** Native sidecars of the pod template: init containers that go on running. Absent: none. */
  readonly sidecars?: readonly Container[]
  /** Of the pod template: Secrets in its own namespace that its images are pulled with; absent: it names none. */
  readonly pullSecrets?: readonly string[]
  /** A new one each time it is created again. Absent: it does not come from a cluster. */
  readonly uid?: string
  /** Somebody has deleted it, and it goes when all that it owns has gone. Absent: nobody has. */
  readonly isBeingDeleted?: true
  /** Counts every change of the spec, scaling and pausing included; 0: a manifest that was never applied. */
  readonly generation: number
  /** Equal for equal pod templates, whatever the order of their keys. */
  readonly templateId: string
  readonly strategy: Strategy
  /** Unseen where the object carries no status, as in a manifest that was never applied. */
  readonly status: Observed<WorkloadStatus, 'no_status'>
}

/**
 * Who applies a workload; `helm`, by `meta.helm.sh/release-name`, if neither Argo CD nor Flux does; `compose` and
 * `swarm` on Docker hosts.
 */
export interface ManagedBy {
  readonly manager: 'helm' | 'argocd' | 'flux' | 'compose' | 'swarm' | ''
  /** Helm's release and where it lives; empty: none. */
  readonly release: string
  readonly releaseNamespace: string
}

/**
 * What a chart writes on a workload about the release that it comes from; empty: not there. Cut after the longest
 * label.
 */
export interface ReleaseLabels {
  /** `app.kubernetes.io/version` */
  readonly version: string
  /** `helm.sh/chart` */
  readonly chart: string
}

/** The most characters that are kept of a container's name and image: one more than any image reference has. */
export const KEPT_LENGTH = 1025

export interface Container {
  /** Empty where the object names none; only a file of manifests may hold such a container. */
  readonly name: string
  /** The image reference as written in the pod template; empty where there is none, as for `name`. */
  readonly image: string
}

/** How the controller replaces pods. */
export interface Strategy {
  readonly type: 'RollingUpdate' | 'Recreate' | 'OnDelete'
  /** Pods below this ordinal keep their revision; 0 for all but StatefulSets. */
  readonly partition: number
  /** Of a Deployment. */
  readonly isPaused: boolean
  /** Of a StatefulSet with OrderedReady: a pod that is not ready is never replaced. */
  readonly isOrdered: boolean
  /** How long a pod must have been ready before the controller goes on. */
  readonly minReadyMs: number
  /** How long the controller waits for progress; `null`: the workload names no deadline. */
  readonly progressDeadlineMs: number | null
}

/** The controller's counters, 0 where it leaves one out, and what it says of the rollout. */
export interface WorkloadStatus {
  readonly observedGeneration: number
  /** Of a DaemonSet: `currentNumberScheduled`. */
  readonly replicas: number
  /** Of a DaemonSet: `desiredNumberScheduled`; else what the spec wants. */
  readonly desired: number
  /** Of a DaemonSet: `updatedNumberScheduled`. */
  readonly updated: number
  readonly ready: number
  readonly available: number
  /** Of a StatefulSet; empty elsewhere. */
  readonly currentRevision: string
  readonly updateRevision: string
  /** A Deployment's condition Progressing; `null`: it has none. */
  readonly progress: Progress | null
  /** Why a Deployment can make no pod or no ReplicaSet, cut at 256 characters; empty: it can. */
  readonly failure: string
}

/** How far a Deployment's controller says it has got. */
export interface Progress {
  /** Such as `NewReplicaSetAvailable`. */
  readonly reason: string
  /** When it last saw progress, or wrote another reason, ms since the epoch; `null`: not said. */
  readonly updatedAt: number | null
  /** The ReplicaSet that it is about; absent: it names none. */
  readonly replicaSet?: string
}

/** A workload's pod that has not ended, reduced to what is judged. */
export interface Pod {
  readonly name: string
  /** The name of its ReplicaSet or ControllerRevision; empty: its labels do not say. */
  readonly revision: string
  /** Empty: not on a node yet. */
  readonly node: string
  /** Of that node, such as `amd64`; empty: not known. */
  readonly architecture: string
  readonly createdAt: number
  /** By when it should be gone, its grace period included; `null`: nobody deleted it. */
  readonly terminatesAt: number | null
  readonly isReady: boolean
  /** When it became ready or ceased to be, ms since the epoch; `null`: not said. */
  readonly readyChangedAt: number | null
  /** Why it is not ready or not on a node, in Kubernetes' word; empty: it does not say, as on a lost node. */
  readonly notReadyReason: string
  readonly startedAt: number | null
  /** The pod's own address; empty: none yet. */
  readonly ip: string
  readonly isOnHostNetwork: boolean
  /** Native sidecars come last; other init containers are left out. */
  readonly containers: readonly PodContainer[]
}

export interface PodContainer {
  readonly name: string
  /** As written in the pod's spec: the status may name another image of the same content. */
  readonly image: string
  /** `sha256:…` as the runtime reports it; empty: not pulled, or an image that came from no registry. */
  readonly digest: string
  /**
   * All digests under which the runtime knows the image, such as those of an index and of an image in it; empty: it came
   * from no registry; absent: `digest` alone.
   */
  readonly digests?: readonly string[]
  /** The digest of the image's configuration; absent: not known. */
  readonly imageId?: string
  /** Of the image: `os/architecture[/variant]`; absent: not known. */
  readonly platform?: string
  /** Of the image, where the runtime tells them; absent: it does not. */
  readonly labels?: ImageLabels
  /** The scheme of its container id, such as `containerd`; empty: not started. */
  readonly runtime: string
  readonly isReady: boolean
  /**
   * Why it waits, such as `CrashLoopBackOff`, or `Init:CrashLoopBackOff` for an init container before it; empty: it
   * does not.
   */
  readonly waitingReason: string
}

/** A ReplicaSet or ControllerRevision: one pod template that the workload has or had. */
export interface Revision {
  readonly name: string
  /** As `--to-revision` takes it; going back raises it above all others. 0: not known. */
  readonly number: number
  readonly createdAt: number
  /** `null`: its template was not read. */
  readonly template: RevisionTemplate | null
}

interface RevisionTemplate {
  readonly templateId: string
  /** Native sidecars come last; other init containers are left out. */
  readonly containers: readonly Container[]
}

/** For a person; names that others chose are made harmless. */
export function describeWorkload({ kind, name, namespace }: WorkloadRef): string {
  return `${kind} ${shown(name)} in namespace ${shown(namespace)}`
}

/** `shop/Deployment/web`. */
export function workloadKey({ namespace, kind, name }: WorkloadRef): string {
  // `join` makes one string. A template literal keeps its pieces, three times as much where thousands of keys are kept.
  return [namespace, kind, name].join('/')
}
