import { listAt, textAt, valueAt } from '../text/json.ts'

/** What controls an object; `null`: nothing does. */
export function controllerOf(object: unknown): { kind: string; name: string } | null {
  const owners = listAt(object, 'metadata', 'ownerReferences')
  const controller = owners.find(reference => valueAt(reference, 'controller') === true)
  const name = textAt(controller, 'name')
  return name === '' ? null : { kind: textAt(controller, 'kind'), name }
}

/**
 * The Deployment of a ReplicaSet, or of one of its pods, by the ReplicaSet's name; `null`: it belongs to none.
 *
 * The controller names a ReplicaSet after the Deployment and a hash, which is also a label of the ReplicaSet and its
 * pods (generateReplicaSetName in its sync.go). So a pod's Deployment is known without a right to read ReplicaSets.
 */
export function deploymentOf(object: unknown, replicaSet: string): string | null {
  const suffix = `-${textAt(object, 'metadata', 'labels', 'pod-template-hash')}`
  return suffix !== '-' && replicaSet.endsWith(suffix) ? replicaSet.slice(0, -suffix.length) : null
}

// The longest name that the API server takes, less a hyphen and ten characters of hash.
const MAX_PREFIX = 223

/** The name that the controllers give a ControllerRevision (history.ControllerRevisionName). */
export function revisionName(workload: string, hash: string): string {
  return `${workload.slice(0, MAX_PREFIX)}-${hash}`
}
