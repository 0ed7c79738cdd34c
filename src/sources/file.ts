import { seen, unseen } from '../domain/observation.ts'
import type { Clock, SourceHealth, WorkloadSnapshot, WorkloadSource } from '../domain/ports.ts'
import { shown } from '../domain/text.ts'
import { type WorkloadRef, workloadKey } from '../domain/workload.ts'
import { type FollowFile, type Following, followFile } from '../files/follow-file.ts'
import { type ManifestsFile, readManifestsFile } from './read-manifests-file.ts'

export interface FileSourceOptions {
  readonly path: string
  readonly clock: Clock
  /** Once for each version of the file that is refused: a line for each mistake. */
  onRefused?(lines: readonly string[]): void
  readonly follow?: FollowFile
}

/** Workloads from a file of manifests. A broken new version, or none, is refused: the last good one stays. */
export function createFileSource({ path, clock, onRefused, follow = followFile }: FileSourceOptions): WorkloadSource {
  let snapshot = nothingRead(`${path}: not read yet`)
  let health: SourceHealth = { up: false, lastSyncAt: null, problems: asProblems([`${path}: not read yet`]) }
  let following: Following | undefined

  function readFile(): void {
    const file = readManifestsFile(path)
    if (file.ok) {
      snapshot = snapshotOf(file, path)
      health = { up: true, lastSyncAt: clock(), problems: [] }
      return
    }
    const lines = file.mistakes.map(({ message }) => message)
    // A fleet that was never seen stays unseen; one that was stays as it was.
    if (health.lastSyncAt === null) snapshot = nothingRead(lines[0] ?? path)
    health = { up: false, lastSyncAt: health.lastSyncAt, problems: asProblems(lines) }
    onRefused?.(lines)
  }

  return {
    read: async () => readFile(),
    follow: async onChange => {
      following = follow(path, {
        onChange: () => {
          readFile()
          onChange()
        },
        onUnchanged: () => {
          if (health.up) health = { ...health, lastSyncAt: clock() }
        }
      })
      readFile()
      onChange()
    },
    snapshot: () => snapshot,
    // A file has them whole.
    readTemplates: async () => {},
    health: () => health,
    close: async () => following?.close()
  }
}

function asProblems(lines: readonly string[]): SourceHealth['problems'] {
  return lines.map(message => ({ message, withholds: 'workloads' }))
}

function nothingRead(message: string): WorkloadSnapshot {
  const find = () => unseen('never_read', message)
  return { workloads: [], warnings: [], find, podsOf: find, revisionsOf: find }
}

type Fleet = Extract<ManifestsFile, { readonly ok: true }>

function snapshotOf({ workloads, dependents }: Fleet, path: string): WorkloadSnapshot {
  const byKey = new Map(workloads.map(workload => [workloadKey(workload), workload]))
  return {
    workloads,
    warnings: [],
    ...dependents.find(path),
    find: (ref: WorkloadRef) => {
      const workload = byKey.get(workloadKey(ref))
      const what = `${ref.kind} ${shown(ref.name)} in namespace ${shown(ref.namespace)}`
      return workload === undefined ? unseen('not_found', `${what} is not in ${path}`) : seen(workload)
    }
  }
}
