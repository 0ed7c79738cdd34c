import { WORKLOAD_KINDS, type Workload, type WorkloadKind } from '../../domain/workload.ts'
import { isJsonObject } from '../../text/json.ts'
import { type OwnedPod, toPod } from '../to-pod.ts'
import { toWorkload } from '../to-workload.ts'
import type { Collection } from './collection.ts'

export interface WorkloadCollection extends Collection<Workload> {
  readonly kind: WorkloadKind
}

/** Where, and how long each collection is watched before it is listed again. */
export interface Scope {
  /** Empty: all, in one collection for each kind. */
  readonly namespaces: readonly string[]
  readonly relistMs: number
}

const RESOURCES: Readonly<Record<WorkloadKind, string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets'
}

export function workloadCollections({ namespaces, relistMs }: Scope): readonly WorkloadCollection[] {
  return eachNamespace(namespaces).flatMap(namespace =>
    WORKLOAD_KINDS.map(kind => ({
      kind,
      namespace,
      resource: `${RESOURCES[kind]}.apps`,
      path: `/apis/apps/v1/${inNamespace(namespace)}${RESOURCES[kind]}`,
      representation: 'object' as const,
      factKind: 'workloads' as const,
      isNeeded: true,
      relistMs,
      reduce: (object: unknown) => {
        // The items of a list leave out what they are.
        const typed = isJsonObject(object) ? { ...object, apiVersion: 'apps/v1', kind } : object
        const workload = toWorkload(typed)
        return workload.seen ? workload.value : null
      }
    }))
  )
}

export function podCollections({ namespaces, relistMs }: Scope): readonly Collection<OwnedPod>[] {
  return eachNamespace(namespaces).map(namespace => ({
    namespace,
    resource: 'pods',
    path: `/api/v1/${inNamespace(namespace)}pods`,
    representation: 'object' as const,
    factKind: 'pods' as const,
    isNeeded: false,
    relistMs,
    reduce: toPod
  }))
}

function eachNamespace(namespaces: readonly string[]): readonly (string | null)[] {
  return namespaces.length === 0 ? [null] : [...new Set(namespaces)]
}

function inNamespace(namespace: string | null): string {
  return namespace === null ? '' : `namespaces/${encodeURIComponent(namespace)}/`
}
