import type { FactSources, Facts, SlowFacts } from '../domain/guard.ts'
import { seen } from '../domain/observation.ts'
import type { KnownWorkload, WorkloadSnapshot } from '../domain/ports.ts'
import type { Observation } from '../domain/probe.ts'
import type { Target } from '../domain/target.ts'
import type { Workload, WorkloadRef } from '../domain/workload.ts'
import { answersOf, gatherFacts, slowFacts } from './gather-facts.ts'
import type { Judged } from './judge.ts'
import type { SeriesCount } from './series-budget.ts'
import type { TargetSelection } from './targets.ts'

/** The services of a selection, in its order, and what they were judged from. */
export interface JudgedAll {
  readonly selection: TargetSelection
  readonly workloads: WorkloadSnapshot
  /** Of the sources of slow facts, as they were then. */
  readonly versions: Versions
  readonly services: readonly Counted[]
}

/** A judged service with the number of its series. */
export interface Counted extends Judged {
  readonly series: SeriesCount
}

const NOTHING_SELECTED: TargetSelection = {
  targets: [],
  keys: [],
  refs: [],
  ofWorkload: () => new Map(),
  warnings: []
}
const NOTHING_KNOWN: WorkloadSnapshot = {
  known: [],
  warnings: [],
  find: () => ({ seen: false, reason: 'never_read', message: 'not read yet' })
}

/** The version of each source; absent: no such source. */
type Versions = Readonly<Partial<Record<keyof SlowFacts, unknown>>>

export const NOTHING_JUDGED: JudgedAll = {
  selection: NOTHING_SELECTED,
  workloads: NOTHING_KNOWN,
  versions: {},
  services: []
}

const SLOW_KINDS: readonly (keyof SlowFacts)[] = ['images', 'manifest', 'helm', 'objects']

export function versionsOf(sources: FactSources): Versions {
  return Object.fromEntries(SLOW_KINDS.map(kind => [kind, sources[kind]?.version()]))
}

/** What was known of the services of a selection, in its order; `undefined`: nothing. */
export function earlierOf({ selection, services }: JudgedAll, now: TargetSelection): readonly (Counted | undefined)[] {
  if (selection === now) return services
  const byKey = new Map(selection.keys.map((key, index) => [key, services[index]]))
  return now.keys.map(key => byKey.get(key))
}

/** What is to be judged now. */
interface Now {
  readonly selection: TargetSelection
  readonly workloads: WorkloadSnapshot
  /** By question key. */
  readonly observations: ReadonlyMap<string, Observation>
  /** Keys of the targets of which anything was asked meanwhile. */
  readonly answered: ReadonlySet<string>
  readonly sources: FactSources
  readonly now: number
}

/** A service that may be judged otherwise now, by its place in the selection, and what is known of it. */
export interface Changed {
  readonly index: number
  readonly facts: Facts
}

/**
 * The services of a workload that changed, those that were probed, those of which a source with a clock of its own knows
 * something else, those whose workload is not seen, and those whose time is over. All of them where the selection is
 * another, or where workloads came or went. All others have the very facts that they were judged from.
 */
export function changedSince(last: JudgedAll, next: Now): Changed[] {
  const { selection, workloads, observations, answered, sources, now } = next
  const targetAt = (index: number) => selection.targets[index] as Target
  const gather = (index: number, known = workloads.find(selection.refs[index] as WorkloadRef)) =>
    gatherFacts(targetAt(index), known, { observations, sources })
  const { known } = workloads
  const before = last.workloads.known
  if (selection !== last.selection || known.length !== before.length) {
    return selection.refs.map((_, index) => ({ index, facts: gather(index) }))
  }
  const replaced = new Map<Workload, KnownWorkload>()
  before.forEach((workload, place) => {
    const now = known[place]
    if (now !== undefined && now !== workload) replaced.set(workload.workload, now)
  })
  const newSlowFacts = slowFactsSince(last, next)
  const changed: Changed[] = []
  // Most of thousands did not change: nothing is made for them, as flatMap and entries() would.
  last.services.forEach(({ facts, validUntil }, index) => {
    if (!facts.workload.seen) {
      changed.push({ index, facts: gather(index) })
      return
    }
    const wasAsked = answered.size > 0 && answered.has(selection.keys[index] as string)
    const replacement = replaced.size === 0 ? undefined : replaced.get(facts.workload.value)
    if (replacement !== undefined) {
      const isStillHere = isOf(replacement, selection.refs[index])
      changed.push({ index, facts: isStillHere ? gather(index, seen(replacement)) : gather(index) })
      return
    }
    const slow = newSlowFacts(index, facts)
    if (slow === null && !wasAsked && now < validUntil) return
    changed.push({ index, facts: { ...facts, ...slow, ...answersOf(targetAt(index), facts, observations) } })
  })
  return changed
}

// Asks the sources again only if one of them has another version. `null`: they know the same of this service.
function slowFactsSince({ versions }: JudgedAll, { selection, sources }: Now) {
  const present = versionsOf(sources)
  const isSame = SLOW_KINDS.every(kind => present[kind] === versions[kind])
  return (index: number, facts: Facts): SlowFacts | null => {
    if (isSame) return null
    const slow = slowFacts(selection.targets[index] as Target, facts, sources)
    return SLOW_KINDS.every(kind => slow[kind] === facts[kind]) ? null : slow
  }
}

// Two workloads may have taken each other's place.
function isOf({ workload }: KnownWorkload, ref: WorkloadRef | undefined): boolean {
  return workload.name === ref?.name && workload.namespace === ref.namespace && workload.kind === ref.kind
}
