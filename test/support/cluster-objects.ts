/** A Deployment whose rollout has ended, as the API server gives it, with what the guard throws away. */
export function deployment(name: string, { namespace = 'shop', image = 'web:v1', annotations = {} }: Wish = {}) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, generation: 1, annotations, managedFields: [{ manager: 'helm', operation: 'Apply' }] },
    spec: { replicas: 1, template: { spec: { containers: [{ name: 'app', image }] } } },
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }
  }
}

interface Wish {
  readonly namespace?: string
  readonly image?: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** A running pod of a Deployment. */
export function podOf(workload: string, digest: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${workload}-7d9f-x`,
      namespace: 'shop',
      labels: { 'pod-template-hash': '7d9f' },
      ownerReferences: [{ kind: 'ReplicaSet', name: `${workload}-7d9f`, controller: true }]
    },
    status: {
      phase: 'Running',
      containerStatuses: [{ name: 'app', imageID: `ghcr.io/shop/web@${digest}`, state: { running: {} } }]
    }
  }
}
