import { namespaceOf } from '../domain/target.ts'
import type { Judged } from './judge.ts'
import type { JudgedAll } from './judged-all.ts'
import { NO_LABELS } from './label-history.ts'

type Labels = Judged['labels']

const NO_HISTORY: Labels = { image: NO_LABELS, version: NO_LABELS }

const REMEMBERED_MS = 3_600_000
const LOOKED_AT_EVERY_MS = 60_000
// Twice what is there, so that all services of a namespace may be replaced once an hour; and some spare, for small
// ones.
const RENEWALS = 2
const SPARE = 100

/** Which services of each namespace were in `/metrics` within the last hour. */
export interface SeriesHistory {
  /** What a service reported within the last hour, even if it was gone in between: coming back does not start over. */
  labelsOf(key: string): Labels
  /**
   * Notes the services that are there now. Returns the keys of those that are too new: their namespace has brought more
   * services within an hour than twice the number that it has now, plus a hundred. A service of the targets file is
   * never too new.
   */
  follow(judged: JudgedAll, now: number): ReadonlySet<string>
}

interface Entry {
  readonly shownAt: number
  readonly labels: Labels
}

/**
 * Each new name of a service means some twenty new series, which Prometheus keeps for hours. Anybody who may annotate
 * one workload could rename its service before each scrape.
 */
export function createSeriesHistory(): SeriesHistory {
  const namespaces = new Map<string, Map<string, Entry>>()
  let followed: JudgedAll['selection'] | undefined
  let followedAt = 0
  let tooNew: ReadonlySet<string> = new Set()

  function prune(now: number): void {
    for (const [namespace, entries] of namespaces) {
      for (const [key, { shownAt, labels }] of entries) {
        if (now - shownAt >= REMEMBERED_MS) entries.delete(key)
        // A time in the future is from before the clock was set back, and would be remembered for too long.
        if (shownAt > now) entries.set(key, { shownAt: now, labels })
      }
      if (entries.size === 0) namespaces.delete(namespace)
    }
  }

  return {
    labelsOf: key => namespaces.get(namespaceOf(key))?.get(key)?.labels ?? NO_HISTORY,
    follow: ({ selection, services }, now) => {
      // The same names bring nothing new.
      if (selection === followed && now >= followedAt && now - followedAt < LOOKED_AT_EVERY_MS) return tooNew
      followed = selection
      followedAt = now
      prune(now)
      const newcomers = new Set<string>()
      const present = Map.groupBy(services.keys(), index => selection.targets[index]?.namespace ?? '')
      for (const [namespace, indexes] of present) {
        const entries = namespaces.get(namespace) ?? new Map<string, Entry>()
        namespaces.set(namespace, entries)
        const most = RENEWALS * indexes.length + SPARE
        for (const index of indexes) {
          const key = selection.keys[index] ?? ''
          const entry = { shownAt: now, labels: services[index]?.labels ?? NO_HISTORY }
          const isFree = selection.targets[index]?.origin === 'file' || entries.has(key) || entries.size < most
          if (isFree) entries.set(key, entry)
          else newcomers.add(key)
        }
      }
      tooNew = newcomers
      return newcomers
    }
  }
}
