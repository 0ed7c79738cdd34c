import type { Facts } from '../domain/guard.ts'
import { seen } from '../domain/observation.ts'
import type { KnownWorkload, WorkloadSnapshot } from '../domain/ports.ts'
import type { Observation } from '../domain/probe.ts'
import type { Target } from '../domain/target.ts'
import type { Workload, WorkloadRef } from '../domain/workload.ts'
import { gatherFacts, type Judged, withAnswers } from './judge.ts'
import type { SeriesCount } from './series-budget.ts'
import type { TargetSelection } from './targets.ts'

/** The services of a selection, in its order, and what they were judged from. */
export interface JudgedAll {
  readonly selection: TargetSelection
  readonly workloads: WorkloadSnapshot
  readonly services: readonly Counted[]
}

/** A judged service with the number of its series. */
export interface Counted extends Judged {
  readonly series: SeriesCount
}

const NOTHING_SELECTED: TargetSelection = { targets: [], keys: [], refs: [], warnings: [] }
const NOTHING_KNOWN: WorkloadSnapshot = {
  known: [],
  warnings: [],
  find: () => ({ seen: false, reason: 'never_read', message: 'not read yet' })
}

export const NOTHING_JUDGED: JudgedAll = { selection: NOTHING_SELECTED, workloads: NOTHING_KNOWN, services: [] }

/** Finds what was known of the service that now has a place in the selection; `undefined`: nothing. */
export function earlierOf(
  { selection, services }: JudgedAll,
  now: TargetSelection
): (index: number) => Counted | undefined {
  if (selection === now) return index => services[index]
  const byKey = new Map(selection.keys.map((key, index) => [key, services[index]]))
  return index => byKey.get(now.keys[index] as string)
}

/** What is to be judged now. */
interface Now {
  readonly selection: TargetSelection
  readonly workloads: WorkloadSnapshot
  /** By question key. */
  readonly observations: ReadonlyMap<string, Observation>
  /** Keys of the targets of which anything was asked meanwhile. */
  readonly answered: ReadonlySet<string>
  readonly now: number
}

/** A service that may be judged otherwise now, by its place in the selection, and what is known of it. */
export interface Changed {
  readonly index: number
  readonly facts: Facts
}

/**
 * The services of a workload that changed, those that were probed, those whose workload is not seen, and those whose time
 * is over. All of them where the selection is another, or where workloads came or went. All others have the very facts
 * that they were judged from.
 */
export function changedSince(last: JudgedAll, { selection, workloads, observations, answered, now }: Now): Changed[] {
  const targetAt = (index: number) => selection.targets[index] as Target
  const lookUp = (index: number) =>
    gatherFacts(targetAt(index), workloads.find(selection.refs[index] as WorkloadRef), observations)
  const { known } = workloads
  const before = last.workloads.known
  if (selection !== last.selection || known.length !== before.length) {
    return selection.refs.map((_, index) => ({ index, facts: lookUp(index) }))
  }
  const replaced = new Map<Workload, KnownWorkload>()
  for (const [place, workload] of before.entries()) {
    const now = known[place]
    if (now !== undefined && now !== workload) replaced.set(workload.workload, now)
  }
  return last.services.flatMap(({ facts, validUntil }, index): Changed | [] => {
    if (!facts.workload.seen) return { index, facts: lookUp(index) }
    const wasAsked = answered.size > 0 && answered.has(selection.keys[index] as string)
    const next = replaced.size === 0 ? undefined : replaced.get(facts.workload.value)
    if (next === undefined) {
      if (!wasAsked && now < validUntil) return []
      return { index, facts: withAnswers(targetAt(index), facts, observations) }
    }
    return {
      index,
      facts: isOf(next, selection.refs[index]) ? gatherFacts(targetAt(index), seen(next), observations) : lookUp(index)
    }
  })
}

// Two workloads may have taken each other's place.
function isOf({ workload }: KnownWorkload, ref: WorkloadRef | undefined): boolean {
  return workload.name === ref?.name && workload.namespace === ref.namespace && workload.kind === ref.kind
}
