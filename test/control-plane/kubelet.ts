// A stand-in for the scheduler and for the kubelets of some nodes: binds pods, writes their status, and removes those
// that are deleted. No container runs. The fields are those that a kubelet of 1.35 with containerd writes.
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { type AdminClient, ApiRefusal, createAdminClient } from '../support/admin-client.ts'
import type { ControlPlane } from '../support/control-plane.ts'

/** What becomes of a pod's containers. */
export type Fate = 'ready' | 'crash' | 'pull-error' | 'never-ready'

/**
 * Sets a pod's `Fate`, on the pod or on its template. Without it the tag of the image decides, such as `web:crash`; any
 * other tag gets ready.
 */
export const FATE_ANNOTATION = 'kubelet.test/fate'

export interface Kubelet {
  /** Silences a node: its pods become not ready, without a reason, and never terminate. */
  lose(node: string): Promise<void>
  close(): Promise<void>
}

interface Pod {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
  readonly spec: {
    readonly nodeName?: string
    readonly containers: readonly { readonly name: string; readonly image: string }[]
    readonly affinity?: unknown
  }
}

const PODS = '/api/v1/pods'
const PAUSE_MS = 100
// Containers take their time to stop. `kubectl delete` waits for ever for a pod that is replaced before it looks twice.
const STOPPING_MS = 1_000
const FATES: readonly Fate[] = ['ready', 'crash', 'pull-error', 'never-ready']

/** Creates the nodes and handles every pod until `close`. */
export async function startKubelet(
  controlPlane: ControlPlane,
  nodes: readonly string[] = ['node-0']
): Promise<Kubelet> {
  const client = await createAdminClient(controlPlane)
  const lost = new Set<string>()
  // What was written last, by uid: a pod's fate changes with its annotation.
  const written = new Map<string, Fate>()
  const closed = new AbortController()
  for (const node of nodes) await makeNode(client, node)

  const stopping = new Map<string, Promise<void>>()
  const stop = (uid: string, path: string): void => {
    const stopped = async (): Promise<void> => {
      await wait(STOPPING_MS, undefined, { signal: closed.signal })
      await client.write('DELETE', path, { gracePeriodSeconds: 0, preconditions: { uid } })
    }
    // What fails is tried again when the pod is seen again.
    if (!stopping.has(uid))
      stopping.set(
        uid,
        stopped().catch(() => void stopping.delete(uid))
      )
  }
  const see = async (pod: Pod): Promise<void> => {
    const { metadata, spec } = pod
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`
    if (spec.nodeName === undefined) {
      const name = wantedNode(spec.affinity) ?? nodes.find(node => !lost.has(node))
      if (metadata.deletionTimestamp !== undefined) return client.write('DELETE', path, { gracePeriodSeconds: 0 })
      return client.write('POST', `${path}/binding`, {
        target: { kind: 'Node', name },
        metadata: { name: metadata.name }
      })
    }
    if (lost.has(spec.nodeName)) return
    if (metadata.deletionTimestamp !== undefined) return stop(metadata.uid, path)
    const fate = fateOf(pod)
    if (written.get(metadata.uid) === fate) return
    await client.write('PATCH', `${path}/status`, { status: statusOf(pod, fate) })
    written.set(metadata.uid, fate)
  }
  const forget = (uid: string): void => {
    written.delete(uid)
    stopping.delete(uid)
  }
  const seeTo = (pod: Pod): Promise<void> =>
    see(pod).catch(error => {
      // Somebody else was first: the pod is gone, or has changed meanwhile.
      if (!isRefusal(error, 404, 409)) throw error
    })
  const follow = async (): Promise<void> => {
    const { metadata, items } = await client.read<PodList>(PODS)
    for (const pod of items) await seeTo(pod)
    const watch = `${PODS}?watch=true&resourceVersion=${metadata.resourceVersion}`
    for await (const { type, object } of client.watch<PodEvent>(watch, closed.signal)) {
      if (type === 'ERROR') return
      if (type === 'DELETED') forget(object.metadata.uid)
      else await seeTo(object)
    }
  }
  const following = (async () => {
    // A test may stop the API server for a while.
    while (!closed.signal.aborted) {
      await follow().catch(error => {
        if (isRefusal(error, 400, 403, 422)) throw error
      })
      await wait(PAUSE_MS, undefined, { signal: closed.signal }).catch(() => {})
    }
  })()

  return {
    lose: async node => {
      lost.add(node)
      const { items } = await client.read<PodList>(`${PODS}?fieldSelector=spec.nodeName%3D${node}`)
      for (const { metadata } of items) {
        const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/status`
        const { status } = await client.read<{ status: { conditions: readonly Condition[] } }>(path)
        // A lost node differs from a crash: there is no reason, and the containers keep their last state.
        const conditions = status.conditions.map(one => (one.type === 'Ready' ? condition('Ready', false) : one))
        await client.write('PATCH', path, { status: { conditions } })
      }
    },
    close: async () => {
      closed.abort()
      await following
      await Promise.all(stopping.values())
      client.close()
    }
  }
}

