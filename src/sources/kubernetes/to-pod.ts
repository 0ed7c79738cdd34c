import { type WorkloadKind, workloadKey } from '../../domain/workload.ts'
import { valueAt } from '../../text/json.ts'

/** A running pod reduced to what it tells of its workload's images. */
export interface Pod {
  /** The `workloadKey` of the workload that it belongs to. */
  readonly workload: string
  /** Of the containers that run; digests as `sha256:…`. */
  readonly running: readonly { readonly container: string; readonly digest: string }[]
}

const DIGEST = /@(sha(?:256|384|512):[0-9a-f]{64,128})$/
const OVER = ['Succeeded', 'Failed']

/** `null`: the pod belongs to no workload of ours, is over or about to be, or tells of no digest. */
export function toPod(object: unknown): Pod | null {
  const isOver = OVER.some(phase => phase === valueAt(object, 'status', 'phase'))
  if (isOver || valueAt(object, 'metadata', 'deletionTimestamp') !== undefined) return null
  const workload = workloadOf(object)
  const running = readRunning(valueAt(object, 'status', 'containerStatuses'))
  return workload === null || running.length === 0 ? null : { workload, running }
}

/**
 * Whose pod it is, by its controller.
 *
 * A Deployment's pods belong to ReplicaSets, which take rights of their own to read. But the controller names them
 * after the Deployment and the hash that is on the pod too (generateReplicaSetName in its sync.go).
 */
function workloadOf(object: unknown): string | null {
  const namespace = valueAt(object, 'metadata', 'namespace')
  const owners = valueAt(object, 'metadata', 'ownerReferences')
  const owner = Array.isArray(owners) ? owners.find(reference => valueAt(reference, 'controller') === true) : undefined
  const name = valueAt(owner, 'name')
  if (typeof namespace !== 'string' || typeof name !== 'string') return null
  const keyOf = (kind: WorkloadKind, workload: string): string => workloadKey({ namespace, kind, name: workload })

  const kind = valueAt(owner, 'kind')
  if (kind === 'StatefulSet' || kind === 'DaemonSet') return keyOf(kind, name)
  const suffix = `-${valueAt(object, 'metadata', 'labels', 'pod-template-hash')}`
  return kind === 'ReplicaSet' && name.endsWith(suffix) ? keyOf('Deployment', name.slice(0, -suffix.length)) : null
}

function readRunning(statuses: unknown): Pod['running'] {
  return (Array.isArray(statuses) ? statuses : []).flatMap(status => {
    const container = valueAt(status, 'name')
    const imageId = valueAt(status, 'imageID')
    // Without a repository it is the id of an image that came from no registry, and no digest of one.
    const digest = typeof imageId === 'string' ? DIGEST.exec(imageId)?.[1] : undefined
    const isRunning = valueAt(status, 'state', 'running') !== undefined
    return isRunning && typeof container === 'string' && digest !== undefined ? [{ container, digest }] : []
  })
}
