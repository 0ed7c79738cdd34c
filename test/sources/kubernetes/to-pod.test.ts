import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { collectDigests, withDigests } from '../../../src/sources/kubernetes/running-digests.ts'
import { toPod } from '../../../src/sources/kubernetes/to-pod.ts'

const ONE = `sha256:${'1'.repeat(64)}`
const TWO = `sha256:${'2'.repeat(64)}`
const RUNS = { name: 'app', imageID: `ghcr.io/shop/web@${ONE}`, state: { running: { startedAt: 'now' } } }

function pod({ owner = {}, metadata = {}, status = {} }: { owner?: object; metadata?: object; status?: object } = {}) {
  const controller = { kind: 'ReplicaSet', name: 'web-7d9f', controller: true, ...owner }
  const labels = { 'pod-template-hash': '7d9f' }
  return {
    metadata: { name: 'web-7d9f-x', namespace: 'shop', labels, ownerReferences: [controller], ...metadata },
    status: { phase: 'Running', containerStatuses: [RUNS], ...status }
  }
}

const RUNNING = [{ container: 'app', digest: ONE }]

suite('a pod', () => {
  for (const [rule, object, workload] of [
    ["is its Deployment's by the ReplicaSet's name", pod(), 'shop/Deployment/web'],
    ['is of a StatefulSet', pod({ owner: { kind: 'StatefulSet', name: 'db' } }), 'shop/StatefulSet/db'],
    ['is of a DaemonSet', pod({ owner: { kind: 'DaemonSet', name: 'agent' } }), 'shop/DaemonSet/agent']
  ] as const) {
    test(rule, () => assert.deepEqual(toPod(object), { workload, running: RUNNING }))
  }

  for (const [rule, object] of [
    ['that is being deleted', pod({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })],
    ['that has succeeded', pod({ status: { phase: 'Succeeded' } })],
    ['that has failed', pod({ status: { phase: 'Failed' } })],
    ['of a job', pod({ owner: { kind: 'Job', name: 'migrate' } })],
    ['of nobody', pod({ metadata: { ownerReferences: undefined } })],
    ['of an owner that does not control it', pod({ owner: { controller: false } })],
    ['of a ReplicaSet of its own', pod({ owner: { name: 'web-other' } })],
    ['without a status', { ...pod(), status: undefined }],
    ['whose container waits', pod({ status: { containerStatuses: [{ ...RUNS, state: { waiting: {} } }] } })],
    ['whose image came from no registry', pod({ status: { containerStatuses: [{ ...RUNS, imageID: ONE }] } })],
    ['whose image is not known yet', pod({ status: { containerStatuses: [{ ...RUNS, imageID: '' }] } })],
    ['that is no object', 'pod']
  ] as const) {
    test(`${rule} tells of nothing`, () => assert.equal(toPod(object), null))
  }

  test('tells of each container that runs', () => {
    const second = { ...RUNS, name: 'proxy', imageID: `docker-pullable://envoy@${TWO}` }
    const waits = { ...RUNS, name: 'late', state: { waiting: {} } }
    assert.deepEqual(toPod(pod({ status: { containerStatuses: [RUNS, second, waits] } }))?.running, [
      ...RUNNING,
      { container: 'proxy', digest: TWO }
    ])
  })
})

suite('running digests', () => {
  const container = (name: string) => ({ name, image: `${name}:v1`, runningDigests: [] })
  const web = {
    namespace: 'shop',
    kind: 'Deployment',
    name: 'web',
    annotations: {},
    warnings: [],
    containers: [container('app'), container('proxy')],
    rollout: { seen: true, value: { inProgress: false, message: '' } }
  } as const

  test('are those of all pods of the workload, by container, sorted and without repeats', () => {
    const running = [TWO, ONE, TWO].map(digest => ({
      workload: 'shop/Deployment/web',
      running: [{ container: 'app', digest }]
    }))
    const { containers } = withDigests(web, collectDigests(running))
    assert.deepEqual(
      containers.map(({ runningDigests }) => runningDigests),
      [[ONE, TWO], []]
    )
  })

  test("are not another workload's", () => {
    const digests = collectDigests([{ workload: 'shop/StatefulSet/web', running: RUNNING }])
    assert.equal(withDigests(web, digests), web)
  })
})
