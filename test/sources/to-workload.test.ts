import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { toWorkload } from '../../src/sources/to-workload.ts'

const APP = { name: 'app', image: 'ghcr.io/keybuzzio/keybuzz-client:v0.2.12-dev', ports: [{ containerPort: 3000 }] }
const PROXY = { name: 'proxy', image: 'envoy@sha256:0' }

function manifest({ kind = 'Deployment', metadata = {}, podSpec = {} }: Parts = {}) {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'web', namespace: 'shop', generation: 1, managedFields: [{ manager: 'helm' }], ...metadata },
    spec: { replicas: 1, template: { spec: { containers: [APP], ...podSpec } } },
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }
  }
}

interface Parts {
  readonly kind?: string
  readonly metadata?: object
  readonly podSpec?: object
}

function workload(object: unknown) {
  const observed = toWorkload(object)
  assert.ok(observed.seen)
  return observed.value
}

suite('workload of a Kubernetes object', () => {
  test('keeps what is judged and nothing else', () => {
    assert.deepEqual(workload(manifest()), {
      namespace: 'shop',
      kind: 'Deployment',
      name: 'web',
      annotations: {},
      containers: [{ name: 'app', image: APP.image, runningDigests: [] }],
      rollout: { seen: true, value: { inProgress: false, message: '' } }
    })
  })

  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet']) {
    test(`reads a ${kind}`, () => assert.equal(workload(manifest({ kind })).kind, kind))
  }

  test('has the containers of the pod template in their order, and never an init container', () => {
    const podSpec = { initContainers: [{ name: 'migrate', image: 'migrate:v1' }], containers: [PROXY, APP] }
    const names = workload(manifest({ podSpec })).containers.map(({ name }) => name)
    assert.deepEqual(names, ['proxy', 'app'])
  })

  test("has the workload's own annotations without their prefix", () => {
    const annotations = { 'version-guard.keybuzz.io/endpoint': 'https://shop/debug/version', 'other.io/endpoint': 'x' }
    assert.deepEqual(workload(manifest({ metadata: { annotations } })).annotations, {
      endpoint: 'https://shop/debug/version'
    })
  })

  test('keeps a long image reference whole, for it is compared', () => {
    const image = `registry.io/${'a'.repeat(300)}:v1`
    assert.equal(workload(manifest({ podSpec: { containers: [{ name: 'app', image }] } })).containers[0]?.image, image)
  })

  test('is in the namespace `default` where none is written', () => {
    assert.equal(workload(manifest({ metadata: { namespace: undefined } })).namespace, 'default')
  })
})

suite('what is not a workload', () => {
  for (const [rule, object, message] of [
    ['another kind', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } }, 'v1 Service'],
    ['another API version', { ...manifest(), apiVersion: 'extensions/v1beta1' }, 'extensions/v1beta1 Deployment'],
    ['a Deployment of somebody else', { ...manifest(), apiVersion: 'acme.io/v1' }, 'acme.io/v1 Deployment'],
    ['an object without a kind', {}, 'What has no kind'],
    ['a list', [manifest()], 'What has no kind'],
    ['null', null, 'What has no kind'],
    ['a text', 'Deployment', 'What has no kind'],
    ['a kind from the prototype', { kind: 'constructor' }, 'constructor']
  ] as const) {
    test(`passes over ${rule}`, () => {
      const expected = `${message} is not an apps/v1 Deployment, StatefulSet, DaemonSet`
      assert.deepEqual(toWorkload(object), { seen: false, reason: 'other_kind', message: expected })
    })
  }
})

suite('an invalid workload', () => {
  const quoted = { annotations: { 'version-guard.keybuzz.io/enabled': false } }
  const containers = 'spec.template.spec.containers'
  for (const [what, object, message] of [
    ['without metadata', { ...manifest(), metadata: undefined }, 'Deployment: metadata.name is missing'],
    ['with an empty name', manifest({ metadata: { name: '' } }), 'Deployment: metadata.name is missing'],
    ['with a number for a name', manifest({ metadata: { name: 7 } }), 'Deployment: metadata.name is missing'],
    [
      'without an API version',
      { ...manifest(), apiVersion: undefined },
      'Deployment web: apiVersion is missing (apps/v1)'
    ],
    [
      'with a namespace that is no text',
      manifest({ metadata: { namespace: 1 } }),
      'Deployment web: metadata.namespace is not a name'
    ],
    [
      'with an annotation of ours that is no text',
      manifest({ metadata: quoted }),
      'Deployment web: annotation version-guard.keybuzz.io/enabled is not a string: put it in quotes'
    ],
    ['without a spec', { ...manifest(), spec: undefined }, `Deployment web: ${containers} is not a list of containers`],
    [
      'with no containers',
      manifest({ podSpec: { containers: [] } }),
      `Deployment web: ${containers} is not a list of containers`
    ],
    [
      'with a nameless container',
      manifest({ podSpec: { containers: [{ image: 'web:v1' }] } }),
      `Deployment web: ${containers}[0].name is missing`
    ],
    [
      'with a container without an image',
      manifest({ kind: 'StatefulSet', podSpec: { containers: [APP, { name: 'proxy' }] } }),
      `StatefulSet web: ${containers}[1].image is missing`
    ],
    [
      'with a name that would act on a terminal',
      { ...manifest({ metadata: { name: 'a\u001b[2J' } }), spec: {} },
      'Deployment a\ufffd[2J: metadata.name is not a name'
    ]
  ] as const) {
    test(`${what} is refused with its kind, name and field`, () => {
      assert.deepEqual(toWorkload(object), { seen: false, reason: 'invalid', message })
    })
  }

  test("does not mind other people's annotations", () => {
    assert.ok(toWorkload(manifest({ metadata: { annotations: { 'other.io/flag': true } } })).seen)
  })
})
