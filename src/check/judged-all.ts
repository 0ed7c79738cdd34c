import type { FactSources, Facts, SlowFacts } from '../domain/guard.ts'
import { seen } from '../domain/observation.ts'
import { type KnownWorkload, nothingRead, type WorkloadSnapshot } from '../domain/ports.ts'
import type { Observation } from '../domain/probe.ts'
import type { Target } from '../domain/target.ts'
import type { WorkloadRef } from '../domain/workload.ts'
import { answersOf, gatherFacts, slowFacts } from './gather-facts.ts'
import { type Counted, type Sums, sumUp } from './sums.ts'
import type { TargetSelection } from './targets.ts'

/** The services of a selection, in its order, and what they were judged from. */
export interface JudgedAll {
  /** Ms since the epoch. */
  readonly at: number
  readonly selection: TargetSelection
  readonly workloads: WorkloadSnapshot
  /** The versions of the sources of slow facts, at that time. */
  readonly versions: Versions
  readonly services: readonly Counted[]
  readonly sums: Sums
}

const NOTHING_SELECTED: TargetSelection = {
  targets: [],
  keys: [],
  refs: [],
  ofWorkload: () => new Map(),
  helmPendingMs: new Map(),
  warnings: []
}

/** The version of each source; absent: no such source. */
type Versions = Readonly<Partial<Record<keyof SlowFacts, unknown>>>

export const NOTHING_JUDGED: JudgedAll = {
  at: 0,
  selection: NOTHING_SELECTED,
  workloads: nothingRead('not read yet'),
  versions: {},
  services: [],
  sums: sumUp([], [])
}

const SLOW_KINDS: readonly (keyof SlowFacts)[] = ['images', 'manifest', 'helm', 'objects']

export function versionsOf(sources: FactSources): Versions {
  return Object.fromEntries(SLOW_KINDS.map(kind => [kind, sources[kind]?.version()]))
}

/** What was known about the services of a selection, in its order; `undefined`: nothing. */
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
  /** Keys of the targets that have been asked anything since. */
  readonly answered: ReadonlySet<string>
  readonly sources: FactSources
  readonly now: number
}

/** A service that may be judged differently now, by its place in the selection, and what is known about it. */
export interface Changed {
  readonly index: number
  readonly facts: Facts
}

/**
 * The services whose workload changed or is not seen, those that were probed, those about which a source with a clock
 * of its own knows something new, and those whose findings have expired. If the selection changed, workloads came or
 * went, or the clock was set back, all of them. All others still have the facts that they were judged from.
 */
export function changedSince(last: JudgedAll, next: Now): Changed[] {
  const { selection, workloads, observations, answered, sources, now } = next
  const targetAt = (index: number) => selection.targets[index] as Target
  const gather = (index: number, known = workloads.find(selection.refs[index] as WorkloadRef)) =>
    gatherFacts(targetAt(index), known, { observations, sources })
  const { known } = workloads
  const before = last.workloads.known
  if (selection !== last.selection || now < last.at || !haveSamePlaces(before, known)) {
    return selection.refs.map((_, index) => ({ index, facts: gather(index) }))
  }
  const newSlowFacts = slowFactsSince(last, next)
  const changed: Changed[] = []
  // Most of thousands did not change: they cost neither an object nor a look inside.
  const { workloads: places, validUntil } = last.sums
  for (let index = 0; index < places.length; index += 1) {
    const place = places[index] as number
    const workload = known[place]
    if (workload === undefined || workload !== before[place]) {
      changed.push({ index, facts: workload === undefined ? gather(index) : gather(index, seen(workload)) })
      continue
    }
    const wasAsked = answered.size > 0 && answered.has(selection.keys[index] as string)
    const mayDiffer = wasAsked || now >= (validUntil[index] as number)
    if (!mayDiffer && newSlowFacts === null) continue
    const { facts } = last.services[index] as Counted
    const slow = newSlowFacts?.(index, facts) ?? null
    if (!mayDiffer && slow === null) continue
    changed.push({ index, facts: { ...facts, ...slow, ...answersOf(targetAt(index), facts, observations) } })
  }
  return changed
}

/**
 * Asks the sources what they know about a service now; `null`: the same. Returns `null` if no source has a new version.
 */
function slowFactsSince({ versions }: JudgedAll, { selection, sources }: Now) {
  const present = versionsOf(sources)
  if (SLOW_KINDS.every(kind => present[kind] === versions[kind])) return null
  return (index: number, facts: Facts): SlowFacts | null => {
    const slow = slowFacts(selection.targets[index] as Target, facts, sources)
    return SLOW_KINDS.every(kind => slow[kind] === facts[kind]) ? null : slow
  }
}

/** Whether each workload is where it was; what is known about it may be a new object. */
function haveSamePlaces(before: readonly KnownWorkload[], now: readonly KnownWorkload[]): boolean {
  if (before.length !== now.length) return false
  for (let place = 0; place < now.length; place += 1) {
    const [one, other] = [before[place], now[place]]
    if (one !== other && !isSameRef(one?.workload, other?.workload)) return false
  }
  return true
}

function isSameRef(one: WorkloadRef | undefined, other: WorkloadRef | undefined): boolean {
  return one?.name === other?.name && one?.namespace === other?.namespace && one?.kind === other?.kind
}
