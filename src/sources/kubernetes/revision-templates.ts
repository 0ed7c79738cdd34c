import { type WorkloadRef, workloadKey } from '../../domain/workload.ts'
import { type OwnedRevision, revisionKindOf, toRevision } from '../to-revision.ts'
import type { ApiClient } from './api-client.ts'
import { describeFailure, type Problem, refusalOf } from './failure.ts'
import type { OwnerIndex } from './owner-index.ts'
import { acceptOf } from './representation.ts'
import { type RevisionCollection, revisionPath } from './resources.ts'

/** Adds templates on demand to the revisions, whose metadata alone is watched. */
export interface RevisionTemplates {
  /** A revision came, changed, or went (`after` is `null`), by its metadata. */
  change(before: OwnedRevision | null, after: OwnedRevision | null): void
  /** Reads unknown templates, except those that could not be read in the last minute. Never rejects. */
  read(ref: WorkloadRef, request: TemplatesRequest): Promise<void>
  /** Why the last template that is still wanted could not be read; `null`: all could. */
  problem(): Problem | null
}

interface TemplatesRequest {
  readonly names: readonly string[]
  /** The collection that they belong to, for the words of a failure. */
  readonly collection: RevisionCollection
  readonly signal: AbortSignal
}

export interface TemplatesParts {
  readonly client: ApiClient
  readonly index: OwnerIndex<OwnedRevision>
  /** Called with the owner of what was read. */
  readonly onRead: (owner: string) => void
  readonly monotonic?: () => number
}

/** A template never changes, so each is read once; beyond this number, the oldest is dropped. */
const MOST_KNOWN = 20_000
const RETRY_AFTER_MS = 60_000
/** A rollout that has ended needs nothing any more, but nobody says so. */
const WANTED_MS = 600_000

export function createRevisionTemplates(parts: TemplatesParts): RevisionTemplates {
  const { client, index, onRead, monotonic = () => performance.now() } = parts
  const known = new Map<string, OwnedRevision>()
  const reading = new Set<string>()
  const failedAt = new Map<string, number>()
  let failed: { readonly key: string; readonly at: number; readonly problem: Problem } | null = null

  const forgetFailure = (key: string): void => {
    failedAt.delete(key)
    if (failed?.key === key) failed = null
  }

  const find = (owner: string, name: string): OwnedRevision | undefined =>
    index.of(owner).find(revision => revision.name === name)

  const take = (revision: OwnedRevision): void => {
    // It may be gone by now.
    const before = find(revision.owner, revision.name)
    if (before === undefined) return
    known.set(keyOf(revision), revision)
    index.change(before, revision)
    onRead(revision.owner)
    const [oldest] = known.values()
    if (known.size <= MOST_KNOWN || oldest === undefined) return
    known.delete(keyOf(oldest))
    index.change(oldest, { ...oldest, template: null })
  }

  const readOne = async (ref: WorkloadRef, name: string, { collection, signal }: TemplatesRequest): Promise<void> => {
    const owner = workloadKey(ref)
    const key = keyOf({ owner, name })
    reading.add(key)
    try {
      const request = { path: revisionPath(ref, name), accept: acceptOf('object', 'list') }
      const revision = toRevision(revisionKindOf(ref), await client.getJson(request, signal))
      if (revision?.owner === owner) take(revision)
      failedAt.delete(key)
      failed = null
    } catch (error) {
      const isGone = refusalOf(error) === 'not_found' || find(owner, name) === undefined
      if (isGone) return forgetFailure(key)
      const at = monotonic()
      failedAt.set(key, at)
      failed = { key, at, problem: describeFailure(error, { verb: 'list', collection }) }
      onRead(owner)
    } finally {
      reading.delete(key)
    }
  }

  return {
    change: (before, after) => {
      const revision = after ?? before
      if (revision === null) return
      const key = keyOf(revision)
      const whole = known.get(key)
      const isSame = after !== null && whole?.version === after.version && whole.createdAt === after.createdAt
      if (!isSame) {
        known.delete(key)
        forgetFailure(key)
      }
      // A ReplicaSet's number is in its metadata, a ControllerRevision's is not.
      index.change(
        before,
        isSame ? { ...after, number: after.number || whole.number, template: whole.template } : after
      )
    },

    read: async (ref, request) => {
      const owner = workloadKey(ref)
      const wanted = request.names.filter(name => {
        const key = keyOf({ owner, name })
        const isTooSoon = monotonic() - (failedAt.get(key) ?? Number.NEGATIVE_INFINITY) < RETRY_AFTER_MS
        return find(owner, name)?.template === null && !reading.has(key) && !isTooSoon
      })
      await Promise.all(wanted.map(name => readOne(ref, name, request)))
    },

    problem: () => (failed !== null && monotonic() - failed.at < WANTED_MS ? failed.problem : null)
  }
}

function keyOf({ owner, name }: Pick<OwnedRevision, 'owner' | 'name'>): string {
  return `${owner}/${name}`
}
