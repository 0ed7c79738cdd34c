import { type Observed, seen, unseen } from '../../domain/observation.ts'
import type { KnownWorkload, PodsUnseen, WorkloadSnapshot } from '../../domain/ports.ts'
import { shown } from '../../domain/text.ts'
import { type Pod, type Revision, type Workload, type WorkloadRef, workloadKey } from '../../domain/workload.ts'
import { revisionKindOf } from '../to-revision.ts'
import type { Problem } from './failure.ts'
import type { RevisionCollection, WorkloadCollection } from './resources.ts'
import type { Store } from './store.ts'

type WorkloadStore = Store<Workload> & { readonly collection: WorkloadCollection }

/** What belongs to workloads. */
export interface DependentStores {
  readonly pods: readonly Store<unknown>[]
  readonly revisions: readonly (Store<unknown> & { readonly collection: RevisionCollection })[]
  /** What a workload owns now, by `workloadKey`; the same array as long as nothing in it changed. */
  podsOf(owner: string): readonly Pod[]
  revisionsOf(owner: string): readonly Revision[]
}

/** Takes snapshots of what the stores hold; a workload that did not change stays the same object. */
export interface Snapshotter {
  /** A workload came, changed, or went (`after` is `null`). */
  change(before: Workload | null, after: Workload | null): void
  /** What belongs to a workload has changed; `null`: to any of them. */
  touch(owner: string | null): void
  /**
   * `dependents`: `null` if pods and revisions are not watched. Costs a copy of an array, and more only for what
   * changed.
   */
  take(workloads: readonly WorkloadStore[], dependents: DependentStores | null): WorkloadSnapshot
}

const NOT_WATCHED = unseen('not_watched', 'pods are not read: set WATCH_PODS=true and grant the rights')

export function createSnapshotter(): Snapshotter {
  let known: readonly KnownWorkload[] = []
  let places: ReadonlyMap<string, number> = new Map()
  let isMoved = true
  let unreadBefore = ''
  const touched = new Map<string, Workload | null>()

  const takeAnew = (workloads: readonly WorkloadStore[], find: FindDependents): void => {
    const before = new Map(known.map(one => [one.workload, one]))
    known = workloads.flatMap(store => [...store.items().values()].map(one => know(one, find, before.get(one))))
    places = new Map(known.map(({ workload }, place) => [workloadKey(workload), place]))
  }
  const takeTouched = (find: FindDependents): void => {
    const next = [...known]
    for (const [key, changed] of touched) {
      const place = places.get(key) ?? -1
      const before = next[place]
      if (before !== undefined) next[place] = know(changed ?? before.workload, find, before)
    }
    known = next
  }

  return {
    change: (before, after) => {
      if (before === null || after === null) isMoved = true
      else touched.set(workloadKey(after), after)
    },
    touch: owner => {
      if (owner === null) isMoved = true
      else if (!touched.has(owner)) touched.set(owner, null)
    },
    take: (workloads, dependents) => {
      const scopes = workloads.map(store => ({
        ...scopeOf(store),
        kind: store.collection.kind,
        passedOver: new Map(store.passedOver())
      }))
      const belongings = dependents === null ? null : scopesOf(dependents)
      const find = dependents === null || belongings === null ? notWatched : finderOf(dependents, belongings)
      const unread = JSON.stringify(belongings)
      if (isMoved || unread !== unreadBefore) takeAnew(workloads, find)
      else if (touched.size > 0) takeTouched(find)
      touched.clear()
      isMoved = false
      unreadBefore = unread
      return snapshotOf({ known, places, scopes, warnings: warnOfEmptyNamespaces(workloads) })
    }
  }
}

interface Taken {
  readonly known: readonly KnownWorkload[]
  readonly places: ReadonlyMap<string, number>
  readonly scopes: readonly WorkloadScope[]
  readonly warnings: readonly string[]
}

