import type { Random } from './random.ts'

/** How a version of the service behaves once a pod of it was made. */
export type Behaviour = 'good' | 'unpullable' | 'crashing' | 'never_ready'

/** One pod template; another `name` is another template. */
export interface Version {
  readonly name: string
  readonly image: string
  readonly behaviour: Behaviour
  /** From the pod's start until it is ready, in seconds. */
  readonly startSeconds: number
}

export interface SimulatedPod {
  readonly name: string
  /** The name of its ReplicaSet or ControllerRevision. */
  readonly revision: string
  /** What its controller writes on it. */
  readonly label: { readonly name: string; readonly value: string }
  readonly version: Version
  readonly createdAt: number
  readonly node: string | null
  isReady: boolean
  readyChangedAt: number | null
  /** Set where Ready is False; empty on a lost node. */
  notReadyReason: string
  isCrashing: boolean
  deletedAt: number | null
}

/** The nodes, the pods and their kubelets; times in seconds. */
export interface Cluster {
  readonly random: Random
  now: number
  /** On a sick one no pod gets ready. */
  readonly nodes: Map<string, { isLost: boolean; lostAt: number; isSick?: boolean }>
  pods: SimulatedPod[]
  /** The most pods that may be there; Infinity: no quota. */
  quota: number
  readonly graceSeconds: number
}

export function createCluster(random: Random, nodes: number): Cluster {
  return {
    random,
    now: 0,
    nodes: new Map(Array.from({ length: nodes }, (_, index) => [`n${index}`, { isLost: false, lostAt: 0 }])),
    pods: [],
    quota: Number.POSITIVE_INFINITY,
    graceSeconds: random.pick([0, 5, 30, 30, 60])
  }
}

type NewPod = Pick<SimulatedPod, 'name' | 'revision' | 'label' | 'version'> & {
  readonly node?: string
  /** No node has room for it. */
  readonly isUnschedulable?: boolean
}

/** False: the quota forbids it. */
export function createPod(cluster: Cluster, { node, isUnschedulable = false, ...pod }: NewPod): boolean {
  if (cluster.pods.length >= cluster.quota) return false
  const healthy = [...cluster.nodes].filter(([, { isLost }]) => !isLost).map(([name]) => name)
  const place = isUnschedulable || healthy.length === 0 ? null : (node ?? cluster.random.pick(healthy))
  cluster.pods.push({
    ...pod,
    node: place,
    createdAt: cluster.now,
    isReady: false,
    readyChangedAt: null,
    notReadyReason: '',
    isCrashing: false,
    deletedAt: null
  })
  return true
}

export function deletePod(cluster: Cluster, pod: SimulatedPod): void {
  pod.deletedAt ??= cluster.now
  if (pod.node === null) cluster.pods = cluster.pods.filter(other => other !== pod)
}

const LOST_AFTER_SECONDS = 40

/** What kubelets do in a second: start containers, tell that they are ready, take away what is deleted. */
export function runKubelets(cluster: Cluster): void {
  const { now } = cluster
  for (const pod of cluster.pods) {
    if (pod.node === null) continue
    const node = cluster.nodes.get(pod.node)
    if (node === undefined || node.isLost) {
      if (pod.isReady && now - (node?.lostAt ?? 0) >= LOST_AFTER_SECONDS) {
        Object.assign(pod, { isReady: false, readyChangedAt: now, notReadyReason: '' })
      }
      continue
    }
    if (pod.readyChangedAt === null) Object.assign(pod, { readyChangedAt: now, notReadyReason: 'ContainersNotReady' })
    const { behaviour, startSeconds } = pod.version
    const isStarted = now - pod.createdAt >= startSeconds && node.isSick !== true
    if (behaviour === 'good' && isStarted && !pod.isReady && !pod.isCrashing && pod.deletedAt === null) {
      Object.assign(pod, { isReady: true, readyChangedAt: now, notReadyReason: '' })
    }
    if (pod.isCrashing && pod.isReady) {
      Object.assign(pod, { isReady: false, readyChangedAt: now, notReadyReason: 'ContainersNotReady' })
    }
  }
  const isGone = ({ node, deletedAt }: SimulatedPod): boolean =>
    deletedAt !== null && now - deletedAt >= cluster.graceSeconds && cluster.nodes.get(node ?? '')?.isLost !== true
  cluster.pods = cluster.pods.filter(pod => !isGone(pod))
}

export function countsIn(pods: readonly SimulatedPod[]): readonly SimulatedPod[] {
  return pods.filter(({ deletedAt }) => deletedAt === null)
}

export function isAvailable({ isReady, readyChangedAt }: SimulatedPod, now: number, minReadySeconds: number): boolean {
  return isReady && now - (readyChangedAt ?? 0) >= minReadySeconds
}
