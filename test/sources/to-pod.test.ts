import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { architectureOf, toPod, withArchitectures } from '../../src/sources/to-pod.ts'
import { aPod } from '../support/facts.ts'

const DIGEST = `sha256:${'1'.repeat(64)}`
const CREATED = '2026-11-03T03:04:05Z'
const at = (seconds: number): number => Date.parse(CREATED) + seconds * 1000
const timeAt = (seconds: number): string => new Date(at(seconds)).toISOString()

const RUNS = {
  name: 'app',
  image: 'another/name:of-the-same-content',
  imageID: `ghcr.io/shop/web@${DIGEST}`,
  containerID: 'containerd://abc',
  ready: true,
  state: { running: {} }
}

function pod({ owner = {}, metadata = {}, spec = {}, status = {} }: Record<string, object> = {}) {
  const controller = { kind: 'ReplicaSet', name: 'web-7d9f', controller: true, ...owner }
  return {
    metadata: {
      name: 'web-7d9f-x',
      namespace: 'shop',
      creationTimestamp: CREATED,
      labels: { 'pod-template-hash': '7d9f', 'controller-revision-hash': 'r1' },
      ownerReferences: [{ kind: 'Node', name: 'n', controller: false }, controller],
      ...metadata
    },
    spec: { nodeName: 'n1', containers: [{ name: 'app', image: 'ghcr.io/shop/web:v1' }], ...spec },
    status: {
      phase: 'Running',
      podIP: '10.0.0.7',
      startTime: timeAt(1),
      conditions: [
        { type: 'PodScheduled', status: 'True' },
        { type: 'Ready', status: 'True', lastTransitionTime: timeAt(9) }
      ],
      containerStatuses: [RUNS],
      ...status
    }
  }
}

function reduced(object: unknown) {
  const owned = toPod(object)
  assert.ok(owned)
  const { owner: _, ...pod } = owned
  return pod
}

function container(status: object) {
  const [found] = reduced(pod({ status: { containerStatuses: [{ ...RUNS, ...status }] } })).containers
  assert.ok(found)
  return found
}

