import { type Observed, seen, unseen } from '../../domain/observation.ts'
import type { PodsUnseen, WorkloadSnapshot } from '../../domain/ports.ts'
import { shown } from '../../domain/text.ts'
import { type Pod, type Revision, type Workload, type WorkloadRef, workloadKey } from '../../domain/workload.ts'
import type { OwnedPod } from '../to-pod.ts'
import type { OwnedRevision } from '../to-revision.ts'
import type { Collection } from './collection.ts'
import type { Problem } from './failure.ts'
import { type RevisionCollection, revisionKindOf, type WorkloadCollection } from './resources.ts'
import type { Store } from './store.ts'

export interface Stores {
  readonly workloads: readonly (Store<Workload> & { readonly collection: WorkloadCollection })[]
  /** `null`: neither pods nor revisions are read. */
  readonly dependents: DependentStores | null
}

export interface DependentStores {
  readonly pods: readonly Store<OwnedPod>[]
  readonly revisions: readonly (Store<OwnedRevision> & { readonly collection: RevisionCollection })[]
  /** By owner. */
  podsOf(owner: string): readonly Pod[]
  revisionsOf(owner: string): readonly Revision[]
}

/** What the stores hold now; what they come to hold later does not change it. */
export function takeSnapshot({ workloads, dependents }: Stores): WorkloadSnapshot {
  const scopes = workloads.map(store => ({ ...scopeOf(store), kind: store.collection.kind, items: store.items() }))

  return {
    workloads: scopes.flatMap(({ items }) => [...items.values()]),
    warnings: [],
    find: ref => {
      const scope = scopes.find(scope => scope.kind === ref.kind && covers(scope, ref))
      if (scope === undefined) return unseen('never_read', outOfScope(ref))
      const workload = scope.items.get(`${ref.namespace}/${ref.name}`)
      if (workload !== undefined) return seen(workload)
      if (scope.unread !== null) return unseen('never_read', scope.unread)
      return unseen('not_found', `${ref.kind} ${shown(ref.name)} not found in namespace ${shown(ref.namespace)}`)
    },
    ...takeDependents(dependents)
  }
}

type FindDependents = Pick<WorkloadSnapshot, 'podsOf' | 'revisionsOf'>

const NOT_WATCHED = unseen('not_watched', 'WATCH_PODS is false')

function takeDependents(dependents: DependentStores | null): FindDependents {
  if (dependents === null) return { podsOf: () => NOT_WATCHED, revisionsOf: () => NOT_WATCHED }
  const { podsOf, revisionsOf } = dependents
  const pods = dependents.pods.map(scopeOf)
  const revisions = dependents.revisions.map(store => ({ ...scopeOf(store), kind: store.collection.kind }))
  return {
    podsOf: ref =>
      findIn(
        pods.find(scope => covers(scope, ref)),
        ref,
        podsOf
      ),
    revisionsOf: ref => {
      const scope = revisions.find(scope => scope.kind === revisionKindOf(ref) && covers(scope, ref))
      return findIn(scope, ref, revisionsOf)
    }
  }
}

function findIn<Value>(
  scope: Scope | undefined,
  ref: WorkloadRef,
  listOf: (owner: string) => readonly Value[]
): Observed<readonly Value[], PodsUnseen> {
  if (scope === undefined) return unseen('never_read', outOfScope(ref))
  return scope.unread === null ? seen(listOf(workloadKey(ref))) : unseen('never_read', scope.unread)
}

interface Scope {
  readonly namespace: string | null
  /** `null`: it was read. */
  readonly unread: string | null
}

function scopeOf({ collection, wasRead, problem }: Store<unknown>): Scope {
  return { namespace: collection.namespace, unread: wasRead() ? null : whyUnread(problem()) }
}

function covers({ namespace }: Pick<Collection<unknown>, 'namespace'>, ref: WorkloadRef): boolean {
  return namespace === null || namespace === ref.namespace
}

function outOfScope({ namespace }: WorkloadRef): string {
  return `namespace ${shown(namespace)} is not among WATCH_NAMESPACES`
}

// What all workloads share is told once, by the source's health, and not with each of them.
function whyUnread(problem: Problem | null): string {
  return problem?.concerns === 'collection' ? problem.message : 'Kubernetes was never read'
}
