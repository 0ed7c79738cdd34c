import { type Cluster, createPod, deletePod, isAvailable, type SimulatedPod, type Version } from './cluster.ts'
import { type ControllerRevision, raiseRevision } from './stateful-set.ts'

/** A DaemonSet and its ControllerRevisions; times in seconds. */
export interface SimulatedDaemonSet {
  readonly kind: 'DaemonSet'
  version: Version
  readonly type: 'RollingUpdate' | 'OnDelete'
  readonly maxUnavailable: number
  readonly maxSurge: number
  readonly minReadySeconds: number
  /** Nodes that take no new pod. */
  readonly tainted: Set<string>
  generation: number
  observedGeneration: number
  revisions: ControllerRevision[]
  counters: { scheduled: number; desired: number; updated: number; ready: number; available: number }
}

export function newDaemonSet(version: Version, wish: Partial<SimulatedDaemonSet>): SimulatedDaemonSet {
  return {
    kind: 'DaemonSet',
    version,
    type: 'RollingUpdate',
    maxUnavailable: 1,
    maxSurge: 0,
    minReadySeconds: 0,
    tainted: new Set(),
    generation: 1,
    observedGeneration: 0,
    revisions: [],
    counters: { scheduled: 0, desired: 0, updated: 0, ready: 0, available: 0 },
    ...wish
  }
}

/** One sync of the controller (daemon_controller.go, update.go). */
export function syncDaemonSet(cluster: Cluster, set: SimulatedDaemonSet): void {
  const update = raiseRevision(set.revisions, set.version, cluster.now)
  const wanting = [...cluster.nodes]
    .filter(([name, { isLost }]) => !isLost && !set.tainted.has(name))
    .map(([name]) => name)
  for (const node of wanting) {
    if (!cluster.pods.some(pod => pod.node === node)) createOn(cluster, node, update)
  }
  if (set.type === 'RollingUpdate') roll(cluster, set, { update, wanting })
  writeStatus(cluster, set, { update, wanting })
}

interface Plan {
  readonly update: ControllerRevision
  readonly wanting: readonly string[]
}

function createOn(cluster: Cluster, node: string, { name, hash, version }: ControllerRevision): void {
  const label = { name: 'controller-revision-hash', value: hash }
  createPod(cluster, { name: `web-${node}-${cluster.now}`, revision: name, label, version, node })
}

function roll(cluster: Cluster, set: SimulatedDaemonSet, { update, wanting }: Plan): void {
  const isFine = (pod: SimulatedPod): boolean =>
    pod.deletedAt === null && isAvailable(pod, cluster.now, set.minReadySeconds)
  const on = (node: string): readonly SimulatedPod[] => cluster.pods.filter(pod => pod.node === node)
  const isOld = (pod: SimulatedPod): boolean => pod.revision !== update.name && pod.deletedAt === null
  for (const pod of cluster.pods.filter(isOld)) if (!wanting.includes(pod.node ?? '')) deletePod(cluster, pod)

  if (set.maxSurge > 0) {
    const surging = wanting.filter(node => on(node).some(isOld) && on(node).some(pod => !isOld(pod)))
    for (const node of surging) {
      if (on(node).some(pod => pod.revision === update.name && isFine(pod))) {
        for (const pod of on(node).filter(isOld)) deletePod(cluster, pod)
      }
    }
    const waiting = wanting.filter(node => on(node).length > 0 && on(node).every(isOld))
    for (const node of waiting.slice(0, Math.max(0, set.maxSurge - surging.length))) createOn(cluster, node, update)
    return
  }
  const unavailable = wanting.filter(node => !on(node).some(isFine))
  const old = wanting.flatMap(node => on(node).filter(isOld))
  for (const pod of old.filter(pod => !isFine(pod))) deletePod(cluster, pod)
  const room = Math.max(0, set.maxUnavailable - unavailable.length)
  for (const pod of old.filter(isFine).slice(0, room)) deletePod(cluster, pod)
}

function writeStatus(cluster: Cluster, set: SimulatedDaemonSet, { update, wanting }: Plan): void {
  // Of a node with two pods the older one is counted.
  const oldest = wanting.flatMap(node => cluster.pods.find(pod => pod.node === node) ?? [])
  set.counters = {
    scheduled: oldest.length,
    desired: wanting.length,
    updated: oldest.filter(({ revision }) => revision === update.name).length,
    ready: oldest.filter(({ isReady }) => isReady).length,
    available: oldest.filter(pod => isAvailable(pod, cluster.now, set.minReadySeconds)).length
  }
  set.observedGeneration = set.generation
}
