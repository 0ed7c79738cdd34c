import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { KubernetesKind, WorkloadStatus } from '../../src/domain/workload.ts'
import { readRolloutFacts } from '../../src/sources/to-rollout-facts.ts'

const TIME = '2026-11-03T03:04:05Z'

interface Wish {
  readonly kind?: KubernetesKind
  readonly metadata?: object
  readonly spec?: object
  readonly status?: unknown
}

function read({ kind = 'Deployment', metadata = {}, spec = {}, status = { observedGeneration: 4 } }: Wish) {
  return readRolloutFacts(kind, { metadata: { name: 'web', generation: 4, ...metadata }, spec, status })
}

function statusOf(wish: Wish): WorkloadStatus {
  const { status } = read(wish)
  assert.ok(status.seen)
  return status.value
}

suite('status of a workload', () => {
  const nothing = {
    observedGeneration: 4,
    replicas: 0,
    updated: 0,
    ready: 0,
    available: 0,
    currentRevision: '',
    updateRevision: '',
    progress: null,
    failure: ''
  }
  const replicas = { replicas: 5, updatedReplicas: 4, readyReplicas: 3, availableReplicas: 2 }
  const counted = { replicas: 5, updated: 4, ready: 3, available: 2 }

  test('counts what the controller leaves out as 0, and wants one pod where the manifest says nothing', () =>
    assert.deepEqual(statusOf({}), { ...nothing, desired: 1 }))

  test('has the counters of a Deployment', () => {
    const status = { observedGeneration: 4, ...replicas }
    assert.deepEqual(statusOf({ spec: { replicas: 7 }, status }), { ...nothing, ...counted, desired: 7 })
    assert.equal(statusOf({ spec: { replicas: 0 }, status }).desired, 0)
  })

  test('has the counters and revisions of a StatefulSet', () => {
    const revisions = { currentRevision: 'web-1', updateRevision: 'web-2' }
    const status = {
      observedGeneration: 4,
      ...replicas,
      ...revisions,
      conditions: [{ type: 'Progressing', reason: 'x' }]
    }
    assert.deepEqual(statusOf({ kind: 'StatefulSet', status }), { ...nothing, ...counted, ...revisions, desired: 1 })
  })

  test('has the counters of a DaemonSet, whose nodes decide how many it wants', () => {
    const status = {
      observedGeneration: 4,
      currentNumberScheduled: 5,
      desiredNumberScheduled: 6,
      updatedNumberScheduled: 4,
      numberReady: 3,
      numberAvailable: 2,
      currentRevision: 'ignored'
    }
    assert.deepEqual(statusOf({ kind: 'DaemonSet', spec: { replicas: 9 }, status }), {
      ...nothing,
      ...counted,
      desired: 6
    })
  })

  for (const [rule, conditions, progress, failure] of [
    [
      'how far it has come',
      [{ type: 'Available' }, { type: 'Progressing', reason: 'ReplicaSetUpdated', lastUpdateTime: TIME }],
      { reason: 'ReplicaSetUpdated', updatedAt: Date.parse(TIME) },
      ''
    ],
    [
      'no time',
      [{ type: 'Progressing', reason: 'ReplicaSetUpdated' }],
      { reason: 'ReplicaSetUpdated', updatedAt: null },
      ''
    ],
    [
      'which ReplicaSet has come to its end, by the words',
      [
        {
          type: 'Progressing',
          reason: 'NewReplicaSetAvailable',
          lastUpdateTime: TIME,
          message: 'ReplicaSet "web-5b65847f74" has successfully progressed.'
        }
      ],
      { reason: 'NewReplicaSetAvailable', updatedAt: Date.parse(TIME), replicaSet: 'web-5b65847f74' },
      ''
    ],
    [
      'no ReplicaSet where the words are of the Deployment',
      [
        {
          type: 'Progressing',
          reason: 'NewReplicaSetAvailable',
          message: 'Deployment "web" has successfully progressed.'
        }
      ],
      { reason: 'NewReplicaSetAvailable', updatedAt: null },
      ''
    ],
    [
      'why no pod can be made',
      [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota: q' }],
      null,
      'exceeded quota: q'
    ],
    [
      'what forbids a pod, without the name of the pod that was never made',
      [
        {
          type: 'ReplicaFailure',
          status: 'True',
          message: 'pods "web-5b65847f74-x2v4d" is forbidden: exceeded quota: q, requested: pods=1'
        }
      ],
      null,
      'exceeded quota: q, requested: pods=1'
    ],
    [
      'what a webhook wants, in one line',
      [
        {
          type: 'ReplicaFailure',
          status: 'True',
          message:
            'admission webhook "validate.kyverno.svc-fail" denied the request: \n\nrequire-signed:\n  no signature\n'
        }
      ],
      null,
      'admission webhook "validate.kyverno.svc-fail" denied the request: require-signed: no signature'
    ],
    [
      'nothing of what could be made again',
      [{ type: 'ReplicaFailure', status: 'False', message: 'exceeded quota: q' }],
      null,
      ''
    ],
    [
      'why no ReplicaSet can be made',
      [{ type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message: 'denied by policy' }],
      { reason: 'ReplicaSetCreateError', updatedAt: null },
      'denied by policy'
    ],
    [
      'no more of these words than tell',
      [{ type: 'ReplicaFailure', status: 'True', message: 'x'.repeat(999) }],
      null,
      'x'.repeat(256)
    ],
    ['nothing where conditions are no list', 'none', null, '']
  ] as const) {
    test(`of a Deployment says ${rule}`, () => {
      const status = statusOf({ status: { observedGeneration: 4, conditions } })
      assert.deepEqual([status.progress, status.failure], [progress, failure])
    })
  }

  for (const [rule, wish] of [
    ['without a status', { status: undefined }],
    ['with an empty one, as `kubectl create --dry-run` prints', { metadata: { generation: undefined }, status: {} }],
    ['that is new', { status: {} }],
    ['with zeros and no generation', { metadata: { generation: undefined }, status: { replicas: 0 } }],
    ['with a status that is no object', { status: 'fine' }]
  ] as const) {
    test(`is unseen of a workload ${rule}`, () => {
      const message = 'DaemonSet web has no status: no controller has seen it'
      const { status } = readRolloutFacts('DaemonSet', {
        metadata: { name: 'web', generation: 4, ...('metadata' in wish ? wish.metadata : {}) },
        status: wish.status
      })
      assert.deepEqual(status, { seen: false, reason: 'no_status', message })
    })
  }

  test('is seen as soon as one generation is told', () => {
    assert.equal(read({ metadata: { generation: undefined } }).status.seen, true)
    assert.equal(read({ status: { desiredNumberScheduled: 0 }, kind: 'DaemonSet' }).status.seen, true)
    assert.equal(read({}).generation, 4)
  })
})

suite('strategy of a workload', () => {
  const plain = {
    type: 'RollingUpdate',
    partition: 0,
    isPaused: false,
    isOrdered: false,
    minReadyMs: 0,
    progressDeadlineMs: null
  }

  for (const [rule, kind, spec, expected] of [
    ['rolls where it says nothing', 'Deployment', {}, {}],
    ['recreates', 'Deployment', { strategy: { type: 'Recreate' } }, { type: 'Recreate' }],
    ['takes what it does not know for rolling', 'Deployment', { strategy: { type: 'Magic' } }, {}],
    ['waits for a person', 'DaemonSet', { updateStrategy: { type: 'OnDelete' } }, { type: 'OnDelete' }],
    ['does not read the strategy of another kind', 'DaemonSet', { strategy: { type: 'Recreate' } }, {}],
    ['is paused', 'Deployment', { paused: true }, { isPaused: true }],
    ['is never paused, as a DaemonSet', 'DaemonSet', { paused: true }, {}],
    ['replaces pods in order where nothing is said', 'StatefulSet', {}, { isOrdered: true }],
    ['replaces pods all at once', 'StatefulSet', { podManagementPolicy: 'Parallel' }, {}],
    [
      'keeps those below its partition',
      'StatefulSet',
      { updateStrategy: { rollingUpdate: { partition: 2 } } },
      { isOrdered: true, partition: 2 }
    ],
    ['has no partition, as a DaemonSet', 'DaemonSet', { updateStrategy: { rollingUpdate: { partition: 2 } } }, {}],
    ['wants pods to stay ready for a time', 'DaemonSet', { minReadySeconds: 20 }, { minReadyMs: 20_000 }],
    ['has a deadline', 'Deployment', { progressDeadlineSeconds: 600 }, { progressDeadlineMs: 600_000 }],
    ['has none where it is the largest number', 'Deployment', { progressDeadlineSeconds: 2147483647 }, {}],
    ['has none as a StatefulSet', 'StatefulSet', { progressDeadlineSeconds: 600 }, { isOrdered: true }]
  ] as const) {
    test(rule, () => assert.deepEqual(read({ kind, spec }).strategy, { ...plain, ...expected }))
  }
})

suite('who applies a workload', () => {
  const helm = { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'prod' }
  const release = { release: 'shop', releaseNamespace: 'prod' }

  for (const [rule, metadata, expected] of [
    [
      'nobody who says so',
      { labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
      { manager: '', release: '', releaseNamespace: '' }
    ],
    ['Helm', { annotations: helm }, { manager: 'helm', ...release }],
    [
      'Argo CD, by its annotation',
      { annotations: { ...helm, 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:prod/web' } },
      { manager: 'argocd', ...release }
    ],
    [
      'Argo CD, by its label',
      { labels: { 'argocd.argoproj.io/instance': 'shop' } },
      { manager: 'argocd', release: '', releaseNamespace: '' }
    ],
    [
      'Flux, from a Kustomization',
      { labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } },
      { manager: 'flux', release: '', releaseNamespace: '' }
    ],
    [
      'Flux, from a HelmRelease',
      { labels: { 'helm.toolkit.fluxcd.io/name': 'shop' }, annotations: helm },
      { manager: 'flux', ...release }
    ]
  ] as const) {
    test(`is ${rule}`, () => assert.deepEqual(read({ metadata }).managedBy, expected))
  }

  // They are labels in /metrics and words of commands that people copy into a shell.
  for (const [rule, name] of [
    ['is too long', 'x'.repeat(9999)],
    ['would act in a terminal', 'shop\x1b[2J'],
    ['would turn the text around', 'shop\u202e'],
    ['has a second line', 'shop\nrm'],
    ['is an option', '--kube-apiserver=https://evil.example']
  ] as const) {
    test(`is not Helm if the name of the release ${rule}`, () => {
      const annotations = { 'meta.helm.sh/release-name': name, 'meta.helm.sh/release-namespace': name }
      assert.deepEqual(read({ metadata: { annotations } }).managedBy, {
        manager: '',
        release: '',
        releaseNamespace: ''
      })
    })
  }
})

test('a workload that was deleted, and is still there, says so', () => {
  assert.equal(read({ metadata: { deletionTimestamp: TIME } }).isBeingDeleted, true)
  assert.ok(!('isBeingDeleted' in read({})))
})

test('a workload that was made again has another uid, and one that is not of a cluster has none', () => {
  assert.equal(read({ metadata: { uid: 'a1b2' } }).uid, 'a1b2')
  assert.ok(!('uid' in read({})))
})
