import { NAMESPACE, nameOf } from './fleet.ts'

const VARIABLES = 30
const MANAGED_FIELDS = 60
const HASH = '7d9f6c5b4'

/** What a Deployment owns: its pods, and its ReplicaSets, the newest of which owns the pods. */
export interface Owned {
  readonly pods: number
  readonly replicaSets: number
}

/** A ready pod of the Deployment with this index, as a cluster gives it, of about 8 KB. */
export function wholePod(deployment: number, index: number): object {
  const name = nameOf(deployment)
  const image = `ghcr.io/keybuzzio/${name}`
  const env = Array.from({ length: VARIABLES }, (_, n) => ({
    name: `VARIABLE_${n}`,
    value: `value-${deployment}-${n}`
  }))
  const time = '2026-11-03T08:15:00Z'
  return {
    metadata: {
      name: `${name}-${HASH}-${index}`,
      namespace: NAMESPACE,
      uid: uidOf(deployment, index),
      creationTimestamp: time,
      labels: { 'app.kubernetes.io/name': name, 'pod-template-hash': HASH },
      annotations: { 'kubernetes.io/config.seen': time, 'checksum/config': 'a'.repeat(64) },
      ownerReferences: [ownerOf('ReplicaSet', `${name}-${HASH}`)],
      managedFields: managedFields()
    },
    spec: {
      nodeName: `node-${(deployment + index) % 100}`,
      containers: [
        {
          name: 'app',
          image: `${image}:v1.2.3`,
          env,
          resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } }
        }
      ]
    },
    status: {
      phase: 'Running',
      startTime: time,
      podIP: `10.${deployment >> 8}.${deployment & 255}.${index}`,
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(type => {
        return { type, status: 'True', lastTransitionTime: time }
      }),
      containerStatuses: [
        {
          name: 'app',
          image: `${image}:v1.2.3`,
          imageID: `${image}@sha256:${String(deployment).padStart(64, '0')}`,
          containerID: `containerd://${uidOf(deployment, index).replaceAll('-', '').repeat(2)}`,
          ready: true,
          started: true,
          restartCount: 0,
          state: { running: { startedAt: time } }
        }
      ]
    }
  }
}

/** The whole metadata of a Deployment's ReplicaSet; index 0 is the newest. */
export function replicaSetMetadata(deployment: number, index: number, { replicaSets }: Owned): object {
  const name = nameOf(deployment)
  const hash = index === 0 ? HASH : `${HASH.slice(0, 7)}${String(index).padStart(2, '0')}`
  return {
    metadata: {
      name: `${name}-${hash}`,
      namespace: NAMESPACE,
      uid: uidOf(deployment, 100 + index),
      creationTimestamp: '2026-11-03T08:14:00Z',
      labels: { 'app.kubernetes.io/name': name, 'pod-template-hash': hash },
      annotations: { 'deployment.kubernetes.io/revision': String(replicaSets - index) },
      ownerReferences: [ownerOf('Deployment', name)],
      managedFields: managedFields()
    }
  }
}

function ownerOf(kind: string, name: string) {
  return { apiVersion: 'apps/v1', kind, name, uid: uidOf(0, 0), controller: true, blockOwnerDeletion: true }
}

function uidOf(deployment: number, index: number): string {
  return `00000000-0000-4000-${String(8000 + index)}-${String(deployment).padStart(12, '0')}`
}

function managedFields(): readonly object[] {
  const fields = Array.from({ length: MANAGED_FIELDS }, (_, n) => [`f:field-${n}`, { 'f:name': {}, 'f:value': {} }])
  return [{ manager: 'kubelet', operation: 'Update', fieldsType: 'FieldsV1', fieldsV1: Object.fromEntries(fields) }]
}
