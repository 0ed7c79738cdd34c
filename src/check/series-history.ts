import { targetKey } from '../domain/target.ts'
import type { Judged } from './judge.ts'
import { NO_LABELS } from './label-history.ts'

type Labels = Judged['labels']

const NO_HISTORY: Labels = { image: NO_LABELS, version: NO_LABELS }

const REMEMBERED_MS = 3_600_000
const PRUNED_EVERY_MS = 60_000
// Twice what is there: everything of a namespace may be replaced once an hour. And some, for the small ones.
const RENEWALS = 2
const SPARE = 100

/** Which services of each namespace were in `/metrics` within the last hour. */
export interface SeriesHistory {
  /** What it reported within the last hour, though it was gone in between: to come back starts nothing anew. */
  labelsOf(key: string): Labels
  /**
   * Takes note of the services that are there now. Returns the keys of those that are too new: their namespace has
   * brought more new ones within an hour than twice the number that it has, and a hundred. A service of the targets file
   * never is.
   */
  follow(services: Iterable<Judged>, now: number): ReadonlySet<string>
}

interface Entry {
  shownAt: number
  labels: Labels
}

/**
 * Each new name of a service is some twenty new series, which Prometheus keeps for hours. Whoever may annotate one
 * workload could rename it before each scrape.
 */
export function createSeriesHistory(): SeriesHistory {
  const namespaces = new Map<string, Map<string, Entry>>()
  let prunedAt = Number.NEGATIVE_INFINITY

  function prune(now: number): void {
    if (now - prunedAt < PRUNED_EVERY_MS) return
    prunedAt = now
    for (const [namespace, entries] of namespaces) {
      for (const [key, { shownAt }] of entries) if (now - shownAt >= REMEMBERED_MS) entries.delete(key)
      if (entries.size === 0) namespaces.delete(namespace)
    }
  }

  return {
    labelsOf: key => namespaces.get(key.slice(0, key.indexOf('/')))?.get(key)?.labels ?? NO_HISTORY,
    follow: (services, now) => {
      prune(now)
      const held = new Set<string>()
      for (const [namespace, present] of Map.groupBy(services, ({ target }) => target.namespace)) {
        const entries = namespaces.get(namespace) ?? new Map<string, Entry>()
        namespaces.set(namespace, entries)
        const most = RENEWALS * present.length + SPARE
        for (const { target, labels } of present) {
          const key = targetKey(target)
          const known = entries.get(key)
          if (known !== undefined) Object.assign(known, { shownAt: now, labels })
          else if (target.origin === 'file' || entries.size < most) entries.set(key, { shownAt: now, labels })
          else held.add(key)
        }
      }
      return held
    }
  }
}
