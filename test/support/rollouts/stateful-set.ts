import { type Cluster, createPod, deletePod, isAvailable, type SimulatedPod, type Version } from './cluster.ts'

/** A StatefulSet and its ControllerRevisions; times in seconds. */
export interface SimulatedStatefulSet {
  readonly kind: 'StatefulSet'
  replicas: number
  version: Version
  readonly type: 'RollingUpdate' | 'OnDelete'
  partition: number
  readonly isOrdered: boolean
  readonly minReadySeconds: number
  generation: number
  observedGeneration: number
  revisions: ControllerRevision[]
  currentRevision: string
  updateRevision: string
  counters: { replicas: number; updated: number; ready: number; available: number }
}

export interface ControllerRevision {
  readonly name: string
  readonly hash: string
  readonly version: Version
  readonly createdAt: number
  number: number
}

export function newStatefulSet(version: Version, wish: Partial<SimulatedStatefulSet>): SimulatedStatefulSet {
  return {
    kind: 'StatefulSet',
    replicas: 3,
    version,
    type: 'RollingUpdate',
    partition: 0,
    isOrdered: true,
    minReadySeconds: 0,
    generation: 1,
    observedGeneration: 0,
    revisions: [],
    currentRevision: '',
    updateRevision: '',
    counters: { replicas: 0, updated: 0, ready: 0, available: 0 },
    ...wish
  }
}

/** The revision of a version; an existing one gets a number above all others (history.go). */
export function raiseRevision(revisions: ControllerRevision[], version: Version, now: number): ControllerRevision {
  const highest = Math.max(0, ...revisions.map(({ number }) => number))
  const known = revisions.find(revision => revision.version.name === version.name)
  if (known !== undefined) {
    if (known.number < highest) known.number = highest + 1
    return known
  }
  const hash = `h${version.name}`
  const made = { name: `web-${hash}`, hash, version, createdAt: now, number: highest + 1 }
  revisions.push(made)
  return made
}

/** One sync of the controller (stateful_set_control.go). */
export function syncStatefulSet(cluster: Cluster, set: SimulatedStatefulSet): void {
  const update = raiseRevision(set.revisions, set.version, cluster.now)
  set.updateRevision = update.name
  if (set.currentRevision === '') set.currentRevision = update.name
  movePods(cluster, set, update)
  writeStatus(cluster, set)
}

function ordinalOf({ name }: SimulatedPod): number {
  return Number(name.slice('web-'.length))
}

function movePods(cluster: Cluster, set: SimulatedStatefulSet, update: ControllerRevision): void {
  const isFine = (pod: SimulatedPod | undefined): boolean =>
    pod !== undefined && pod.deletedAt === null && isAvailable(pod, cluster.now, set.minReadySeconds)
  const at = (ordinal: number): SimulatedPod | undefined => cluster.pods.find(pod => ordinalOf(pod) === ordinal)

  for (let ordinal = 0; ordinal < set.replicas; ordinal++) {
    const pod = at(ordinal)
    if (pod === undefined) createAt(cluster, set, { ordinal, update })
    if (set.isOrdered && !isFine(at(ordinal))) return
  }
  for (const pod of cluster.pods.toSorted((a, b) => ordinalOf(b) - ordinalOf(a))) {
    if (ordinalOf(pod) < set.replicas) continue
    deletePod(cluster, pod)
    if (set.isOrdered) return
  }
  if (set.type === 'OnDelete') return
  for (let ordinal = set.replicas - 1; ordinal >= set.partition; ordinal--) {
    const pod = at(ordinal)
    if (pod !== undefined && pod.revision !== update.name && pod.deletedAt === null) {
      deletePod(cluster, pod)
      return
    }
    if (!isFine(pod)) return
  }
}

function createAt(
  cluster: Cluster,
  set: SimulatedStatefulSet,
  { ordinal, update }: { ordinal: number; update: ControllerRevision }
): void {
  const isOld = set.type === 'RollingUpdate' && ordinal < set.partition
  const old = set.revisions.find(({ name }) => name === set.currentRevision)
  const revision = isOld ? (old ?? update) : update
  const label = { name: 'controller-revision-hash', value: revision.name }
  createPod(cluster, { name: `web-${ordinal}`, revision: revision.name, label, version: revision.version })
}

function writeStatus({ pods, now }: Cluster, set: SimulatedStatefulSet): void {
  const updated = pods.filter(({ revision, deletedAt }) => revision === set.updateRevision && deletedAt === null)
  set.counters = {
    replicas: pods.length,
    updated: updated.length,
    ready: pods.filter(({ isReady }) => isReady).length,
    available: pods.filter(pod => isAvailable(pod, now, set.minReadySeconds)).length
  }
  set.observedGeneration = set.generation
  const { updated: count, replicas, ready } = set.counters
  const isComplete = count === replicas && ready === replicas && replicas === set.replicas
  if (set.type === 'RollingUpdate' && set.partition === 0 && isComplete) set.currentRevision = set.updateRevision
}
