import type { Clock, SourceHealth } from '../../domain/ports.ts'
import type { Stores } from './snapshot.ts'

/** Fifty namespaces without rights make a list that nobody reads. */
const MOST_PROBLEMS = 20

/**
 * How well the stores know what they hold.
 *
 * An age is measured on the monotonic clock and only told in the wall clock's terms, so that a clock that jumps makes
 * nothing older or younger than it is. Pods do not count for it: without them the workloads are known all the same.
 */
export function judgeHealth({ workloads, pods }: Stores, clock: Clock): SourceHealth {
  const problems = new Set([...workloads, ...pods].map(store => store.problem()).filter(problem => problem !== null))
  const confirmed = workloads.map(store => store.confirmedAt()).filter(at => at !== null)
  const wasAllRead = confirmed.length === workloads.length
  return {
    up: problems.size === 0,
    lastSyncAt: wasAllRead ? Math.round(clock() - (performance.now() - Math.min(...confirmed))) : null,
    problems: shorten([...problems])
  }
}

function shorten(problems: readonly string[]): readonly string[] {
  const more = problems.length - MOST_PROBLEMS
  return more > 0 ? [...problems.slice(0, MOST_PROBLEMS), `and ${more} more`] : problems
}
