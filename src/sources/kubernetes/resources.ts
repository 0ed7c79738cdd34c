import { WORKLOAD_KINDS, type Workload, type WorkloadKind } from '../../domain/workload.ts'
import { isJsonObject } from '../json-value.ts'
import { toWorkload } from '../to-workload.ts'
import type { Collection } from './collection.ts'
import { type Pod, toPod } from './to-pod.ts'

export interface WorkloadCollection extends Collection<Workload> {
  readonly kind: WorkloadKind
}

const RESOURCES: Readonly<Record<WorkloadKind, string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets'
}

/** Empty `namespaces`: all of them, in one collection for each kind. */
export function workloadCollections(namespaces: readonly string[]): readonly WorkloadCollection[] {
  return scopes(namespaces).flatMap(namespace =>
    WORKLOAD_KINDS.map(kind => ({
      kind,
      namespace,
      resource: `${RESOURCES[kind]}.apps`,
      path: `/apis/apps/v1/${inNamespace(namespace)}${RESOURCES[kind]}`,
      reduce: (object: unknown) => {
        // The items of a list leave out what they are.
        const typed = isJsonObject(object) ? { ...object, apiVersion: 'apps/v1', kind } : object
        const workload = toWorkload(typed)
        return workload.seen ? workload.value : null
      }
    }))
  )
}

export function podCollections(namespaces: readonly string[]): readonly Collection<Pod>[] {
  return scopes(namespaces).map(namespace => ({
    namespace,
    resource: 'pods',
    path: `/api/v1/${inNamespace(namespace)}pods`,
    reduce: toPod
  }))
}

function scopes(namespaces: readonly string[]): readonly (string | null)[] {
  return namespaces.length === 0 ? [null] : [...new Set(namespaces)]
}

function inNamespace(namespace: string | null): string {
  return namespace === null ? '' : `namespaces/${encodeURIComponent(namespace)}/`
}
