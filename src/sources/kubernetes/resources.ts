import { KUBERNETES_KINDS, type KubernetesKind, type Workload, type WorkloadRef } from '../../domain/workload.ts'
import { isJsonObject, textAt } from '../../text/json.ts'
import { createStringPool } from '../string-pool.ts'
import { type HelmRecord, toHelmRecord } from '../to-helm-record.ts'
import { architectureOf, type OwnedPod, toPod } from '../to-pod.ts'
import { type OwnedRevision, type RevisionKind, revisionKindOf, toRevision } from '../to-revision.ts'
import { toWorkload } from '../to-workload.ts'
import type { Collection } from './collection.ts'

export interface WorkloadCollection extends Collection<Workload> {
  readonly kind: KubernetesKind
}

/** Where, and how long each collection is watched before it is listed again. */
export interface Scope {
  /** Empty: all, in one collection for each kind. */
  readonly namespaces: readonly string[]
  readonly relistMs: number
}

const RESOURCES: Readonly<Record<KubernetesKind, string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets'
}

export function workloadCollections({ namespaces, relistMs }: Scope): readonly WorkloadCollection[] {
  return eachNamespace(namespaces).flatMap(namespace =>
    KUBERNETES_KINDS.map(kind => ({
      kind,
      namespace,
      resource: `${RESOURCES[kind]}.apps`,
      path: `/apis/apps/v1/${inNamespace(namespace)}${RESOURCES[kind]}`,
      representation: 'object' as const,
      factKind: 'workloads' as const,
      isNeeded: true,
      relistMs,
      reduce: (object: unknown) => {
        const workload = toWorkload(withKind(object, kind))
        return workload.seen ? workload.value : null
      },
      whyUnread: (object: unknown) => {
        const workload = toWorkload(withKind(object, kind))
        // The caller names the workload itself.
        const name = `${kind} ${textAt(object, 'metadata', 'name')}: `
        return workload.seen ? null : workload.message.replace(name, '')
      }
    }))
  )
}

/** The items of a list leave out their own kind. */
function withKind(object: unknown, kind: KubernetesKind): unknown {
  return isJsonObject(object) ? { ...object, apiVersion: 'apps/v1', kind } : object
}

export function podCollections({ namespaces, relistMs }: Scope): readonly Collection<OwnedPod>[] {
  const keep = createStringPool()
  return eachNamespace(namespaces).map(namespace => ({
    namespace,
    resource: 'pods',
    path: `/api/v1/${inNamespace(namespace)}pods`,
    representation: 'object' as const,
    factKind: 'pods' as const,
    isNeeded: false,
    relistMs,
    reduce: (object: unknown) => toPod(object, keep)
  }))
}

export interface RevisionCollection extends Collection<OwnedRevision> {
  readonly kind: RevisionKind
}

const REVISION_RESOURCES: Readonly<Record<RevisionKind, string>> = {
  ReplicaSet: 'replicasets',
  ControllerRevision: 'controllerrevisions'
}

/** Only their metadata: eleven whole revisions for each workload would be hundreds of megabytes with every list. */
export function revisionCollections({ namespaces, relistMs }: Scope): readonly RevisionCollection[] {
  const keep = createStringPool()
  return eachNamespace(namespaces).flatMap(namespace =>
    (['ReplicaSet', 'ControllerRevision'] as const).map(kind => ({
      kind,
      namespace,
      resource: `${REVISION_RESOURCES[kind]}.apps`,
      path: `/apis/apps/v1/${inNamespace(namespace)}${REVISION_RESOURCES[kind]}`,
      representation: 'metadata' as const,
      factKind: 'revisions' as const,
      isNeeded: false,
      relistMs,
      reduce: (object: unknown) => toRevision(kind, object, keep)
    }))
  )
}

/** The path of one revision of a workload, whole. */
export function revisionPath(ref: WorkloadRef, name: string): string {
  const resource = REVISION_RESOURCES[revisionKindOf(ref)]
  return `/apis/apps/v1/${inNamespace(ref.namespace)}${resource}/${encodeURIComponent(name)}`
}

/** A node and its architecture. */
export interface NodeFact {
  readonly name: string
  readonly architecture: string
}

export function nodeCollection(relistMs: number): Collection<NodeFact> {
  return {
    namespace: null,
    resource: 'nodes',
    path: '/api/v1/nodes',
    representation: 'metadata',
    factKind: 'nodes',
    isNeeded: false,
    relistMs,
    reduce: object => ({ name: textAt(object, 'metadata', 'name'), architecture: architectureOf(object) })
  }
}

/**
 * The metadata of Helm's Secrets. RBAC knows neither labels nor representations: the right to list them is the right to
 * read every Secret of the namespace, so only this request keeps us from reading the rest.
 */
export function helmCollections({ namespaces, relistMs }: Scope): readonly Collection<HelmRecord>[] {
  return eachNamespace(namespaces).map(namespace => ({
    namespace,
    resource: 'secrets',
    path: `/api/v1/${inNamespace(namespace)}secrets`,
    selector: { labelSelector: 'owner=helm', fieldSelector: 'type=helm.sh/release.v1' },
    representation: 'metadata',
    factKind: 'helm',
    isNeeded: false,
    relistMs,
    reduce: toHelmRecord
  }))
}

function eachNamespace(namespaces: readonly string[]): readonly (string | null)[] {
  return namespaces.length === 0 ? [null] : [...new Set(namespaces)]
}

function inNamespace(namespace: string | null): string {
  return namespace === null ? '' : `namespaces/${encodeURIComponent(namespace)}/`
}
