import { type Pod, type PodContainer, type WorkloadKind, workloadKey } from '../domain/workload.ts'
import { listAt, textAt, timeAt, valueAt } from '../text/json.ts'
import { controllerOf, deploymentOf, revisionName } from './ownership.ts'

/** A pod and whose it is. */
export interface OwnedPod {
  /** The `workloadKey` of the workload that it belongs to. */
  readonly owner: string
  readonly pod: Pod
}

/** `null`: the pod belongs to no workload of ours, or is over and runs nothing (Succeeded, Failed, evicted). */
export function toPod(object: unknown): OwnedPod | null {
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
    owner: owner.key,
    pod: {
      name: textAt(object, 'metadata', 'name'),
      revision: owner.revision,
      node: textAt(object, 'spec', 'nodeName'),
      architecture: '',
      createdAt,
      terminatesAt: isDeleted ? (timeAt(object, 'metadata', 'deletionTimestamp') ?? createdAt) : null,
      isReady: textAt(ready, 'status') === 'True',
      readyChangedAt: timeAt(ready, 'lastTransitionTime'),
      notReadyReason:
        textAt(ready, 'reason') || (textAt(scheduled, 'status') === 'False' ? textAt(scheduled, 'reason') : ''),
      startedAt: timeAt(object, 'status', 'startTime'),
      ip: textAt(object, 'status', 'podIP'),
      isOnHostNetwork: valueAt(object, 'spec', 'hostNetwork') === true,
      containers: readContainers(object)
    }
  }
}

/** Whose pod it is, by its controller, and which revision of it, by the label that its controller sets. */
function ownerOf(object: unknown): { key: string; revision: string } | null {
  const namespace = textAt(object, 'metadata', 'namespace') || 'default'
  const controller = controllerOf(object)
  if (controller === null) return null
  const keyOf = (kind: WorkloadKind, name: string): string => workloadKey({ namespace, kind, name })
  const { kind, name } = controller
  const label = textAt(object, 'metadata', 'labels', 'controller-revision-hash')
  // A StatefulSet writes the revision's whole name there, a DaemonSet its hash alone.
  if (kind === 'StatefulSet') return { key: keyOf(kind, name), revision: label }
  if (kind === 'DaemonSet') return { key: keyOf(kind, name), revision: label && revisionName(name, label) }
  const deployment = kind === 'ReplicaSet' ? deploymentOf(object, name) : null
  return deployment === null ? null : { key: keyOf('Deployment', deployment), revision: name }
}

function readContainers(object: unknown): readonly PodContainer[] {
  const statuses = listAt(object, 'status', 'containerStatuses')
  const containers = listAt(object, 'spec', 'containers').map(container => {
    const name = textAt(container, 'name')
    const status = statuses.find(status => valueAt(status, 'name') === name)
    return {
      name,
      image: textAt(container, 'image'),
      digest: digestIn(textAt(status, 'imageID')),
      runtime: schemeOf(textAt(status, 'containerID')),
      isReady: valueAt(status, 'ready') === true,
      waitingReason: textAt(status, 'state', 'waiting', 'reason')
    }
  })
  return containers
}

const DIGEST = /@(sha(?:256|384|512):[0-9a-f]{64,128})$/

// Without a repository it is the id of an image that came from no registry, and no digest of one.
function digestIn(imageId: string): string {
  return DIGEST.exec(imageId)?.[1] ?? ''
}

function schemeOf(containerId: string): string {
  return containerId.slice(0, Math.max(0, containerId.indexOf('://')))
}
