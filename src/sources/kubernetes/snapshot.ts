import { type Observed, seen, unseen } from '../../domain/observation.ts'
import type { KnownWorkload, PodsUnseen, WorkloadSnapshot } from '../../domain/ports.ts'
import { shown } from '../../domain/text.ts'
import { type Pod, type Revision, type Workload, type WorkloadRef, workloadKey } from '../../domain/workload.ts'
import type { Problem } from './failure.ts'
import { type RevisionCollection, revisionKindOf, type WorkloadCollection } from './resources.ts'
import type { Store } from './store.ts'

export interface Stores {
  readonly workloads: readonly (Store<Workload> & { readonly collection: WorkloadCollection })[]
  /** Called once for each snapshot; `null`: pods and revisions are not watched. */
  readonly viewDependents: (() => DependentStores) | null
}

export interface DependentStores {
  readonly pods: readonly Store<unknown>[]
  readonly revisions: readonly (Store<unknown> & { readonly collection: RevisionCollection })[]
  /** What belongs to a workload now, by `workloadKey`; the same array as long as nothing of it changed. */
  podsOf(owner: string): readonly Pod[]
  revisionsOf(owner: string): readonly Revision[]
}

const NOT_WATCHED = unseen('not_watched', 'pods are not read: set WATCH_PODS=true and grant the rights')

/** Takes what the stores hold, one time after the other; a workload of which nothing changed stays the same object. */
export function createSnapshotter({ workloads, viewDependents }: Stores): () => WorkloadSnapshot {
  const last = new WeakMap<Workload, KnownWorkload>()

  function know(workload: Workload, findDependents: FindDependents): KnownWorkload {
    const before = last.get(workload)
    const now = { workload, ...findDependents(workload) }
    if (before !== undefined && isSame(before.pods, now.pods) && isSame(before.revisions, now.revisions)) return before
    last.set(workload, now)
    return now
  }

  return () => {
    const findDependents = viewDependents === null ? notWatched : finderOf(viewDependents())
    const scopes = workloads.map(store => ({
      ...scopeOf(store),
      kind: store.collection.kind,
      passedOver: new Map(store.passedOver())
    }))
    const known = workloads.flatMap(store => [...store.items().values()].map(one => know(one, findDependents)))
    let byKey: ReadonlyMap<string, KnownWorkload> | undefined
    return {
      known,
      warnings: [],
      find: ref => {
        byKey ??= new Map(known.map(one => [workloadKey(one.workload), one]))
        const found = byKey.get(workloadKey(ref))
        if (found !== undefined) return seen(found)
        const scope = scopes.find(scope => scope.kind === ref.kind && covers(scope, ref))
        if (scope === undefined) return unseen('never_read', outOfScope(ref))
        if (scope.unread !== null) return unseen('never_read', scope.unread)
        const what = `${ref.kind} ${shown(ref.name)}`
        const passedOver = scope.passedOver.get(`${ref.namespace}/${ref.name}`)
        if (passedOver !== undefined) return unseen('unreadable', `${what} could not be read: ${passedOver}`)
        return unseen('not_found', `${what} not found in namespace ${shown(ref.namespace)}`)
      }
    }
  }
}

type Found<Value> = Observed<readonly Value[], PodsUnseen>
type FindDependents = (workload: Workload) => Pick<KnownWorkload, 'pods' | 'revisions'>

const notWatched: FindDependents = () => ({ pods: NOT_WATCHED, revisions: NOT_WATCHED })

function finderOf(dependents: DependentStores): FindDependents {
  const pods = dependents.pods.map(scopeOf)
  const revisions = dependents.revisions.map(store => ({ ...scopeOf(store), kind: store.collection.kind }))
  return workload => {
    const kind = revisionKindOf(workload)
    return {
      pods: findIn(pods, workload, dependents.podsOf),
      revisions: findIn(
        revisions.filter(scope => scope.kind === kind),
        workload,
        dependents.revisionsOf
      )
    }
  }
}

function findIn<Value>(
  scopes: readonly Scope[],
  ref: WorkloadRef,
  listOf: (owner: string) => readonly Value[]
): Found<Value> {
  const scope = scopes.find(scope => covers(scope, ref))
  if (scope === undefined) return unseen('never_read', outOfScope(ref))
  return scope.unread === null ? seen(listOf(workloadKey(ref))) : unseen('never_read', scope.unread)
}

function isSame(one: Found<unknown>, other: Found<unknown>): boolean {
  if (one.seen) return other.seen && one.value === other.value
  return !other.seen && one.reason === other.reason && one.message === other.message
}

interface Scope {
  /** `null`: all namespaces. */
  readonly namespace: string | null
  /** Why nothing is known; `null`: it was read. */
  readonly unread: string | null
}

function scopeOf({ collection, wasRead, problem }: Store<unknown>): Scope {
  return { namespace: collection.namespace, unread: wasRead() ? null : whyUnread(problem()) }
}

function covers({ namespace }: Pick<Scope, 'namespace'>, ref: WorkloadRef): boolean {
  return namespace === null || namespace === ref.namespace
}

function outOfScope({ namespace }: WorkloadRef): string {
  return `namespace ${shown(namespace)} is not among WATCH_NAMESPACES`
}

// What all workloads share is told once, by the source's health, and not with each of them.
function whyUnread(problem: Problem | null): string {
  return problem?.concerns === 'collection' ? problem.message : 'Kubernetes was never read'
}
