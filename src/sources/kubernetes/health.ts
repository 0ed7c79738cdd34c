import type { Clock, FactKind, SourceHealth, SourceProblem } from '../../domain/ports.ts'
import { shown } from '../../domain/text.ts'
import { atMost } from '../../text/lines.ts'
import { nameCollection } from './collection.ts'
import type { Store } from './store.ts'

/** Fifty namespaces without rights make a list that nobody reads. */
const MOST_PROBLEMS = 20
const MOST_NAMES = 5

/**
 * How well the stores know what they hold. `up` and `lastSyncAt` cover only the needed ones: without an optional right,
 * only its own kind of fact is missing, and nothing else looks old.
 *
 * Ages are measured on the monotonic clock and only shown in wall-clock time, so that a clock that jumps makes nothing
 * look older or younger than it is.
 */
export function judgeHealth(stores: readonly Store<unknown>[], clock: Clock): SourceHealth {
  const needed = stores.filter(({ collection }) => collection.isNeeded)
  const confirmed = needed.map(store => store.confirmedAt()).filter(at => at !== null)
  const wasAllRead = confirmed.length === needed.length
  return {
    up: needed.every(store => store.problem() === null),
    lastSyncAt: wasAllRead ? Math.round(clock() - (performance.now() - Math.min(...confirmed))) : null,
    problems: listProblems(stores)
  }
}

/** One line for each namespace, so that none fills the page or the log. */
function describePassedOver({ collection, passedOver }: Store<unknown>): readonly string[] {
  const namespaces = Map.groupBy(passedOver(), ([key]) => key.slice(0, key.indexOf('/')))
  return [...namespaces].map(([namespace, all]) => {
    const names = all.map(([key]) => shown(key.slice(namespace.length + 1)))
    const where = nameCollection({ ...collection, namespace: namespace === '' ? null : shown(namespace) })
    const [first] = all
    return `${first?.[1]}, so not read: ${atMost(MOST_NAMES, names).join(', ')} (${where})`
  })
}

/** Each line once, with the first kind of fact that it withholds: what withholds workloads withholds all the rest. */
function listProblems(stores: readonly Store<unknown>[]): readonly SourceProblem[] {
  const withheld = new Map<string, FactKind>()
  const withhold = (message: string, kind: FactKind): void => {
    if (!withheld.has(message)) withheld.set(message, kind)
  }
  for (const store of stores) {
    const problem = store.problem()
    if (problem !== null) withhold(problem.message, store.collection.factKind)
  }
  // After the problems that hide more: anybody who may create objects can cause these lines.
  for (const store of stores) {
    for (const message of describePassedOver(store)) withhold(message, store.collection.factKind)
  }
  const kinds = new Set(withheld.values())
  return [...kinds].flatMap(kind => {
    const messages = [...withheld].filter(([, withholds]) => withholds === kind).map(([message]) => message)
    return atMost(MOST_PROBLEMS, messages).map(message => ({ message, withholds: kind }))
  })
}
