import type { Cluster, SimulatedPod, Version } from './cluster.ts'
import type { SimulatedDaemonSet } from './daemon-set.ts'
import type { SimulatedDeployment } from './deployment.ts'
import type { SimulatedStatefulSet } from './stateful-set.ts'

export type SimulatedWorkload = SimulatedDaemonSet | SimulatedDeployment | SimulatedStatefulSet

/** When the simulated time begins, ms since the epoch. */
export const BEGINNING = Date.parse('2026-11-25T00:00:00Z')

const NAMESPACE = 'shop'

/** A workload as the API server gives it. */
export function workloadObject(workload: SimulatedWorkload) {
  const { kind, generation, version } = workload
  const metadata = { name: 'web', namespace: NAMESPACE, generation, creationTimestamp: timeOf(0) }
  return { apiVersion: 'apps/v1', kind, metadata, ...specAndStatus(workload, templateOf(version)) }
}

/** Its revisions and pods. */
export function dependentObjects(cluster: Cluster, workload: SimulatedWorkload): readonly object[] {
  return [...OTHERS, ...revisionObjects(workload), ...cluster.pods.map(pod => podObject(cluster, workload.kind, pod))]
}

// Objects of another workload: with them, having none of our own means none, and not that the kind was left out.
const OTHERS = ['Pod', 'ReplicaSet', 'ControllerRevision'].map(kind => ({
  apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1',
  kind,
  metadata: { name: 'other', namespace: NAMESPACE, creationTimestamp: timeOf(0) }
}))

function timeOf(seconds: number): string {
  return new Date(BEGINNING + seconds * 1000).toISOString().replace('.000', '')
}

function templateOf({ name, image }: Version, hash?: string) {
  const labels = { app: 'web', ...(hash === undefined ? {} : { 'pod-template-hash': hash }) }
  return { metadata: { labels, annotations: { version: name } }, spec: { containers: [{ name: 'app', image }] } }
}

// Kubernetes leaves out what is 0.
function counters(counts: Readonly<Record<string, number>>): object {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
}

function specAndStatus(workload: SimulatedWorkload, template: object): { spec: object; status: object } {
  const { observedGeneration, minReadySeconds } = workload
  if (workload.kind === 'DaemonSet') {
    const { scheduled, desired, updated, ready, available } = workload.counters
    const optional = counters({ observedGeneration, updatedNumberScheduled: updated, numberAvailable: available })
    return {
      spec: { updateStrategy: { type: workload.type }, minReadySeconds, template },
      status: {
        currentNumberScheduled: scheduled,
        desiredNumberScheduled: desired,
        numberReady: ready,
        numberMisscheduled: 0,
        ...optional
      }
    }
  }
  const { replicas, updated, ready, available } = workload.counters
  const optional = counters({ observedGeneration, updatedReplicas: updated, readyReplicas: ready })
  if (workload.kind === 'StatefulSet') {
    const { type, partition, isOrdered, currentRevision, updateRevision } = workload
    return {
      spec: {
        replicas: workload.replicas,
        minReadySeconds,
        podManagementPolicy: isOrdered ? 'OrderedReady' : 'Parallel',
        updateStrategy: { type, ...(type === 'RollingUpdate' ? { rollingUpdate: { partition } } : {}) },
        template
      },
      status: { replicas, ...optional, availableReplicas: available, currentRevision, updateRevision }
    }
  }
  const { isPaused, strategy, progressDeadlineSeconds, progress, failure } = workload
  return {
    spec: {
      replicas: workload.replicas,
      minReadySeconds,
      ...(isPaused ? { paused: true } : {}),
      strategy: { type: strategy },
      progressDeadlineSeconds: progressDeadlineSeconds ?? 2 ** 31 - 1,
      template
    },
    status: {
      ...counters({ replicas, availableReplicas: available }),
      ...optional,
      conditions: [
        ...(progress === null
          ? []
          : [
              {
                type: 'Progressing',
                status: progress.status,
                reason: progress.reason,
                message: progress.message,
                lastUpdateTime: timeOf(progress.updatedAt)
              }
            ]),
        ...(failure === ''
          ? []
          : [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: failure }])
      ]
    }
  }
}

function revisionObjects(workload: SimulatedWorkload): readonly object[] {
  const owner = { kind: workload.kind, name: 'web', controller: true }
  const metadataOf = (name: string, createdAt: number) => ({
    name,
    namespace: NAMESPACE,
    creationTimestamp: timeOf(createdAt),
    ownerReferences: [owner]
  })
  if (workload.kind === 'Deployment') {
    return workload.replicaSets.map(({ name, hash, version, createdAt, revision, replicas }) => ({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        ...metadataOf(name, createdAt),
        labels: { 'pod-template-hash': hash },
        annotations: { 'deployment.kubernetes.io/revision': String(revision) }
      },
      spec: { replicas, template: templateOf(version, hash) }
    }))
  }
  return workload.revisions.map(({ name, version, createdAt, number }) => ({
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: metadataOf(name, createdAt),
    revision: number,
    data: { spec: { template: { $patch: 'replace', ...templateOf(version) } } }
  }))
}

function podObject({ graceSeconds }: Cluster, kind: SimulatedWorkload['kind'], pod: SimulatedPod): object {
  const { name, revision, label, version, createdAt, node, isReady, readyChangedAt, notReadyReason, deletedAt } = pod
  const owner = kind === 'Deployment' ? { kind: 'ReplicaSet', name: revision } : { kind, name: 'web' }
  const isStarted = readyChangedAt !== null
  const isPulled = version.behaviour !== 'unpullable'
  // The API server goes on showing the last state of a lost node's containers.
  const isToldReady = isReady || (isStarted && notReadyReason === '')
  const waiting = { unpullable: 'ImagePullBackOff', crashing: 'CrashLoopBackOff', good: '', never_ready: '' }
  const reason = pod.isCrashing ? 'CrashLoopBackOff' : waiting[version.behaviour]
  const containerStatus = {
    name: 'app',
    image: version.image,
    imageID: isPulled ? `ghcr.io/shop/web@sha256:${digestOf(version.image)}` : '',
    ...(isPulled ? { containerID: `containerd://${name}` } : {}),
    ready: isToldReady,
    state: reason === '' || isReady ? { running: {} } : { waiting: { reason } }
  }
  const ready = {
    type: 'Ready',
    status: isReady ? 'True' : 'False',
    ...(notReadyReason === '' ? {} : { reason: notReadyReason }),
    lastTransitionTime: timeOf(readyChangedAt ?? 0)
  }
  const unscheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: NAMESPACE,
      creationTimestamp: timeOf(createdAt),
      ...(deletedAt === null ? {} : { deletionTimestamp: timeOf(deletedAt + graceSeconds) }),
      labels: { [label.name]: label.value },
      ownerReferences: [{ ...owner, controller: true }]
    },
    spec: { ...(node === null ? {} : { nodeName: node }), containers: [{ name: 'app', image: version.image }] },
    status: {
      phase: isStarted && isPulled ? 'Running' : 'Pending',
      ...(node === null ? {} : { startTime: timeOf(createdAt) }),
      conditions: [...(node === null ? [unscheduled] : []), ...(isStarted ? [ready] : [])],
      containerStatuses: isStarted ? [containerStatus] : []
    }
  }
}

function digestOf(image: string): string {
  return Buffer.from(image).toString('hex').padStart(64, '0').slice(-64)
}
