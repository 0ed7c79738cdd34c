import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { rolloutOf } from '../../src/sources/rollout.ts'

const WHOLE = { observedGeneration: 4, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 }
const progressing = (reason: string) => ({ conditions: [{ type: 'Available' }, { type: 'Progressing', reason }] })
const ENDED = progressing('NewReplicaSetAvailable')

function deployment(status: object, spec: object = {}) {
  return { metadata: { name: 'web', generation: 4 }, spec: { replicas: 3, ...spec }, status: { ...WHOLE, ...status } }
}

function statefulSet(status: object, updateStrategy: object = { type: 'RollingUpdate' }) {
  const revisions = { currentRevision: 'web-1', updateRevision: 'web-2' }
  return deployment({ ...revisions, ...status }, { updateStrategy })
}

function daemonSet(status: object, type = 'RollingUpdate') {
  const whole = { observedGeneration: 4, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 }
  return {
    metadata: { name: 'web', generation: 4 },
    spec: { updateStrategy: { type } },
    status: { ...whole, ...status }
  }
}

const UNSEEN_GENERATION = 'generation 4 not seen by the controller yet'
const partition = (count: number) => ({ type: 'RollingUpdate', rollingUpdate: { partition: count } })

suite('rollout of a Deployment', () => {
  for (const [rule, object, message] of [
    ['has ended when every pod is updated and available', deployment({}), ''],
    ['waits for the controller to see the change', deployment({ observedGeneration: 3 }), UNSEEN_GENERATION],
    ['waits for the controller to see a new object', deployment({ observedGeneration: undefined }), UNSEEN_GENERATION],
    ['waits for pods to be updated', deployment({ updatedReplicas: 2 }), '2 of 3 pods updated'],
    ['wants one pod where the manifest says nothing', deployment({}, { replicas: undefined }), ''],
    [
      'waits for that one pod',
      deployment({ updatedReplicas: undefined, replicas: 1 }, { replicas: undefined }),
      '0 of 1 pods updated'
    ],
    ['has ended when it is scaled to nothing', deployment({ updatedReplicas: 0, replicas: 0 }, { replicas: 0 }), ''],
    ['waits for an old pod to go', deployment({ replicas: 4 }), '1 old pod still runs'],
    ['waits for old pods to go', deployment({ replicas: 5 }), '2 old pods still run'],
    ['waits for pods to be ready', deployment({ readyReplicas: 1 }), '1 of 3 updated pods ready'],
    ['waits for pods to be available', deployment({ availableReplicas: 2 }), '2 of 3 updated pods available'],
    [
      'goes on while the controller reports progress',
      deployment({ readyReplicas: 0, ...progressing('ReplicaSetUpdated') }),
      '0 of 3 updated pods ready'
    ],
    ['does not begin because a pod fails after it has ended', deployment({ readyReplicas: 2, ...ENDED }), ''],
    ['begins anew whatever the last one said', deployment({ updatedReplicas: 1, ...ENDED }), '1 of 3 pods updated'],
    ['says that it is paused', deployment({ updatedReplicas: 1 }, { paused: true }), '1 of 3 pods updated, paused'],
    ['has ended although it is paused', deployment({}, { paused: true }), ''],
    [
      'says that it is late',
      deployment({ updatedReplicas: 1, ...progressing('ProgressDeadlineExceeded') }),
      '1 of 3 pods updated, progress deadline exceeded'
    ],
    ['survives conditions that are no list', deployment({ conditions: 'none' }), '']
  ] as const) {
    test(rule, () => {
      const rollout = rolloutOf('Deployment', object)
      assert.deepEqual(rollout, { seen: true, value: { inProgress: message !== '', message } })
    })
  }
})

suite('rollout of a StatefulSet', () => {
  for (const [rule, object, message] of [
    ['has ended when every pod is updated and ready', statefulSet({ currentRevision: 'web-2' }), ''],
    ['waits for the controller to see the change', statefulSet({ observedGeneration: 3 }), UNSEEN_GENERATION],
    ['waits for pods to be updated', statefulSet({ updatedReplicas: 1 }), '1 of 3 pods updated'],
    ['waits for the last pod to be ready', statefulSet({ readyReplicas: 2 }), '2 of 3 pods ready'],
    [
      'does not begin because a pod fails after it has ended',
      statefulSet({ readyReplicas: 2, currentRevision: 'web-2' }),
      ''
    ],
    [
      'follows kubectl where the revisions are not told',
      statefulSet({ readyReplicas: 2, currentRevision: undefined, updateRevision: undefined }),
      '2 of 3 pods ready'
    ],
    [
      'waits for the pods above the partition',
      statefulSet({ updatedReplicas: 0 }, partition(1)),
      '0 of 2 pods updated'
    ],
    ['has ended when the pods above the partition are updated', statefulSet({ updatedReplicas: 2 }, partition(1)), ''],
    ['has ended when the partition is above every pod', statefulSet({ updatedReplicas: 0 }, partition(9)), ''],
    ['waits for nobody to delete pods', statefulSet({ updatedReplicas: 0 }, { type: 'OnDelete' }), '']
  ] as const) {
    test(rule, () => {
      const rollout = rolloutOf('StatefulSet', object)
      assert.deepEqual(rollout, { seen: true, value: { inProgress: message !== '', message } })
    })
  }
})

suite('rollout of a DaemonSet', () => {
  for (const [rule, object, message] of [
    ['has ended when every pod is updated and available', daemonSet({}), ''],
    ['has ended when no node wants a pod', daemonSet({ desiredNumberScheduled: 0, updatedNumberScheduled: 0 }), ''],
    ['waits for the controller to see the change', daemonSet({ observedGeneration: 3 }), UNSEEN_GENERATION],
    ['waits for pods to be updated', daemonSet({ updatedNumberScheduled: undefined }), '0 of 3 pods updated'],
    ['waits for pods to be available', daemonSet({ numberAvailable: 2 }), '2 of 3 updated pods available'],
    ['waits for nobody to delete pods', daemonSet({ updatedNumberScheduled: 0 }, 'OnDelete'), '']
  ] as const) {
    test(rule, () => {
      const rollout = rolloutOf('DaemonSet', object)
      assert.deepEqual(rollout, { seen: true, value: { inProgress: message !== '', message } })
    })
  }
})

suite('rollout of what was never applied', () => {
  for (const [rule, object] of [
    ['is unseen without a status', { metadata: { name: 'web', generation: 4 } }],
    ['is unseen with an empty status, as `kubectl create --dry-run` prints', { metadata: { name: 'web' }, status: {} }],
    ['is unseen with zeros and no generation', { metadata: { name: 'web' }, status: { replicas: 0 } }],
    ['is unseen with a status that is no object', { metadata: { name: 'web', generation: 4 }, status: 'fine' }]
  ] as const) {
    test(rule, () => {
      const message = 'StatefulSet web has no status: no controller has seen it'
      assert.deepEqual(rolloutOf('StatefulSet', object), { seen: false, reason: 'no_status', message })
    })
  }
})
