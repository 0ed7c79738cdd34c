import type { WorkloadSnapshot } from '../domain/ports.ts'
import type { Judged } from './judge.ts'
import type { TargetSelection } from './targets.ts'

/** The services of a selection, in its order, and what they were judged from. */
export interface JudgedAll {
  readonly selection: TargetSelection
  readonly workloads: WorkloadSnapshot
  readonly services: readonly Judged[]
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
): (index: number) => Judged | undefined {
  if (selection === now) return index => services[index]
  const byKey = new Map(selection.keys.map((key, index) => [key, services[index]]))
  return index => byKey.get(now.keys[index] as string)
}

/** What is to be judged now. */
interface Now {
  readonly selection: TargetSelection
  readonly workloads: WorkloadSnapshot
  /** Keys of the targets whose probe ended meanwhile. */
  readonly checked: ReadonlySet<string>
  readonly now: number
}

/**
 * The places of the services that may be judged otherwise now: those of a workload that changed, those that were probed,
 * those whose workload is not seen, and those whose time is over. All of them where the selection is another, or where
 * workloads came or went. All others have the very facts that they were judged from.
 */
export function changedSince(last: JudgedAll, { selection, workloads, checked, now }: Now): readonly number[] {
  const { known } = workloads
  const before = last.workloads.known
  if (selection !== last.selection || known.length !== before.length) return [...selection.keys.keys()]
  // As they were: that is how the services know them.
  const changed = new Set(before.filter((workload, place) => workload !== known[place]).map(({ workload }) => workload))
  return [...last.services.entries()]
    .filter(
      ([index, { facts, validUntil }]) =>
        !facts.workload.seen ||
        now >= validUntil ||
        (checked.size > 0 && checked.has(selection.keys[index] as string)) ||
        (changed.size > 0 && changed.has(facts.workload.value))
    )
    .map(([index]) => index)
}
