import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { templateIdOf } from '../../src/sources/template-id.ts'
import { toRevision } from '../../src/sources/to-revision.ts'

const CREATED = '2026-11-03T03:04:05Z'
const TEMPLATE = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'web:v1' }] } }

function replicaSet(metadata: object = {}) {
  return {
    metadata: {
      name: 'web-7d9f',
      namespace: 'shop',
      creationTimestamp: CREATED,
      resourceVersion: '77',
      labels: { 'pod-template-hash': '7d9f' },
      annotations: { 'deployment.kubernetes.io/revision': '12' },
      ownerReferences: [{ kind: 'Deployment', name: 'web', controller: true }],
      ...metadata
    },
    spec: { template: { ...TEMPLATE, metadata: { labels: { app: 'web', 'pod-template-hash': '7d9f' } } } }
  }
}

function controllerRevision(metadata: object = {}) {
  return {
    metadata: {
      name: 'db-5c8',
      creationTimestamp: CREATED,
      resourceVersion: '78',
      ownerReferences: [{ kind: 'StatefulSet', name: 'db', controller: true }],
      ...metadata
    },
    revision: 3,
    data: { spec: { template: { $patch: 'replace', ...TEMPLATE } } }
  }
}

suite('a revision', () => {
  const template = { templateId: templateIdOf(TEMPLATE), containers: [{ name: 'app', image: 'web:v1' }] }

  test('has native sidecars after its containers', () => {
    const initContainers = [
      { name: 'migrate', image: 'migrate:v1' },
      { name: 'mesh', image: 'mesh:v3', restartPolicy: 'Always' }
    ]
    const spec = { template: { ...TEMPLATE, spec: { ...TEMPLATE.spec, initContainers } } }
    assert.deepEqual(toRevision('ReplicaSet', { ...replicaSet(), spec })?.template?.containers, [
      { name: 'app', image: 'web:v1' },
      { name: 'mesh', image: 'mesh:v3' }
    ])
  })

  test('is read of a ReplicaSet', () => {
    assert.deepEqual(toRevision('ReplicaSet', replicaSet()), {
      owner: 'shop/Deployment/web',
      version: '',
      name: 'web-7d9f',
      number: 12,
      createdAt: Date.parse(CREATED),
      template
    })
  })

  test('is read of a ControllerRevision', () => {
    assert.deepEqual(toRevision('ControllerRevision', controllerRevision()), {
      owner: 'default/StatefulSet/db',
      version: '78',
      name: 'db-5c8',
      number: 3,
      createdAt: Date.parse(CREATED),
      template
    })
  })

  test('has no template, and a ControllerRevision no number, where metadata alone are read', () => {
    const ofReplicaSet = toRevision('ReplicaSet', { metadata: replicaSet().metadata })
    assert.deepEqual([ofReplicaSet?.number, ofReplicaSet?.template], [12, null])
    const ofControllerRevision = toRevision('ControllerRevision', { metadata: controllerRevision().metadata })
    assert.deepEqual([ofControllerRevision?.number, ofControllerRevision?.template], [0, null])
  })

  for (const number of ['', 'twelve', '1e999', '1.5']) {
    test(`has no number where its annotation is "${number}"`, () => {
      const object = replicaSet({ annotations: { 'deployment.kubernetes.io/revision': number } })
      assert.equal(toRevision('ReplicaSet', object)?.number, 0)
    })
  }

  for (const [rule, kind, object, owner] of [
    [
      'a ReplicaSet by its name and hash',
      'ReplicaSet',
      replicaSet({ ownerReferences: undefined }),
      'shop/Deployment/web'
    ],
    [
      "a StatefulSet's by its name and label",
      'ControllerRevision',
      controllerRevision({ ownerReferences: [], labels: { 'controller.kubernetes.io/hash': '5c8' } }),
      'default/StatefulSet/db'
    ],
    [
      "a DaemonSet's by its name and label",
      'ControllerRevision',
      controllerRevision({ ownerReferences: [], labels: { 'controller-revision-hash': '5c8' } }),
      'default/DaemonSet/db'
    ]
  ] as const) {
    test(`finds an owner that is not named, of ${rule}`, () => assert.equal(toRevision(kind, object)?.owner, owner))
  }

  for (const [rule, kind, object] of [
    [
      'whose owner is no workload of ours',
      'ReplicaSet',
      replicaSet({ ownerReferences: [{ kind: 'Rollout', name: 'web', controller: true }] })
    ],
    [
      'whose owner has other revisions',
      'ReplicaSet',
      replicaSet({ ownerReferences: [{ kind: 'DaemonSet', name: 'web', controller: true }] })
    ],
    ['of its own', 'ReplicaSet', replicaSet({ ownerReferences: [], labels: {} })],
    ['whose name is not of its hash', 'ReplicaSet', replicaSet({ ownerReferences: [], name: 'web' })],
    ['without owner and label', 'ControllerRevision', controllerRevision({ ownerReferences: [] })],
    ['that was never made', 'ReplicaSet', replicaSet({ creationTimestamp: undefined })],
    ['that is no object', 'ReplicaSet', null]
  ] as const) {
    test(`${rule} tells of nothing`, () => assert.equal(toRevision(kind, object), null))
  }
})
