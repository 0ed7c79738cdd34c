import {
  KUBERNETES_KINDS,
  type KubernetesKind,
  type Revision,
  type WorkloadRef,
  workloadKey
} from '../domain/workload.ts'
import { listAt, textAt, timeAt, valueAt } from '../text/json.ts'
import { nativeSidecars, toContainer } from './containers.ts'
import { controllerOf, deploymentOf } from './ownership.ts'
import type { KeepString } from './string-pool.ts'
import { templateIdOf } from './template-id.ts'

export type RevisionKind = 'ReplicaSet' | 'ControllerRevision'

/** The kind of object in which Kubernetes keeps the templates of a workload of this kind. */
export function revisionKindOf({ kind }: Pick<WorkloadRef, 'kind'>): RevisionKind {
  return kind === 'Deployment' ? 'ReplicaSet' : 'ControllerRevision'
}

/** A revision that says whose it is. */
export interface OwnedRevision extends Revision {
  /** The `workloadKey` of the workload that it belongs to. */
  readonly owner: string
  /**
   * For a ControllerRevision: changes when its number is raised. Empty for a ReplicaSet, whose number is in its
   * metadata.
   */
  readonly version: string
}

/**
 * Reads a whole object or only its metadata, which leave the template unread, and a ControllerRevision's number too.
 * `null`: it belongs to no workload of ours.
 */
export function toRevision(kind: RevisionKind, object: unknown, keep: KeepString = text => text): OwnedRevision | null {
  const createdAt = timeAt(object, 'metadata', 'creationTimestamp')
  const owner = ownerOf(kind, object)
  if (owner === null || createdAt === null) return null
  const namespace = textAt(object, 'metadata', 'namespace') || 'default'
  const number =
    kind === 'ReplicaSet'
      ? Number(textAt(object, 'metadata', 'annotations', 'deployment.kubernetes.io/revision'))
      : valueAt(object, 'revision')
  return {
    owner: keep(workloadKey({ namespace, ...owner })),
    version: kind === 'ControllerRevision' ? textAt(object, 'metadata', 'resourceVersion') : '',
    name: textAt(object, 'metadata', 'name'),
    number: Number.isSafeInteger(number) ? Number(number) : 0,
    createdAt,
    template: readTemplate(kind, object)
  }
}

function ownerOf(kind: RevisionKind, object: unknown): { kind: KubernetesKind; name: string } | null {
  const controller = controllerOf(object)
  if (controller !== null) {
    const known = KUBERNETES_KINDS.find(owner => owner === controller.kind && revisionKindOf({ kind: owner }) === kind)
    return known === undefined ? null : { kind: known, name: controller.name }
  }
  // Without an owner, for example in a saved file without references, its name and its label tell.
  const name = textAt(object, 'metadata', 'name')
  if (kind === 'ReplicaSet') {
    const deployment = deploymentOf(object, name)
    return deployment === null ? null : { kind: 'Deployment', name: deployment }
  }
  for (const [owner, label] of HASH_LABELS) {
    const suffix = `-${textAt(object, 'metadata', 'labels', label)}`
    if (suffix !== '-' && name.endsWith(suffix)) return { kind: owner, name: name.slice(0, -suffix.length) }
  }
  return null
}

const HASH_LABELS = [
  ['StatefulSet', 'controller.kubernetes.io/hash'],
  ['DaemonSet', 'controller-revision-hash']
] as const

function readTemplate(kind: RevisionKind, object: unknown): Revision['template'] {
  const template =
    kind === 'ReplicaSet' ? valueAt(object, 'spec', 'template') : valueAt(object, 'data', 'spec', 'template')
  const containers = listAt(template, 'spec', 'containers')
  if (containers.length === 0) return null
  return {
    templateId: templateIdOf(template),
    containers: [...containers, ...nativeSidecars(template)].map(toContainer)
  }
}
