import { type Observed, seen, unseen } from '../domain/observation.ts'
import type { KnownWorkload } from '../domain/ports.ts'
import { type WorkloadRef, workloadKey } from '../domain/workload.ts'
import { copyOf } from '../text/copy-of.ts'
import { textAt, valueAt } from '../text/json.ts'
import { architectureOf, type OwnedPod, toPod, withArchitectures } from './to-pod.ts'
import { type OwnedRevision, revisionKindOf, toRevision } from './to-revision.ts'

/** Collects the objects that describe workloads, one after the other. */
export interface Dependents {
  /** Keeps its facts; anything that is not a pod, a revision or a node is skipped. */
  take(object: unknown): void
  /** A kind without objects is unseen: nobody knows whether it was asked for. `where` names the place. */
  find(where: string): Belongings
}

/** What belongs to a workload, the same arrays each time. */
interface Belongings {
  podsOf(ref: WorkloadRef): KnownWorkload['pods']
  revisionsOf(ref: WorkloadRef): KnownWorkload['revisions']
}

export const DEPENDENT_KINDS = ['Pod', 'ReplicaSet', 'ControllerRevision', 'Node'] as const

export function createDependents(): Dependents {
  const pods = createLists<OwnedPod>()
  const revisions = createLists<OwnedRevision>()
  const architectures = new Map<string, string>()
  const kinds = new Set<string>()

  return {
    take: object => {
      const kind = DEPENDENT_KINDS.find(known => known === valueAt(object, 'kind'))
      if (kind === undefined) return
      kinds.add(kind)
      if (kind === 'Node') architectures.set(copyOf(textAt(object, 'metadata', 'name')), copyOf(architectureOf(object)))
      else if (kind === 'Pod') {
        const owned = toPod(object)
        if (owned !== null) pods.add(copyOf(owned))
      } else {
        const owned = toRevision(kind, object)
        if (owned !== null) revisions.add(copyOf(owned))
      }
    },

    find: where => {
      const podsByOwner = new Map(
        [...pods.all()].map(([owner, list]) => [owner, withArchitectures(list, architectures)])
      )
      const revisionsByOwner = new Map(revisions.all())
      // One of each for all workloads.
      const unseenOf = {
        Pod: notThere('Pod', where),
        ReplicaSet: notThere('ReplicaSet', where),
        ControllerRevision: notThere('ControllerRevision', where)
      }
      return {
        podsOf: ref => (kinds.has('Pod') ? seen(podsByOwner.get(workloadKey(ref)) ?? NONE) : unseenOf.Pod),
        revisionsOf: ref => {
          const kind = revisionKindOf(ref)
          return kinds.has(kind) ? seen(revisionsByOwner.get(workloadKey(ref)) ?? NONE) : unseenOf[kind]
        }
      }
    }
  }
}

// One array for all, so that nothing seems to have changed.
const NONE: readonly never[] = []

function notThere(kind: string, where: string): Observed<never, 'not_watched'> {
  return unseen('not_watched', `${where} has no objects of kind ${kind}`)
}

/** Values by owner. A value that comes twice, for example because a file has the same list twice, is kept once. */
function createLists<Value extends { readonly owner: string; readonly name: string }>() {
  const byOwner = new Map<string, Map<string, Value>>()
  return {
    add: (value: Value): void => {
      const values = byOwner.get(value.owner) ?? new Map<string, Value>()
      byOwner.set(value.owner, values.set(value.name, value))
    },
    all: (): readonly (readonly [string, readonly Value[]])[] =>
      [...byOwner].map(([owner, values]) => [owner, [...values.values()]] as const)
  }
}
