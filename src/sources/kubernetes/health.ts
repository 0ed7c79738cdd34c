import type { Clock, FactKind, SourceHealth, SourceProblem } from '../../domain/ports.ts'
import { atMost } from '../../text/lines.ts'
import type { Store } from './store.ts'

/** Fifty namespaces without rights make a list that nobody reads. */
const MOST_PROBLEMS = 20

/**
 * How well the stores know what they hold. `up` and `lastSyncAt` speak of the needed ones alone: a right that is
 * optional and missing withholds its own kind of fact, and makes nothing else old.
 *
 * An age is measured on the monotonic clock and only told in the wall clock's terms, so that a clock that jumps makes
 * nothing older or younger than it is.
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

/** Each line once, with the first kind of fact that it withholds: what keeps workloads away keeps away all the rest. */
function listProblems(stores: readonly Store<unknown>[]): readonly SourceProblem[] {
  const withheld = new Map<string, FactKind>()
  for (const store of stores) {
    const problem = store.problem()
    if (problem !== null && !withheld.has(problem.message)) withheld.set(problem.message, store.collection.factKind)
  }
  const kinds = new Set(withheld.values())
  return [...kinds].flatMap(kind => {
    const messages = [...withheld].filter(([, withholds]) => withholds === kind).map(([message]) => message)
    return atMost(MOST_PROBLEMS, messages).map(message => ({ message, withholds: kind }))
  })
}