suite('a pod', () => {
  test('keeps what is judged and nothing else', () => {
    assert.deepEqual(reduced(pod()), {
      name: 'web-7d9f-x',
      revision: 'web-7d9f',
      node: 'n1',
      architecture: '',
      createdAt: at(0),
      terminatesAt: null,
      isReady: true,
      readyChangedAt: at(9),
      notReadyReason: '',
      startedAt: at(1),
      ip: '10.0.0.7',
      isOnHostNetwork: false,
      containers: [
        {
          name: 'app',
          image: 'ghcr.io/shop/web:v1',
          digest: DIGEST,
          runtime: 'containerd',
          isReady: true,
          waitingReason: ''
        }
      ]
    })
  })

  for (const [rule, object, owner, revision] of [
    ["is its Deployment's, by the ReplicaSet's name", pod(), 'shop/Deployment/web', 'web-7d9f'],
    [
      'is of a StatefulSet, whose label is the whole name',
      pod({ owner: { kind: 'StatefulSet', name: 'db' } }),
      'shop/StatefulSet/db',
      'r1'
    ],
    [
      'is of a DaemonSet, whose label is the hash',
      pod({ owner: { kind: 'DaemonSet', name: 'agent' } }),
      'shop/DaemonSet/agent',
      'agent-r1'
    ],
    [
      'is of a DaemonSet that says no revision',
      pod({ owner: { kind: 'DaemonSet', name: 'agent' }, metadata: { labels: {} } }),
      'shop/DaemonSet/agent',
      ''
    ],
    [
      'is of a DaemonSet whose name is longer than a revision takes',
      pod({ owner: { kind: 'DaemonSet', name: 'a'.repeat(250) } }),
      `shop/DaemonSet/${'a'.repeat(250)}`,
      `${'a'.repeat(223)}-r1`
    ],
    [
      'is in the namespace `default` where none is written',
      pod({ metadata: { namespace: undefined } }),
      'default/Deployment/web',
      'web-7d9f'
    ]
  ] as const) {
    test(rule, () => {
      const owned = toPod({ ...object, metadata: JSON.parse(JSON.stringify(object.metadata)) })
      assert.deepEqual([owned?.owner, owned?.revision], [owner, revision])
    })
  }

  for (const [rule, object] of [
    ['that has succeeded', pod({ status: { phase: 'Succeeded' } })],
    ['that has failed, as one that was evicted', pod({ status: { phase: 'Failed' } })],
    ['of a job', pod({ owner: { kind: 'Job', name: 'migrate' } })],
    ['of nobody', pod({ metadata: { ownerReferences: undefined as never } })],
    ['of an owner that does not control it', pod({ owner: { controller: false } })],
    ['of a ReplicaSet of its own', pod({ owner: { name: 'web-other' } })],
    ['of a ReplicaSet without a hash', pod({ metadata: { labels: {} } })],
    ['that was never made', pod({ metadata: { creationTimestamp: undefined as never } })],
    ['that is no object', 'pod']
  ] as const) {
    test(`${rule} tells of nothing`, () => assert.equal(toPod(object), null))
  }

  test('says by when it is to be gone', () => {
    assert.equal(reduced(pod({ metadata: { deletionTimestamp: timeAt(30) as never } })).terminatesAt, at(30))
    assert.equal(reduced(pod({ metadata: { deletionTimestamp: 'soon' as never } })).terminatesAt, at(0))
  })

  for (const [rule, conditions, expected] of [
    [
      'has ceased to be ready',
      [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', lastTransitionTime: timeAt(3) }],
      [false, at(3), 'ContainersNotReady']
    ],
    [
      'is not ready without a reason, as on a lost node',
      [{ type: 'Ready', status: 'False', lastTransitionTime: timeAt(3) }],
      [false, at(3), '']
    ],
    [
      'finds no node',
      [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
      [false, null, 'Unschedulable']
    ],
    ['says nothing of itself', [], [false, null, '']]
  ] as const) {
    test(`says that it ${rule}`, () => {
      const { isReady, readyChangedAt, notReadyReason } = reduced(pod({ status: { conditions } }))
      assert.deepEqual([isReady, readyChangedAt, notReadyReason], expected)
    })
  }

  test('is on its node’s network only where it says so', () => {
    assert.equal(reduced(pod({ spec: { hostNetwork: true as never } })).isOnHostNetwork, true)
  })

  test('survives without a status and a spec', () => {
    const { node, isReady, startedAt, ip, containers } = reduced({ ...pod(), spec: undefined, status: undefined })
    assert.deepEqual([node, isReady, startedAt, ip, containers], ['', false, null, '', []])
  })
})

suite('a container of a pod', () => {
  for (const [rule, status, digest] of [
    ['of its repository', {}, DIGEST],
    ['as docker writes it', { imageID: `docker-pullable://ghcr.io/shop/web@${DIGEST}` }, DIGEST],
    ['also while it waits to be started again', { state: { waiting: { reason: 'CrashLoopBackOff' } } }, DIGEST],
    ['of none, where the image came from no registry', { imageID: DIGEST }, ''],
    ['of none, where the runtime has but an id', { imageID: '1'.repeat(64) }, ''],
    ['of none before it was pulled', { imageID: '' }, ''],
    ['of none where it is cut', { imageID: `ghcr.io/shop/web@${DIGEST.slice(0, 40)}` }, '']
  ] as const) {
    test(`has the digest ${rule}`, () => assert.equal(container(status).digest, digest))
  }

  for (const [rule, status, imageId] of [
    ['as containerd writes it', { imageID: DIGEST }, DIGEST],
    ['as cri-o writes it', { imageID: '1'.repeat(64) }, `sha256:${'1'.repeat(64)}`],
    ['as docker writes it', { imageID: `docker://${DIGEST}` }, DIGEST],
    ['not beside a digest', {}, undefined],
    ['not before it was pulled', { imageID: '' }, undefined]
  ] as const) {
    test(`has the id of its image ${rule}`, () => assert.equal(container(status).imageId, imageId))
  }

  test('names its runtime, once it was started', () => {
    assert.equal(container({ containerID: 'cri-o://abc' }).runtime, 'cri-o')
    assert.equal(container({ containerID: undefined }).runtime, '')
    assert.equal(container({ containerID: 'abc' }).runtime, '')
  })

  test('says why it waits', () => {
    const waits = { ready: false, state: { waiting: { reason: 'ImagePullBackOff' } } }
    const { isReady, waitingReason } = container(waits)
    assert.deepEqual([isReady, waitingReason], [false, 'ImagePullBackOff'])
  })

  const waiting = (reason: string) => ({ state: { waiting: { reason } } })
  const ended = (exitCode: number, reason: string) => ({ state: { terminated: { exitCode, reason } } })
  for (const [rule, own, inits, expected] of [
    ['that crashes', 'PodInitializing', [ended(0, 'Completed'), waiting('CrashLoopBackOff')], 'Init:CrashLoopBackOff'],
    ['that has just crashed', 'PodInitializing', [ended(1, 'Error')], 'Init:Error'],
    ['that runs', 'PodInitializing', [{ state: { running: {} } }, waiting('PodInitializing')], 'PodInitializing'],
    ['of which nothing is said', 'PodInitializing', [], 'PodInitializing'],
    ['but for a reason of its own', 'ImagePullBackOff', [waiting('CrashLoopBackOff')], 'ImagePullBackOff']
  ] as const) {
    test(`waits for an init container ${rule}`, () => {
      const initContainerStatuses = inits.map((status, index) => ({ ...RUNS, name: `init-${index}`, ...status }))
      const containerStatuses = [{ ...RUNS, ready: false, ...waiting(own) }]
      const [found] = reduced(pod({ status: { containerStatuses, initContainerStatuses } })).containers
      assert.equal(found?.waitingReason, expected)
    })
  }

  test('is there without a status, and never an init container', () => {
    const spec = {
      containers: [{ name: 'app', image: 'web:v1' }],
      initContainers: [{ name: 'init', image: 'init:v1' }]
    }
    const { containers } = reduced(pod({ spec, status: { containerStatuses: [{ ...RUNS, name: 'other' }] } }))
    assert.deepEqual(
      containers.map(({ name, digest, runtime }) => [name, digest, runtime]),
      [['app', '', '']]
    )
  })

  test('may be a native sidecar, which comes last', () => {
    const spec = {
      containers: [{ name: 'app', image: 'web:v1' }],
      initContainers: [
        { name: 'init', image: 'init:v1' },
        { name: 'mesh', image: 'mesh:v3', restartPolicy: 'Always' }
      ]
    }
    const initContainerStatuses = [
      { ...RUNS, name: 'init' },
      { ...RUNS, name: 'mesh' }
    ]
    const { containers } = reduced(pod({ spec, status: { containerStatuses: [RUNS], initContainerStatuses } }))
    assert.deepEqual(
      containers.map(({ name, image, digest, isReady }) => [name, image, digest, isReady]),
      [
        ['app', 'web:v1', DIGEST, true],
        ['mesh', 'mesh:v3', DIGEST, true]
      ]
    )
  })

  test('keeps no more of an image than is compared', () => {
    const spec = { containers: [{ name: 'app', image: 'a'.repeat(5000) }] }
    assert.equal(reduced(pod({ spec })).containers[0]?.image.length, 1025)
  })
})

suite('the architecture of a node', () => {
  for (const [rule, node, architecture] of [
    ['is what its kubelet reports', { status: { nodeInfo: { architecture: 'arm64' } } }, 'arm64'],
    [
      'is its label where metadata alone are read',
      { metadata: { labels: { 'kubernetes.io/arch': 'amd64' } } },
      'amd64'
    ],
    ['is not known where it does not say', { metadata: {} }, '']
  ] as const) {
    test(rule, () => assert.equal(architectureOf(node), architecture))
  }

  test('is told to pods of a runtime that makes it matter, and to no other', () => {
    const crio = aPod({ node: 'n1', architecture: '', containers: [{ runtime: 'cri-o' }, { runtime: 'containerd' }] })
    const containerd = aPod({ node: 'n1', architecture: '' })
    const elsewhere = aPod({ node: 'n2', architecture: '', containers: [{ runtime: 'cri-o' }] })
    const told = withArchitectures([crio, containerd, elsewhere], new Map([['n1', 'arm64']]))
    assert.deepEqual(
      told.map(({ architecture }) => architecture),
      ['arm64', '', '']
    )
    assert.deepEqual([told[1] === containerd, told[2] === elsewhere], [true, true])
  })
})
