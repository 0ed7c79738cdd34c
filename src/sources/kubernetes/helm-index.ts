import type { HelmRelease, HelmRevision, HelmStatus } from '../../domain/helm-release.ts'
import { type Seen, seen } from '../../domain/observation.ts'
import type { HelmRecord } from '../to-helm-record.ts'

/** Helm's records by release. */
export interface HelmIndex {
  /** A record came (`before` is `null`), changed, or went (`after` is `null`). */
  change(before: HelmRecord | null, after: HelmRecord | null): void
  /** The same object as long as nothing of the release changed; `undefined`: there is none. */
  find(namespace: string, name: string): Seen<HelmRelease> | undefined
  /** All of them, by namespace and name; the same array as long as nothing changed. */
  all(): readonly HelmRelease[]
}

interface Indexed {
  /** By their revision number. */
  readonly records: Map<number, HelmRevision>
  fact: Seen<HelmRelease>
}

// Helm keeps ten by default.
const MOST_EARLIER = 20

export function createHelmIndex(): HelmIndex {
  const releases = new Map<string, Indexed>()
  let all: readonly HelmRelease[] | null = []

  function put({ namespace, name, ...revision }: HelmRecord): void {
    const key = `${namespace}/${name}`
    const records = releases.get(key)?.records ?? new Map<number, HelmRevision>()
    records.set(revision.number, seenAfter(records.get(revision.number), revision))
    releases.set(key, { records, fact: factOf({ namespace, name }, records) })
  }

  function remove({ namespace, name, number }: HelmRecord): void {
    const key = `${namespace}/${name}`
    const known = releases.get(key)
    if (known === undefined) return
    known.records.delete(number)
    if (known.records.size === 0) releases.delete(key)
    else known.fact = factOf({ namespace, name }, known.records)
  }

  return {
    change: (before, after) => {
      all = null
      if (after !== null) put(after)
      else if (before !== null) remove(before)
    },
    find: (namespace, name) => releases.get(`${namespace}/${name}`)?.fact,
    all: () => {
      all ??= [...releases].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { fact }]) => fact.value)
      return all
    }
  }
}

/** A failed rollback looks like a failed upgrade, unless it was seen before it failed. */
function seenAfter(before: HelmRevision | undefined, revision: HelmRevision): HelmRevision {
  const wasRollback = before?.status === 'pending-rollback' || before?.isFailedRollback === true
  const isSame = before?.createdAt === revision.createdAt
  const isOver = revision.status === 'failed' || revision.status === 'superseded'
  return wasRollback && isSame && isOver ? { ...revision, isFailedRollback: true } : revision
}

function factOf(
  { namespace, name }: Pick<HelmRelease, 'namespace' | 'name'>,
  records: ReadonlyMap<number, HelmRevision>
): Seen<HelmRelease> {
  const [current, ...earlier] = [...records.values()].sort((a, b) => b.number - a.number)
  if (current === undefined) throw new TypeError(`no records of ${namespace}/${name}`)
  return seen({ namespace, name, current, earlier: newestOf(earlier) })
}

/** The newest ones, and the one that a person would go back to, however many upgrades have failed since. */
function newestOf(earlier: readonly HelmRevision[]): readonly HelmRevision[] {
  const newest = earlier.slice(0, MOST_EARLIER)
  const find = (wanted: HelmStatus) => earlier.find(({ status }) => status === wanted)
  const good = find('deployed') ?? find('superseded')
  return good === undefined || newest.includes(good) ? newest : [...newest, good]
}
