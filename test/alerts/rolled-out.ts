/** A Deployment whose rollout to a version has just ended. */
export interface RolledOut {
  readonly namespace: string
  readonly service: string
  readonly endpoint: string
  /** `v1` or `v2`: the image's tag, and the revision. */
  readonly version: string
  /** When it ended, ms since the epoch, on a full second. */
  readonly at: number
}

/** The Deployment, the ReplicaSet of this version and its pod, as the API server gives them. */
export function rolloutObjects({ namespace, service, endpoint, version, at }: RolledOut): readonly object[] {
  const revision = version.slice(1)
  const hash = `hash${revision}`
  const replicaSet = `${service}-${hash}`
  const template = {
    metadata: { labels: { app: service } },
    spec: { containers: [{ name: 'app', image: `app:${version}` }] }
  }
  const time = (ms: number) => new Date(ms).toISOString().replace('.000', '')
  const began = time(at - 2000)
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: replicaSet,
        namespace,
        uid: replicaSet,
        creationTimestamp: began,
        labels: { 'pod-template-hash': hash },
        annotations: { 'deployment.kubernetes.io/revision': revision },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: service, controller: true }]
      },
      spec: {
        replicas: 1,
        template: { ...template, metadata: { labels: { app: service, 'pod-template-hash': hash } } }
      }
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        // One pod, of the present version.
        name: `${service}-pod`,
        namespace,
        creationTimestamp: began,
        labels: { 'pod-template-hash': hash },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: replicaSet, controller: true }]
      },
      spec: template.spec,
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time(at) }],
        containerStatuses: [{ name: 'app', ready: true, imageID: '', state: { running: {} } }]
      }
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: service,
        namespace,
        generation: Number(revision),
        annotations: { 'version-guard.keybuzz.io/endpoint': endpoint }
      },
      spec: { replicas: 1, selector: { matchLabels: { app: service } }, template },
      status: {
        observedGeneration: Number(revision),
        replicas: 1,
        updatedReplicas: 1,
        readyReplicas: 1,
        availableReplicas: 1,
        conditions: [
          { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', lastUpdateTime: time(at) }
        ]
      }
    }
  ]
}
