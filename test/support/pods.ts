import { deployment, listOf } from './cluster-objects.ts'

const HASH = '7d9f'

export interface PodWish {
  readonly ip: string
  readonly image?: string
  readonly isReady?: boolean
  readonly isLeaving?: boolean
  readonly isOnHostNetwork?: boolean
}

/** A pod of the Deployment, as the API server gives it. */
export function podAt(workload: string, name: string, wish: PodWish): object {
  const { ip, image = 'app:v2', isReady = true, isLeaving = false, isOnHostNetwork = false } = wish
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'dev',
      creationTimestamp: '2026-11-03T03:04:05Z',
      ...(isLeaving ? { deletionTimestamp: '2026-11-03T04:04:05Z' } : {}),
      labels: { 'pod-template-hash': HASH },
      ownerReferences: [{ kind: 'ReplicaSet', name: `${workload}-${HASH}`, controller: true }]
    },
    spec: {
      nodeName: 'node-1',
      containers: [{ name: 'app', image }],
      ...(isOnHostNetwork ? { hostNetwork: true } : {})
    },
    status: {
      phase: 'Running',
      podIP: ip,
      startTime: '2026-11-03T03:04:06Z',
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: '2026-11-03T03:04:09Z' }],
      containerStatuses: [{ name: 'app', ready: isReady, containerID: 'containerd://1', state: { running: {} } }]
    }
  }
}

/** A Deployment of `app:v2` in namespace `dev`, asked pod by pod, and its pods by name, as one file of manifests. */
export function workloadWithPods(
  workload: string,
  annotations: Readonly<Record<string, string>>,
  pods: Readonly<Record<string, PodWish>>
): string {
  const prefixed = Object.entries(annotations).map(([name, value]) => [`version-guard.keybuzz.io/${name}`, value])
  const wish = { namespace: 'dev', image: 'app:v2', annotations: Object.fromEntries(prefixed) }
  const owned = Object.entries(pods).map(([name, wish]) => podAt(workload, name, wish))
  return JSON.stringify(listOf([deployment(workload, wish), ...owned]))
}
