// Workloads on a real control plane, watched by the real guard. Their rollouts go as far as a test lets them: pods of
// `web:never-ready` become ready when the test says so, those of `web:crash` and `web:pull-error` never do.
import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { FATE_ANNOTATION, type Fate, type Kubelet, startKubelet } from '../control-plane/kubelet.ts'
import { type RunningGuard, serveGuard } from './guard-process.ts'
import { type GuardedCluster, startGuardedCluster } from './guarded-cluster.ts'
import { until } from './until.ts'

export const NODES = ['node-a', 'node-b', 'node-c'] as const

export type Kind = 'Deployment' | 'StatefulSet' | 'DaemonSet'

type RolloutState = 'STABLE' | 'ROLLING' | 'STUCK' | 'MIXED' | 'UNKNOWN'

export interface WorkloadWish {
  /** By default `web:v1`, whose pods get ready by themselves. */
  readonly image?: string
  readonly replicas?: number
  readonly namespace?: string
  /** More of its spec. */
  readonly spec?: object
  readonly annotations?: Readonly<Record<string, string>>
}

/** One workload, which the guard watches as the service of its name. */
export interface Rollout {
  readonly kind: Kind
  readonly name: string
  /** As kubectl takes it: `deployment/web`. */
  readonly object: string
  /** kubectl in its namespace. */
  kubectl(...args: readonly string[]): Promise<string>
  /** Resolves when a revision that is made now is younger than those that are there: their age is in whole seconds. */
  nextSecond(): Promise<void>
  /** A strategic merge patch. */
  patch(change: object): Promise<void>
  /** Gives this fate to all its pods, and to those that are made until the guard says so. */
  letPodsBe(fate: Fate, state: RolloutState): Promise<void>
  /** Resolves when the guard says so; rejects with what it says instead. */
  untilState(state: RolloutState): Promise<void>
  /** Lets its pods get ready, until the guard says so. */
  finish(state?: RolloutState): Promise<void>
  /** Fails unless each of the guard's answers during the work had one of these states. */
  onlyIn(states: readonly RolloutState[], work: () => Promise<void>): Promise<void>
  /** What the guard found, in words. */
  message(): Promise<string>
  /** The labels of a gauge's series, without those of every gauge; sorted. */
  labels(gauge: string): Promise<readonly string[]>
  /** The value of a gauge's only series. */
  value(gauge: string): Promise<number>
}

/** A control plane with controllers and kubelets, and the real guard that watches all of it. */
export interface RolloutCluster {
  readonly cluster: GuardedCluster
  readonly kubelet: Kubelet
  readonly guard: RunningGuard
  /** Makes a workload; resolves when its first rollout has ended, as the guard sees it. */
  start(kind: Kind, name: string, wish?: WorkloadWish): Promise<Rollout>
  /** Makes it, and waits for nothing. */
  create(kind: Kind, name: string, wish?: WorkloadWish): Promise<Rollout>
  close(): Promise<void>
}

const SHOP = 'shop'
const LOOK_MS = 20
// The first revision may be made in the second after its workload.
const SECOND_AND_MORE_MS = 2_000

export async function startRolloutCluster(namespaces: readonly string[] = []): Promise<RolloutCluster> {
  const ends: (() => Promise<void> | void)[] = []
  const life = { after: (end: () => Promise<void> | void) => void ends.unshift(end) }
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0)) await end()
  }
  try {
    const cluster = await startGuardedCluster([SHOP, ...namespaces], { controllers: true })
    life.after(cluster.close)
    const kubelet = await startKubelet(cluster.controlPlane, NODES)
    life.after(kubelet.close)
    await cluster.admit()
    const { kubectl } = cluster.controlPlane
    for (const namespace of [SHOP, ...namespaces]) {
      await until(() => kubectl(['get', 'serviceaccount/default', `--namespace=${namespace}`]))
    }
    const guard = await serveGuard(life, {
      KUBECONFIG: await cluster.controlPlane.kubeconfigFor({ tokenFile: cluster.tokenFile }),
      WATCH_PODS: 'true'
    })
    const create = async (kind: Kind, name: string, wish: WorkloadWish = {}): Promise<Rollout> => {
      await kubectl(['create', '-f=-'], JSON.stringify(manifestOf(kind, name, wish)))
      return rolloutOf({ cluster, guard, kind, name, namespace: wish.namespace ?? SHOP })
    }
    return {
      cluster,
      kubelet,
      guard,
      create,
      start: async (kind, name, wish) => {
        const rollout = await create(kind, name, wish)
        await (wish?.image === undefined ? rollout.untilState('STABLE') : rollout.finish())
        return rollout
      },
      close
    }
  } catch (error) {
    await close()
    throw error
  }
}

