import { isDeepStrictEqual } from 'node:util'
import { seen, unseen } from '../domain/observation.ts'
import {
  type Clock,
  type KnownWorkload,
  nothingRead,
  type SourceHealth,
  type WorkloadSnapshot,
  type WorkloadSource
} from '../domain/ports.ts'
import { shown } from '../domain/text.ts'
import { describeWorkload, type WorkloadRef, workloadKey } from '../domain/workload.ts'
import { type FollowFile, type Following, followFile } from '../files/follow-file.ts'
import type { Result } from '../text/mistake.ts'
import type { Fleet } from './manifests.ts'
import type { ManifestsReader } from './read-manifests-file.ts'

export interface FileSourceOptions {
  readonly path: string
  readonly manifests: ManifestsReader
  readonly clock: Clock
  /**
   * Called with a line for each mistake when the file is refused, but not again for the same mistakes; with none once it
   * is good again.
   */
  onRefused?(lines: readonly string[]): void
  readonly follow?: FollowFile
}

/**
 * Workloads from a file of manifests. If a new version is broken or missing, the last good one stays, as with
 * `followLastGood`, which cannot read in slices.
 */
export function createFileSource(options: FileSourceOptions): WorkloadSource {
  const { path, manifests, clock, onRefused, follow = followFile } = options
  let snapshot = nothingRead(`${path}: not read yet`)
  let health: SourceHealth = { up: false, lastSyncAt: null, problems: asProblems([`${path}: not read yet`]) }
  let following: Following | undefined
  let reading = Promise.resolve()
  let isClosed = false

  // One after the other: what is read last is the newest.
  function readFile(onRead: () => void = () => {}): Promise<void> {
    reading = reading.then(async () => {
      const file = await manifests.read(path)
      if (isClosed) return
      take(file)
      onRead()
    })
    return reading
  }

  function take(file: Result<Fleet>): void {
    if (file.ok) {
      if (!health.up && health.lastSyncAt !== null) onRefused?.([])
      snapshot = snapshotOf(file.value, path, snapshot)
      health = { up: true, lastSyncAt: clock(), problems: [] }
      return
    }
    const lines = file.mistakes.map(({ message }) => message)
    const problems = asProblems(lines)
    // Something may write the same broken version again and again.
    const isNews = !isDeepStrictEqual(problems, health.problems)
    // A fleet that was never seen stays unseen; one that was stays as it was.
    if (health.lastSyncAt === null) snapshot = nothingRead(lines[0] ?? path)
    health = { up: false, lastSyncAt: health.lastSyncAt, problems }
    if (isNews) onRefused?.(lines)
  }

  return {
    read: async () => readFile(),
    follow: async onChange => {
      following = follow(path, {
        onChange: () => readFile(onChange),
        onUnchanged: () => {
          if (health.up) health = { ...health, lastSyncAt: clock() }
        }
      })
      await readFile(onChange)
    },
    snapshot: () => snapshot,
    // A file already has them.
    readTemplates: async () => {},
    health: () => health,
    close: async () => {
      isClosed = true
      following?.close()
    }
  }
}

function asProblems(lines: readonly string[]): SourceHealth['problems'] {
  return lines.map(message => ({ message, withholds: 'workloads' }))
}

function snapshotOf(fleet: Fleet, path: string, before: WorkloadSnapshot): WorkloadSnapshot {
  const { unreadable, hidden, warnings } = fleet
  const { podsOf, revisionsOf } = fleet.dependents.find(path)
  const knownBefore = byKey(before.known)
  const known = fleet.workloads.map(workload => {
    const same = knownBefore.get(workloadKey(workload))
    const now = { workload, pods: podsOf(workload), revisions: revisionsOf(workload) }
    return same !== undefined && isDeepStrictEqual(same, now) ? same : now
  })
  const found = byKey(known)
  return {
    known,
    warnings,
    find: (ref: WorkloadRef) => {
      const key = workloadKey(ref)
      const mistake = unreadable.get(key)
      const what = describeWorkload(ref)
      if (mistake !== undefined) return unseen('unreadable', `${what} could not be read: ${mistake}`)
      const workload = found.get(key)
      if (workload !== undefined) return seen(workload)
      if (hidden !== null) return unseen('unreadable', `${what} is missing, or could not be read: ${hidden}`)
      // Most charts leave the namespace to `helm install -n`.
      const isInDefault = found.has(workloadKey({ ...ref, namespace: 'default' }))
      const hint = `; ${ref.kind} ${shown(ref.name)} is there in namespace default: render with a namespace, or set it in the target`
      return unseen('not_found', `${what} is not in ${path}${isInDefault ? hint : ''}`)
    }
  }
}

function byKey(known: readonly KnownWorkload[]): ReadonlyMap<string, KnownWorkload> {
  return new Map(known.map(one => [workloadKey(one.workload), one]))
}
