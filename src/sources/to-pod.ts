import type { RunningImage } from '../domain/image-check.ts'
import { KEPT_LENGTH, type KubernetesKind, type Pod, type PodContainer, workloadKey } from '../domain/workload.ts'
import { countAt, listAt, textAt, timeAt, valueAt } from '../text/json.ts'
import { nativeSidecars } from './containers.ts'
import { controllerOf, deploymentOf, revisionName } from './ownership.ts'
import type { KeepString } from './string-pool.ts'

/** A pod that says whose it is. */
export interface OwnedPod extends Pod {
  /** The `workloadKey` of the workload that it belongs to. */
  readonly owner: string
}

/**
 * `null`: the pod belongs to no workload of ours, or has ended and runs nothing (Succeeded, Failed, evicted).
 *
 * `keep` gets the texts that many pods have in common.
 */
export function toPod(object: unknown, keep: KeepString = text => text): OwnedPod | null {
  const phase = textAt(object, 'status', 'phase')
  const createdAt = timeAt(object, 'metadata', 'creationTimestamp')
  if (phase === 'Succeeded' || phase === 'Failed' || createdAt === null) return null
  const owner = ownerOf(object)
  if (owner === null) return null

  const conditions = listAt(object, 'status', 'conditions')
  const find = (type: string): unknown => conditions.find(condition => valueAt(condition, 'type') === type)
  const ready = find('Ready')
  const scheduled = find('PodScheduled')
  const isDeleted = valueAt(object, 'metadata', 'deletionTimestamp') !== undefined
  return {
    owner: keep(owner.key),
    name: textAt(object, 'metadata', 'name'),
    revision: keep(owner.revision),
    node: keep(textAt(object, 'spec', 'nodeName')),
    architecture: '',
    createdAt,
    terminatesAt: isDeleted ? (timeAt(object, 'metadata', 'deletionTimestamp') ?? createdAt) : null,
    isReady: textAt(ready, 'status') === 'True',
    readyChangedAt: timeAt(ready, 'lastTransitionTime'),
    notReadyReason: keep(
      textAt(ready, 'reason') || (textAt(scheduled, 'status') === 'False' ? textAt(scheduled, 'reason') : '')
    ),
    startedAt: timeAt(object, 'status', 'startTime'),
    ip: textAt(object, 'status', 'podIP'),
    isOnHostNetwork: valueAt(object, 'spec', 'hostNetwork') === true,
    containers: readContainers(object, keep)
  }
}

/** The pod's workload, by its controller, and the revision, by the label that the controller sets. */
function ownerOf(object: unknown): { key: string; revision: string } | null {
  const namespace = textAt(object, 'metadata', 'namespace') || 'default'
  const controller = controllerOf(object)
  if (controller === null) return null
  const keyOf = (kind: KubernetesKind, name: string): string => workloadKey({ namespace, kind, name })
  const { kind, name } = controller
  const label = textAt(object, 'metadata', 'labels', 'controller-revision-hash')
  // A StatefulSet writes the revision's whole name there, a DaemonSet only its hash.
  if (kind === 'StatefulSet') return { key: keyOf(kind, name), revision: label }
  if (kind === 'DaemonSet') return { key: keyOf(kind, name), revision: label && revisionName(name, label) }
  const deployment = kind === 'ReplicaSet' ? deploymentOf(object, name) : null
  return deployment === null ? null : { key: keyOf('Deployment', deployment), revision: name }
}

function readContainers(object: unknown, keep: KeepString): readonly PodContainer[] {
  const statuses = ['containerStatuses', 'initContainerStatuses'].flatMap(list => listAt(object, 'status', list))
  return [...listAt(object, 'spec', 'containers'), ...nativeSidecars(object)].map(container => {
    const name = textAt(container, 'name')
    const status = statuses.find(status => valueAt(status, 'name') === name)
    const { digests, imageId } = readImageId(textAt(status, 'imageID'))
    return {
      name: keep(name),
      image: keep(textAt(container, 'image').slice(0, KEPT_LENGTH)),
      digest: keep(digests[0] ?? ''),
      ...(imageId === null ? {} : { imageId: keep(imageId) }),
      runtime: keep(schemeOf(textAt(status, 'containerID'))),
      isReady: valueAt(status, 'ready') === true,
      waitingReason: keep(whyWaits(status, object))
    }
  })
}

/**
 * For a container that waits for an init container, why that one is stuck, as kubectl prints it:
 * `Init:CrashLoopBackOff`.
 */
function whyWaits(status: unknown, pod: unknown): string {
  const reason = textAt(status, 'state', 'waiting', 'reason')
  if (reason !== INITIALIZING) return reason
  const reasons = listAt(pod, 'status', 'initContainerStatuses').map(init => {
    const hasFailed = countAt(init, 'state', 'terminated', 'exitCode') > 0
    return textAt(init, 'state', hasFailed ? 'terminated' : 'waiting', 'reason')
  })
  const keeps = reasons.find(one => one !== '' && one !== INITIALIZING)
  return keeps === undefined ? reason : `Init:${keeps}`
}

const INITIALIZING = 'PodInitializing'

function schemeOf(containerId: string): string {
  return containerId.slice(0, Math.max(0, containerId.indexOf('://')))
}

const DIGEST = /(@|^|\/\/)(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/
const BARE_ID = /^[0-9a-f]{64}$/

/**
 * Reads `imageID` from a container's status in Kubernetes. A digest comes as `repository@sha256:…` (containerd, CRI-O)
 * or `docker-pullable://…@sha256:…`; an image ID as `docker://sha256:…`, `sha256:…` (containerd, nothing was pulled) or
 * 64 hex digits (CRI-O). Anything else says nothing.
 */
export function readImageId(text: string): RunningImage {
  if (BARE_ID.test(text)) return { digests: [], imageId: `sha256:${text}` }
  const [, before, digest] = DIGEST.exec(text) ?? []
  if (digest === undefined) return { digests: [], imageId: null }
  return before === '@' ? { digests: [digest], imageId: null } : { digests: [], imageId: digest }
}

/** A Node's architecture, such as `amd64`; empty: it does not say. */
export function architectureOf(node: unknown): string {
  return textAt(node, 'status', 'nodeInfo', 'architecture') || textAt(node, 'metadata', 'labels', 'kubernetes.io/arch')
}

/** Adds its node's architecture to each pod whose runtime makes that matter; `architectures`: by the node's name. */
export function withArchitectures(pods: readonly Pod[], architectures: ReadonlyMap<string, string>): readonly Pod[] {
  return pods.map(pod => {
    const architecture = architectures.get(pod.node) ?? ''
    const isTold = architecture === pod.architecture || pod.containers.every(({ runtime }) => runtime === 'containerd')
    return isTold ? pod : { ...pod, architecture }
  })
}