function manifestOf(kind: Kind, name: string, wish: WorkloadWish) {
  const { image = 'web:v1', replicas = 2, namespace = SHOP, spec, annotations } = wish
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app', image }] } }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace, annotations: { 'version-guard.keybuzz.io/enabled': 'true', ...annotations } },
    spec: {
      selector: { matchLabels: { app: name } },
      template,
      ...(kind === 'DaemonSet' ? {} : { replicas }),
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      ...spec
    }
  }
}

interface Watched {
  readonly cluster: GuardedCluster
  readonly guard: RunningGuard
  readonly kind: Kind
  readonly name: string
  readonly namespace: string
}

function rolloutOf({ cluster, guard, kind, name, namespace }: Watched): Rollout {
  const object = `${kind.toLowerCase()}/${name}`
  const kubectl = (...args: readonly string[]) => cluster.controlPlane.kubectl([...args, `--namespace=${namespace}`])
  const series = async (gauge: string): Promise<readonly (readonly [labels: string, value: number])[]> => {
    const pattern = new RegExp(`^keybuzz_${gauge}\\{namespace="${namespace}",service="${name}",?(.*)\\} (\\S+)$`, 'gm')
    return [...(await guard.metrics()).matchAll(pattern)].map(([, labels = '', value]) => [labels, Number(value)])
  }
  const state = async (): Promise<string | undefined> =>
    (await series('workload_state')).flatMap(([labels, value]) =>
      value === 1 ? [/state="(\w+)"/.exec(labels)?.[1]] : []
    )[0]
  const message = async (): Promise<string> => {
    const { services } = (await (await guard.get('/api/v1/status')).json()) as StatusAnswer
    const service = services.find(one => one.namespace === namespace && one.service === name)
    return service?.findings.find(({ guard }) => guard === 'rollout')?.message ?? ''
  }
  const expectState = async (wanted: RolloutState): Promise<void> => {
    const found = await state()
    assert.equal(found, wanted, `${object} is ${found}, not ${wanted}: ${await message()}`)
  }
  const letPodsBe = (fate: Fate, wanted: RolloutState): Promise<void> =>
    until(async () => {
      await kubectl('annotate', 'pods', `--selector=app=${name}`, '--overwrite', `${FATE_ANNOTATION}=${fate}`)
      await expectState(wanted)
    })

  return {
    kind,
    name,
    object,
    kubectl,
    nextSecond: async () => {
      const { metadata } = JSON.parse(await kubectl('get', object, '--output=json'))
      await wait(Math.max(0, Date.parse(metadata.creationTimestamp) + SECOND_AND_MORE_MS - Date.now()))
    },
    patch: async change => {
      await kubectl('patch', object, '--type=strategic', `--patch=${JSON.stringify(change)}`)
    },
    letPodsBe,
    untilState: wanted => until(() => expectState(wanted)),
    finish: (wanted = 'STABLE') => letPodsBe('ready', wanted),
    onlyIn: async (states, work) => {
      const seen = new Set<string | undefined>()
      let isOver = false
      const looking = (async () => {
        while (!isOver) {
          seen.add(await state())
          await wait(LOOK_MS)
        }
        seen.add(await state())
      })()
      try {
        await work()
      } finally {
        isOver = true
        await looking
      }
      assert.deepEqual(
        [...seen].filter(one => !states.some(allowed => allowed === one)),
        [],
        await message()
      )
    },
    message,
    labels: async gauge => (await series(gauge)).map(([labels]) => labels).sort(),
    value: async gauge => {
      const [first, ...others] = await series(gauge)
      assert.ok(first !== undefined && others.length === 0, `${gauge}: ${others.length} series beside the first`)
      return first[1]
    }
  }
}

interface StatusAnswer {
  readonly services: readonly {
    readonly service: string
    readonly namespace: string
    readonly findings: readonly { readonly guard: string; readonly message: string }[]
  }[]
}
