import { type Revision, type WorkloadRef, workloadKey } from '../../domain/workload.ts'
import { type OwnedRevision, toRevision } from '../to-revision.ts'
import type { ApiClient } from './api-client.ts'
import { describeFailure, type Problem, statusOf } from './failure.ts'
import type { OwnerIndex } from './owner-index.ts'
import { acceptOf } from './representation.ts'
import { type RevisionCollection, revisionKindOf, revisionPath } from './resources.ts'

/** Puts the templates that were asked for to the revisions, of which the metadata alone are watched. */
export interface RevisionTemplates {
  /** A revision came, changed, or went (`after` is `null`), by its metadata. */
  change(before: OwnedRevision | null, after: OwnedRevision | null): void
  /** Reads templates that are not known, but for those that could not be read in the last minute. Never rejects. */
  read(ref: WorkloadRef, request: TemplatesRequest): Promise<void>
  /** What kept the last one from being read; `null`: nothing. */
  problem(): Problem | null
}

interface TemplatesRequest {
  readonly names: readonly string[]
  /** Which they belong to, for the words of a failure. */
  readonly collection: RevisionCollection
  readonly signal: AbortSignal
}

export interface TemplatesParts {
  readonly client: ApiClient
  readonly index: OwnerIndex<Revision>
  readonly onChange: () => void
}

/** A template never changes, so one is read once; of very many the oldest is let go. */
const MOST_KNOWN = 20_000
const RETRY_AFTER_MS = 60_000

export function createRevisionTemplates({ client, index, onChange }: TemplatesParts): RevisionTemplates {
  const known = new Map<string, OwnedRevision>()
  const reading = new Set<string>()
  const failedAt = new Map<string, number>()
  let problem: Problem | null = null

  const take = (owned: OwnedRevision): void => {
    const { owner, revision } = owned
    known.set(`${owner}/${revision.name}`, owned)
    index.change(owner, revision.name, revision)
    const [oldest] = known
    if (known.size <= MOST_KNOWN || oldest === undefined) return
    known.delete(oldest[0])
    index.change(oldest[1].owner, oldest[1].revision.name, { ...oldest[1].revision, template: null })
  }

  const readOne = async (ref: WorkloadRef, name: string, { collection, signal }: TemplatesRequest): Promise<void> => {
    const key = `${workloadKey(ref)}/${name}`
    reading.add(key)
    try {
      const request = { path: revisionPath(ref, name), accept: acceptOf('object', 'list') }
      const owned = toRevision(revisionKindOf(ref), await client.getJson(request, signal))
      // It may have gone meanwhile.
      const isThere = index
        .view()
        .get(workloadKey(ref))
        ?.some(revision => revision.name === name)
      if (owned?.owner === workloadKey(ref) && isThere === true) take(owned)
      failedAt.delete(key)
      problem = null
    } catch (error) {
      if (statusOf(error) === 404) return
      failedAt.set(key, performance.now())
      problem = describeFailure(error, { verb: 'list', collection })
    } finally {
      reading.delete(key)
    }
  }

  return {
    change: (before, after) => {
      const owned = after ?? before
      if (owned === null) return
      const { owner, revision } = owned
      const key = `${owner}/${revision.name}`
      const whole = known.get(key)
      const isSame =
        after !== null && whole?.version === after.version && whole.revision.createdAt === revision.createdAt
      if (!isSame) {
        known.delete(key)
        failedAt.delete(key)
      }
      // A ReplicaSet's number is in its metadata, a ControllerRevision's is not.
      const number = revision.number === 0 ? (whole?.revision.number ?? 0) : revision.number
      const merged = isSame ? { ...revision, number, template: whole?.revision.template ?? null } : revision
      index.change(owner, revision.name, after === null ? null : merged)
    },

    read: async (ref, request) => {
      const wanted = request.names.filter(name => {
        const key = `${workloadKey(ref)}/${name}`
        const isTooSoon = performance.now() - (failedAt.get(key) ?? Number.NEGATIVE_INFINITY) < RETRY_AFTER_MS
        return !known.has(key) && !reading.has(key) && !isTooSoon
      })
      if (wanted.length === 0) return
      await Promise.all(wanted.map(name => readOne(ref, name, request)))
      onChange()
    },

    problem: () => problem
  }
}
