import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { FATE_ANNOTATION, type Kubelet, startKubelet } from '../control-plane/kubelet.ts'
import { deployment } from './cluster-objects.ts'
import { needs } from './component.ts'
import { type ControlPlane, controllersMissing, startControlPlane } from './control-plane.ts'
import { until } from './until.ts'

const IN_SHOP = '--namespace=shop'
const NODES = ['node-a', 'node-b']

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
}

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly spec: { readonly nodeName: string }
  readonly status: {
    readonly phase: string
    readonly conditions: readonly Condition[]
    readonly containerStatuses: readonly {
      readonly imageID: string
      readonly ready: boolean
      readonly state: { readonly waiting?: { readonly reason: string } }
    }[]
  }
}

suite('controllers and a kubelet', needs(controllersMissing), () => {
  let controlPlane: ControlPlane
  let kubelet: Kubelet

  before(async () => {
    controlPlane = await startControlPlane({ controllers: true })
    kubelet = await startKubelet(controlPlane, NODES)
    await kubectl('create', 'namespace', 'shop')
    await until(() => kubectl('get', 'serviceaccount/default'))
  })
  after(async () => {
    await kubelet?.close()
    await controlPlane?.close()
  })

  const kubectl = (...args: readonly string[]) => controlPlane.kubectl([...args, IN_SHOP])
  const apply = (object: object) => controlPlane.kubectl(['apply', IN_SHOP, '-f=-'], JSON.stringify(object))
  const podsOf = async (app: string): Promise<readonly Pod[]> =>
    JSON.parse(await kubectl('get', 'pods', `--selector=app=${app}`, '-o=json')).items
  const readyOf = ({ status }: Pod) => status.conditions.find(({ type }) => type === 'Ready')
  const progressOf = async (name: string): Promise<string | undefined> => {
    const { status } = JSON.parse(await kubectl('get', `deployment/${name}`, '-o=json'))
    return status.conditions?.find(({ type }: Condition) => type === 'Progressing')?.reason
  }
  const untilRolledOut = (name: string) =>
    until(async () => assert.equal(await progressOf(name), 'NewReplicaSetAvailable'))
  const workload = (name: string, image: string) => {
    const { apiVersion, kind, spec } = deployment(name, { image, replicas: 2 })
    return { apiVersion, kind, metadata: { name }, spec }
  }

  test('bring a Deployment to the end of its rollout', async () => {
    await apply(workload('web', 'web:v1'))
    await untilRolledOut('web')
    const pods = await podsOf('web')
    assert.equal(pods.length, 2)
    for (const { spec, status } of pods) {
      assert.ok(NODES.includes(spec.nodeName))
      assert.match(status.containerStatuses[0]?.imageID ?? '', /^web@sha256:[0-9a-f]{64}$/)
    }
  })

  for (const [fate, phase, reason] of [
    ['crash', 'Running', 'CrashLoopBackOff'],
    ['pull-error', 'Pending', 'ImagePullBackOff'],
    ['never-ready', 'Running', undefined]
  ] as const) {
    test(`leave a rollout unfinished whose image is web:${fate}, and finish it with a good one`, async () => {
      const name = `bad-${fate}`
      await apply(workload(name, `web:${fate}`))
      await until(async () => {
        const pods = await podsOf(name)
        assert.deepEqual(
          pods.map(({ status }) => [status.phase, status.containerStatuses[0]?.state.waiting?.reason]),
          [
            [phase, reason],
            [phase, reason]
          ]
        )
      })
      assert.equal(await progressOf(name), 'ReplicaSetUpdated')
      await kubectl('set', 'image', `deployment/${name}`, 'app=web:v2')
      await untilRolledOut(name)
    })
  }

  test('let a pod crash that was ready, and replace one that is deleted', async () => {
    await apply(workload('moody', 'web:v1'))
    await untilRolledOut('moody')
    const [first] = await podsOf('moody')
    await kubectl('annotate', `pod/${first?.metadata.name}`, `${FATE_ANNOTATION}=crash`)
    await until(async () => {
      const notReady = (await podsOf('moody')).filter(pod => readyOf(pod)?.status === 'False')
      assert.deepEqual(
        notReady.map(pod => [pod.metadata.name, readyOf(pod)?.reason]),
        [[first?.metadata.name, 'ContainersNotReady']]
      )
    })
    await kubectl('delete', `pod/${first?.metadata.name}`)
    await until(async () => {
      const pods = await podsOf('moody')
      assert.deepEqual(
        pods.map(pod => readyOf(pod)?.status),
        ['True', 'True']
      )
    })
  })

  // The last: the node stays lost.
  test('run a DaemonSet on every node, and never let a pod go from one that is lost', async () => {
    const { spec, ...agent } = workload('agent', 'agent:v1')
    const { selector, template } = spec
    await apply({ ...agent, kind: 'DaemonSet', spec: { selector, template } })
    await until(async () => {
      const pods = (await podsOf('agent')).filter(pod => readyOf(pod)?.status === 'True')
      assert.deepEqual(pods.map(pod => pod.spec.nodeName).toSorted(), NODES)
    })
    await kubelet.lose('node-b')
    await kubectl('delete', 'pods', '--selector=app=agent', '--wait=false')
    await until(async () => {
      const pods = await podsOf('agent')
      const lost = pods.filter(pod => pod.spec.nodeName === 'node-b')
      assert.deepEqual(
        lost.map(pod => [
          readyOf(pod)?.status,
          readyOf(pod)?.reason,
          pod.status.containerStatuses[0]?.ready,
          pod.metadata.deletionTimestamp !== undefined
        ]),
        [['False', undefined, true, true]]
      )
      const well = pods.filter(pod => pod.spec.nodeName === 'node-a')
      assert.deepEqual(
        well.map(pod => [readyOf(pod)?.status, pod.metadata.deletionTimestamp]),
        [['True', undefined]]
      )
    })
  })
})
