import {
  type Cluster,
  countsIn,
  createPod,
  deletePod,
  isAvailable,
  type SimulatedPod,
  type Version
} from './cluster.ts'

/** A Deployment and its ReplicaSets, as far as a rollout is concerned; times in seconds. */
export interface SimulatedDeployment {
  readonly kind: 'Deployment'
  replicas: number
  version: Version
  isPaused: boolean
  readonly strategy: 'RollingUpdate' | 'Recreate'
  readonly maxSurge: number
  readonly maxUnavailable: number
  readonly minReadySeconds: number
  /** `null`: none. */
  readonly progressDeadlineSeconds: number | null
  /** Pods that scaling makes find no node. */
  hasNoRoom: boolean
  generation: number
  observedGeneration: number
  replicaSets: ReplicaSet[]
  progress: { reason: string; status: string; updatedAt: number; message?: string } | null
  failure: string
  counters: { replicas: number; updated: number; ready: number; available: number }
}

export interface ReplicaSet {
  readonly name: string
  readonly hash: string
  readonly version: Version
  readonly createdAt: number
  revision: number
  replicas: number
}

export function newDeployment(version: Version, wish: Partial<SimulatedDeployment>): SimulatedDeployment {
  return {
    kind: 'Deployment',
    replicas: 3,
    version,
    isPaused: false,
    strategy: 'RollingUpdate',
    maxSurge: 1,
    maxUnavailable: 0,
    minReadySeconds: 0,
    progressDeadlineSeconds: 600,
    hasNoRoom: false,
    generation: 1,
    observedGeneration: 0,
    replicaSets: [],
    progress: null,
    failure: '',
    counters: { replicas: 0, updated: 0, ready: 0, available: 0 },
    ...wish
  }
}

/** One sync of the Deployment's controller and of the ReplicaSets' (kubernetes/pkg/controller/deployment, replicaset). */
export function syncDeployment(cluster: Cluster, deployment: SimulatedDeployment): void {
  const { now } = cluster
  markPause(deployment, now)
  const current = findCurrent(cluster, deployment)
  if (deployment.isPaused) scale(deployment)
  else if (current !== undefined) {
    if (deployment.strategy === 'Recreate') recreate(cluster, deployment, current)
    else roll(cluster, deployment, current)
  }
  // It counts what the ReplicaSets' controller has made up to now.
  writeStatus(cluster, deployment, current)
  deployment.failure = ''
  for (const replicaSet of deployment.replicaSets) syncReplicaSet(cluster, deployment, replicaSet)
}

function podsOf(cluster: Cluster, { name }: ReplicaSet): readonly SimulatedPod[] {
  return countsIn(cluster.pods).filter(({ revision }) => revision === name)
}

function setProgress(
  deployment: SimulatedDeployment,
  reason: string,
  { status, now, message = '' }: { status: string; now: number; message?: string }
) {
  if (deployment.progressDeadlineSeconds === null) deployment.progress = null
  else if (deployment.progress?.reason !== reason) deployment.progress = { reason, status, updatedAt: now, message }
}

function markPause(deployment: SimulatedDeployment, now: number): void {
  const { isPaused, progress } = deployment
  if (isPaused && progress?.reason !== 'ProgressDeadlineExceeded') {
    setProgress(deployment, 'DeploymentPaused', { status: 'Unknown', now })
  } else if (!isPaused && progress?.reason === 'DeploymentPaused') {
    setProgress(deployment, 'DeploymentResumed', { status: 'Unknown', now })
  }
}

function findCurrent(cluster: Cluster, deployment: SimulatedDeployment): ReplicaSet | undefined {
  const { version, replicaSets, isPaused } = deployment
  const highest = Math.max(0, ...replicaSets.map(({ revision }) => revision))
  const known = replicaSets.find(replicaSet => replicaSet.version.name === version.name)
  if (known !== undefined) {
    if (!isPaused && known.revision < highest) known.revision = highest + 1
    if (deployment.progress === null)
      setProgress(deployment, 'FoundNewReplicaSet', { status: 'True', now: cluster.now })
    return known
  }
  if (isPaused) return undefined
  const hash = `h${version.name}`
  const made = { name: `web-${hash}`, hash, version, createdAt: cluster.now, revision: highest + 1, replicas: 0 }
  replicaSets.push(made)
  setProgress(deployment, 'NewReplicaSetCreated', { status: 'True', now: cluster.now })
  return made
}

/** A paused one is scaled all the same, as far as one ReplicaSet is concerned. */
function scale({ replicas, replicaSets }: SimulatedDeployment): void {
  const active = replicaSets.filter(replicaSet => replicaSet.replicas > 0)
  if (active.length === 1 && active[0] !== undefined) active[0].replicas = replicas
}

