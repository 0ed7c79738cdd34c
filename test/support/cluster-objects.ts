const TIMED_OUT = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }

/** The condition of a Deployment whose rollout ended then, ms since the epoch; told in full seconds, as Kubernetes does. */
export function endedAt(ms: number) {
  const lastUpdateTime = `${new Date(ms).toISOString().slice(0, 19)}Z`
  return { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', lastUpdateTime }
}

/** A Deployment as the API server gives it, with what the guard throws away; all its pods are updated and available. */
export function deployment(name: string, wish: DeploymentWish = {}) {
  const { namespace = 'shop', image = 'web:v1', endpoint, annotations = {}, replicas = 1 } = wish
  const { updatedReplicas = replicas, isHung = false, rolledOutAt } = wish
  const conditions = isHung ? [TIMED_OUT] : rolledOutAt === undefined ? [] : [endedAt(rolledOutAt)]
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace,
      generation: 1,
      annotations: {
        ...(endpoint === undefined ? {} : { 'version-guard.keybuzz.io/endpoint': endpoint }),
        ...annotations
      },
      managedFields: [{ manager: 'helm', operation: 'Apply', fieldsType: 'FieldsV1', fieldsV1: {} }]
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app', image }] } }
    },
    status: {
      observedGeneration: 1,
      replicas,
      updatedReplicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
      ...(conditions.length === 0 ? {} : { conditions })
    }
  }
}

export interface DeploymentWish {
  readonly namespace?: string
  readonly image?: string
  /** Where the guard shall ask; without one it asks nowhere. */
  readonly endpoint?: string | undefined
  readonly annotations?: Readonly<Record<string, string>>
  readonly replicas?: number
  /** Fewer than `replicas`: a rollout is under way. */
  readonly updatedReplicas?: number
  /** Whether that rollout has gone past its deadline. */
  readonly isHung?: boolean
  /** When its rollout ended, ms since the epoch; absent: it does not say. */
  readonly rolledOutAt?: number | undefined
}

/** Objects as `kubectl get -o json` gives them. */
export function listOf(items: readonly object[]) {
  return { apiVersion: 'v1', kind: 'List', items }
}

/** A running pod of a Deployment. */
export function podOf(workload: string, digest: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${workload}-7d9f-x`,
      namespace: 'shop',
      creationTimestamp: '2026-11-03T03:04:05Z',
      labels: { 'pod-template-hash': '7d9f' },
      ownerReferences: [{ kind: 'ReplicaSet', name: `${workload}-7d9f`, controller: true }]
    },
    spec: { containers: [{ name: 'app', image: 'ghcr.io/shop/web:v1' }] },
    status: {
      phase: 'Running',
      containerStatuses: [{ name: 'app', imageID: `ghcr.io/shop/web@${digest}`, state: { running: {} } }]
    }
  }
}

/** A Secret that pods pull images with; its docker config as text. */
export function pullSecret(name: string, config: string, namespace = 'shop') {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { namespace, name },
    data: { '.dockerconfigjson': Buffer.from(config).toString('base64') }
  }
}
