import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseManifests } from '../../src/sources/manifests.ts'
import { deployment, listOf, podOf } from '../support/cluster-objects.ts'

const ONE = `sha256:${'1'.repeat(64)}`
const WEB = { namespace: 'shop', kind: 'Deployment', name: 'web' } as const

const REPLICA_SET = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: 'web-7d9f',
    namespace: 'shop',
    creationTimestamp: '2026-11-03T03:04:05Z',
    annotations: { 'deployment.kubernetes.io/revision': '3' },
    labels: { 'pod-template-hash': '7d9f' }
  },
  spec: { template: { spec: { containers: [{ name: 'app', image: 'web:v1' }] } } }
}

function belongingsOf(text: string, ref: Parameters<typeof podsOf>[1] = WEB) {
  const parsed = parseManifests(text, 'saved.yaml')
  assert.ok(parsed.ok)
  const { podsOf, revisionsOf } = parsed.value.dependents.find('saved.yaml')
  return { pods: podsOf(ref), revisions: revisionsOf(ref) }
}

function podsOf(text: string, ref: { namespace: string; kind: 'Deployment' | 'StatefulSet'; name: string } = WEB) {
  const { pods } = belongingsOf(text, ref)
  assert.ok(pods.seen)
  return pods.value
}

suite('pods and revisions of a file of manifests', () => {
  const all = listOf([podOf('web', ONE), REPLICA_SET, deployment('web')])

  test('belong to the workload that owns them, wherever they are in the file', () => {
    const { pods, revisions } = belongingsOf(JSON.stringify(all))
    assert.equal(pods.seen && pods.value[0]?.containers[0]?.digest, ONE)
    assert.deepEqual(
      revisions.seen && revisions.value.map(({ number, template }) => [number, template?.containers[0]?.image]),
      [[3, 'web:v1']]
    )
  })

  test('are taken from lists of their own kind, as the API server gives them', () => {
    const pods = { apiVersion: 'v1', kind: 'PodList', items: [podOf('web', ONE)] }
    assert.equal(podsOf(JSON.stringify(listOf([deployment('web'), pods]))).length, 1)
  })

  test('are there once where a file has them twice, as they were written last', () => {
    const later = { ...podOf('web', ONE), spec: { nodeName: 'n2', containers: [] } }
    const pods = podsOf(JSON.stringify(listOf([deployment('web'), podOf('web', ONE), later])))
    assert.deepEqual(
      pods.map(({ node }) => node),
      ['n2']
    )
  })

  test('are not seen if the file has none of their kind, because nobody knows whether they were asked for', () => {
    const { pods, revisions } = belongingsOf(JSON.stringify(listOf([deployment('web')])))
    assert.deepEqual(
      [pods, revisions],
      [
        { seen: false, reason: 'not_watched', message: 'saved.yaml has no objects of kind Pod' },
        { seen: false, reason: 'not_watched', message: 'saved.yaml has no objects of kind ReplicaSet' }
      ]
    )
    const db = { ...WEB, kind: 'StatefulSet' } as const
    const { revisions: ofStatefulSet } = belongingsOf(JSON.stringify(all), db)
    assert.equal(
      ofStatefulSet.seen ? '' : ofStatefulSet.message,
      'saved.yaml has no objects of kind ControllerRevision'
    )
  })

  test('are none of a workload without any, where others have some', () => {
    const { pods, revisions } = belongingsOf(JSON.stringify(all), { ...WEB, name: 'api' } as never)
    assert.deepEqual(
      [pods, revisions],
      [
        { seen: true, value: [] },
        { seen: true, value: [] }
      ]
    )
  })

  test('have the architecture of a node that the file has too', () => {
    const pod = podOf('web', ONE)
    const [status] = pod.status.containerStatuses
    const crio = {
      ...pod,
      spec: { ...pod.spec, nodeName: 'n1' },
      status: { ...pod.status, containerStatuses: [{ ...status, containerID: 'cri-o://1' }] }
    }
    const node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1' },
      status: { nodeInfo: { architecture: 'arm64' } }
    }
    assert.equal(podsOf(JSON.stringify(listOf([deployment('web'), crio, node])))[0]?.architecture, 'arm64')
  })
})