function isRefusal(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof ApiRefusal && statuses.includes(error.status)
}

interface PodList {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly Pod[]
}

interface PodEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'ERROR'
  readonly object: Pod
}

type Condition = ReturnType<typeof condition>

function fateOf({ metadata, spec }: Pod): Fate {
  const [, tag] = /:([\w-]+)$/.exec(spec.containers[0]?.image ?? '') ?? []
  const wanted = metadata.annotations?.[FATE_ANNOTATION] ?? tag
  return FATES.find(fate => fate === wanted) ?? 'ready'
}

function statusOf({ metadata, spec }: Pod, fate: Fate): object {
  const now = new Date().toISOString()
  const isReady = fate === 'ready'
  const notReady = isReady ? {} : { reason: 'ContainersNotReady', message: 'containers with unready status: [app]' }
  return {
    phase: fate === 'pull-error' ? 'Pending' : 'Running',
    startTime: now,
    podIP: '10.1.0.1',
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', isReady, notReady),
      condition('Ready', isReady, notReady)
    ],
    containerStatuses: spec.containers.map(({ name, image }) => ({
      name,
      image,
      ready: isReady,
      started: fate === 'ready' || fate === 'never-ready',
      restartCount: fate === 'crash' ? 3 : 0,
      imageID: fate === 'pull-error' ? '' : `${image.replace(/:[^:/]*$/, '')}@${digest(image)}`,
      ...(fate === 'pull-error' ? {} : { containerID: `containerd://${digest(metadata.uid).slice('sha256:'.length)}` }),
      ...containerState(fate, now)
    }))
  }
}

function containerState(fate: Fate, now: string): object {
  const waiting = (reason: string) => ({ state: { waiting: { reason, message: reason } } })
  if (fate === 'pull-error') return waiting('ImagePullBackOff')
  if (fate !== 'crash') return { state: { running: { startedAt: now } } }
  const terminated = { exitCode: 1, reason: 'Error', startedAt: now, finishedAt: now }
  return { ...waiting('CrashLoopBackOff'), lastState: { terminated } }
}

function condition(type: string, isSo: boolean, why: { reason?: string; message?: string } = {}) {
  return { type, status: isSo ? 'True' : 'False', lastTransitionTime: new Date().toISOString(), ...why }
}

/** Images by content, as a registry would tell: the same text, the same digest. */
function digest(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

/** The node that the DaemonSet controller chose: it leaves the binding to the scheduler. */
function wantedNode(affinity: unknown): string | undefined {
  return /"key":"metadata\.name","operator":"In","values":\["([^"]+)"\]/.exec(JSON.stringify(affinity) ?? '')?.[1]
}

async function makeNode(client: AdminClient, name: string): Promise<void> {
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/arch': 'amd64', 'kubernetes.io/os': 'linux' }
  await client.write('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } })
  const room = { cpu: '8', memory: '32Gi', pods: '110' }
  const nodeInfo = { architecture: 'amd64', operatingSystem: 'linux', containerRuntimeVersion: 'containerd://2.2.0' }
  await client.write('PATCH', `/api/v1/nodes/${name}/status`, {
    status: { capacity: room, allocatable: room, nodeInfo, conditions: [condition('Ready', true)] }
  })
  // Admission taints every new node. The node lifecycle controller, which does not run here, would remove the taint.
  await client.write('PATCH', `/api/v1/nodes/${name}`, { spec: { taints: null } })
}