function recreate(cluster: Cluster, { replicas, replicaSets }: SimulatedDeployment, current: ReplicaSet): void {
  const old = replicaSets.filter(replicaSet => replicaSet !== current)
  for (const replicaSet of old) replicaSet.replicas = 0
  const areOldGone = !cluster.pods.some(pod => old.some(({ name }) => name === pod.revision))
  if (areOldGone) current.replicas = replicas
}

function roll(cluster: Cluster, deployment: SimulatedDeployment, current: ReplicaSet): void {
  const { replicas, replicaSets, maxSurge, maxUnavailable, minReadySeconds } = deployment
  const available = (replicaSet: ReplicaSet): number =>
    podsOf(cluster, replicaSet).filter(pod => isAvailable(pod, cluster.now, minReadySeconds)).length
  const total = replicaSets.reduce((sum, replicaSet) => sum + replicaSet.replicas, 0)
  if (current.replicas > replicas) current.replicas = replicas
  else if (current.replicas < replicas) {
    current.replicas += Math.max(0, Math.min(replicas + maxSurge - total, replicas - current.replicas))
  }

  const old = replicaSets.filter(replicaSet => replicaSet !== current && replicaSet.replicas > 0)
  const all = replicaSets.reduce((sum, replicaSet) => sum + replicaSet.replicas, 0)
  const least = replicas - maxUnavailable
  let mayGo = all - least - (current.replicas - available(current))
  for (const replicaSet of old) {
    const unhealthy = Math.min(Math.max(0, mayGo), replicaSet.replicas - available(replicaSet))
    replicaSet.replicas -= unhealthy
    mayGo -= unhealthy
  }
  let surplus = replicaSets.reduce((sum, replicaSet) => sum + available(replicaSet), 0) - least
  for (const replicaSet of old) {
    const gone = Math.max(0, Math.min(surplus, replicaSet.replicas))
    replicaSet.replicas -= gone
    surplus -= gone
  }
}

function syncReplicaSet(cluster: Cluster, deployment: SimulatedDeployment, replicaSet: ReplicaSet): void {
  const pods = podsOf(cluster, replicaSet)
  for (let count = pods.length; count < replicaSet.replicas; count++) {
    const name = `${replicaSet.name}-${cluster.now}-${count}`
    const label = { name: 'pod-template-hash', value: replicaSet.hash }
    const pod = { name, revision: replicaSet.name, label, version: replicaSet.version }
    if (createPod(cluster, { ...pod, isUnschedulable: deployment.hasNoRoom })) continue
    deployment.failure = 'pods "web" is forbidden: exceeded quota: q'
    break
  }
  const surplus = pods.length - replicaSet.replicas
  if (surplus <= 0) return
  const worstFirst = pods.toSorted((a, b) => Number(a.isReady) - Number(b.isReady) || b.createdAt - a.createdAt)
  for (const pod of worstFirst.slice(0, surplus)) deletePod(cluster, pod)
}

function writeStatus(cluster: Cluster, deployment: SimulatedDeployment, current: ReplicaSet | undefined): void {
  const { now } = cluster
  const { counters: before, minReadySeconds, replicas, progressDeadlineSeconds } = deployment
  const pods = deployment.replicaSets.flatMap(replicaSet => podsOf(cluster, replicaSet))
  const after = {
    replicas: pods.length,
    updated: current === undefined ? 0 : podsOf(cluster, current).length,
    ready: pods.filter(({ isReady }) => isReady).length,
    available: pods.filter(pod => isAvailable(pod, now, minReadySeconds)).length
  }
  deployment.counters = after
  deployment.observedGeneration = deployment.generation
  const isOver = after.replicas === after.updated && deployment.progress?.reason === 'NewReplicaSetAvailable'
  if (deployment.isPaused || progressDeadlineSeconds === null || isOver) return
  const isComplete = [after.updated, after.replicas, after.available].every(count => count === replicas)
  const hasMoved =
    after.updated > before.updated ||
    after.replicas - after.updated < before.replicas - before.updated ||
    after.ready > before.ready ||
    after.available > before.available
  const message = `ReplicaSet "${current?.name}" has successfully progressed.`
  if (isComplete) setProgress(deployment, 'NewReplicaSetAvailable', { status: 'True', now, message })
  else if (hasMoved) deployment.progress = { reason: 'ReplicaSetUpdated', status: 'True', updatedAt: now }
  else if (
    deployment.progress !== null &&
    deployment.progress.reason !== 'NewReplicaSetAvailable' &&
    deployment.progress.updatedAt + progressDeadlineSeconds < now
  ) {
    setProgress(deployment, 'ProgressDeadlineExceeded', { status: 'False', now })
  }
}