function snapshotOf({ known, places, scopes, warnings }: Taken): WorkloadSnapshot {
  return {
    known,
    warnings,
    find: ref => {
      const found = known[places.get(workloadKey(ref)) ?? -1]
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

/** For the API server, a namespace that does not exist is one without workloads. */
function warnOfEmptyNamespaces(workloads: readonly WorkloadStore[]): readonly string[] {
  const isEmpty = (store: WorkloadStore) => store.wasRead() && store.items().size === 0 && store.passedOver().size === 0
  const namespaces = Map.groupBy(workloads, ({ collection }) => collection.namespace)
  return [...namespaces].flatMap(([namespace, stores]) => {
    if (namespace === null || !stores.every(isEmpty)) return []
    return [`namespace ${shown(namespace)} has no workloads; if it does not exist, correct WATCH_NAMESPACES`]
  })
}

type Found<Value> = Observed<readonly Value[], PodsUnseen>
type FindDependents = (workload: Workload) => Pick<KnownWorkload, 'pods' | 'revisions'>

function know(workload: Workload, find: FindDependents, before: KnownWorkload | undefined): KnownWorkload {
  const { pods, revisions } = find(workload)
  const isSame = before?.workload === workload && isEqual(before.pods, pods) && isEqual(before.revisions, revisions)
  return isSame ? before : { workload, pods, revisions }
}

function isEqual(one: Found<unknown>, other: Found<unknown>): boolean {
  if (one.seen) return other.seen && one.value === other.value
  return !other.seen && one.reason === other.reason && one.message === other.message
}

const notWatched: FindDependents = () => ({ pods: NOT_WATCHED, revisions: NOT_WATCHED })

interface Scope {
  /** `null`: all namespaces. */
  readonly namespace: string | null
  /** Why nothing is known; `null`: it was read. */
  readonly unread: string | null
}

interface KindScope<Kind> extends Scope {
  readonly kind: Kind
}

interface WorkloadScope extends KindScope<WorkloadRef['kind']> {
  /** Why workloads could not be read, by namespace and name. */
  readonly passedOver: ReadonlyMap<string, string>
}

interface Belongings {
  readonly pods: readonly Scope[]
  readonly revisions: readonly KindScope<RevisionCollection['kind']>[]
}

function scopesOf({ pods, revisions }: DependentStores): Belongings {
  return {
    pods: pods.map(scopeOfPermitted),
    revisions: revisions.map(store => ({ ...scopeOfPermitted(store), kind: store.collection.kind }))
  }
}

function finderOf({ podsOf, revisionsOf }: DependentStores, { pods, revisions }: Belongings): FindDependents {
  const findIn = <Value>(
    scope: Scope | undefined,
    ref: WorkloadRef,
    listOf: (owner: string) => readonly Value[]
  ): Found<Value> => {
    if (scope === undefined) return unseen('never_read', outOfScope(ref))
    return scope.unread === null ? seen(listOf(workloadKey(ref))) : unseen('never_read', scope.unread)
  }
  return workload => {
    const kind = revisionKindOf(workload)
    const podScope = pods.find(scope => covers(scope, workload))
    const revisionScope = revisions.find(scope => scope.kind === kind && covers(scope, workload))
    return {
      pods: findIn(podScope, workload, podsOf),
      revisions: findIn(revisionScope, workload, revisionsOf)
    }
  }
}

function scopeOf({ collection, wasRead, problem }: Store<unknown>): Scope {
  return { namespace: collection.namespace, unread: wasRead() ? null : whyUnread(problem()) }
}

/** Without a right, nothing is shown: workloads show their age, but pods and revisions have none and would look new. */
function scopeOfPermitted(store: Store<unknown>): Scope {
  const scope = scopeOf(store)
  return { ...scope, unread: store.forbidden()?.message ?? scope.unread }
}

function covers({ namespace }: Scope, ref: WorkloadRef): boolean {
  return namespace === null || namespace === ref.namespace
}

function outOfScope({ namespace }: WorkloadRef): string {
  return `namespace ${shown(namespace)} is not among WATCH_NAMESPACES`
}

// What all workloads share is reported once, by the source's health, and not with each of them.
function whyUnread(problem: Problem | null): string {
  return problem?.concerns === 'collection' ? problem.message : 'Kubernetes was never read'
}
