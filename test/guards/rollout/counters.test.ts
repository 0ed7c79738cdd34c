import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ago, follow, judge, MINUTE_MS, NOW, pod, type Wish } from './a-rollout.ts'

const EQUAL = { currentRevision: 'web-2', updateRevision: 'web-2' }
const HALFWAY = { updated: 1, ready: 2, available: 2 }
const SLOW = { target: { rolloutDeadlineMs: MINUTE_MS }, strategy: { minReadyMs: 4 * MINUTE_MS } }
const NO_CONDITION = { strategy: { progressDeadlineMs: null }, status: { progress: null } }

/** Where neither pods nor revisions are seen. */
function blind(wish: Wish): Wish {
  return { pods: null, ...wish }
}

suite('rollout by the workload alone, at first sight', () => {
  for (const [rule, wish, state] of [
    ['has ended when a Deployment’s controller says so', {}, 'STABLE'],
    ['goes on while a Deployment’s counters differ', { status: { updated: 1, replicas: 4 } }, 'ROLLING'],
    [
      'is stuck when a Deployment’s controller says so',
      { status: { updated: 1, replicas: 4, progress: { reason: 'ProgressDeadlineExceeded', updatedAt: ago(1) } } },
      'STUCK'
    ],
    [
      'goes on while a Deployment’s pods have to stay ready for longer than the target’s own deadline',
      { ...SLOW, status: { ...HALFWAY, progress: { reason: 'ReplicaSetUpdated', updatedAt: ago(4.9) } } },
      'ROLLING'
    ],
    [
      'is stuck some time after they have stayed so',
      { ...SLOW, status: { ...HALFWAY, progress: { reason: 'ReplicaSetUpdated', updatedAt: ago(5) } } },
      'STUCK'
    ],
    [
      'is stuck when a Deployment is paused for too long',
      {
        strategy: { isPaused: true },
        status: { updated: 1, replicas: 4, progress: { reason: 'DeploymentPaused', updatedAt: ago(10) } }
      },
      'STUCK'
    ],
    [
      'goes on while a Deployment’s change is unread, for nobody knows what it was',
      { status: { observedGeneration: 1 } },
      'ROLLING'
    ],
    ['has ended without a condition when all are new and ready', NO_CONDITION, 'STABLE'],
    [
      'has ended without a condition when all are new, for they may have crashed',
      { ...NO_CONDITION, status: { progress: null, ready: 1 } },
      'STABLE'
    ],
    [
      'has ended without a condition when the only pod is new, for it may have crashed',
      { ...NO_CONDITION, status: { progress: null, desired: 1, replicas: 1, updated: 1, ready: 0 } },
      'STABLE'
    ],
    [
      'goes on without a condition while old pods run',
      { ...NO_CONDITION, status: { progress: null, updated: 1, replicas: 4 } },
      'ROLLING'
    ],
    [
      'goes on without a condition before a pod is there',
      { ...NO_CONDITION, status: { progress: null, updated: 0, replicas: 0, ready: 0 } },
      'ROLLING'
    ],

    [
      'has ended when a StatefulSet’s revisions are equal',
      { kind: 'StatefulSet', status: { ...EQUAL, ready: 1 } },
      'STABLE'
    ],
    ['has ended when a StatefulSet’s pods are all new and ready', { kind: 'StatefulSet' }, 'STABLE'],
    ['goes on while a StatefulSet’s pods are not all new', { kind: 'StatefulSet', status: HALFWAY }, 'ROLLING'],
    ['goes on while a StatefulSet’s pods are not all ready', { kind: 'StatefulSet', status: { ready: 2 } }, 'ROLLING'],
    [
      'has ended where a StatefulSet’s pod may end on a lost node',
      { kind: 'StatefulSet', status: { ...EQUAL, ...HALFWAY } },
      'STABLE'
    ],
    [
      'has ended where a StatefulSet’s pods are missing that was changed before',
      { kind: 'StatefulSet', status: { ...EQUAL, replicas: 2, updated: 1, ready: 0 } },
      'STABLE'
    ],
    [
      'has ended at a StatefulSet’s start although one pod is all that is left',
      {
        kind: 'StatefulSet',
        workload: { generation: 1 },
        status: { ...EQUAL, observedGeneration: 1, updated: 1, ready: 1 }
      },
      'STABLE'
    ],
    [
      'has ended where nothing is wanted',
      { kind: 'StatefulSet', status: { ...HALFWAY, desired: 0, replicas: 0 } },
      'STABLE'
    ],
    [
      'goes on while a StatefulSet’s change is unread',
      { kind: 'StatefulSet', workload: { generation: 3 }, status: EQUAL },
      'ROLLING'
    ],
    [
      'hangs from a StatefulSet’s start',
      {
        kind: 'StatefulSet',
        workload: { generation: 1 },
        status: { ...EQUAL, observedGeneration: 1, replicas: 1, updated: 1, ready: 0, available: 0 }
      },
      'ROLLING'
    ],
    [
      'has ended at a StatefulSet’s start although a node is lost',
      {
        kind: 'StatefulSet',
        workload: { generation: 1 },
        status: { ...EQUAL, observedGeneration: 1, updated: 2, ready: 2 }
      },
      'STABLE'
    ],
    [
      'goes on at a StatefulSet’s start while none is ready',
      { kind: 'StatefulSet', workload: { generation: 1 }, status: { ...EQUAL, observedGeneration: 1, ready: 0 } },
      'ROLLING'
    ],
    [
      'is held by a partition, and whether it is mixed is not known',
      { kind: 'StatefulSet', strategy: { partition: 2 }, status: { updated: 1 } },
      'STABLE'
    ],
    [
      'is held by a partition that lets no pod go, however many are ready',
      { kind: 'StatefulSet', strategy: { partition: 3 }, status: { updated: 0, ready: 1 } },
      'STABLE'
    ],
    [
      'is not held by a partition while too few are new',
      { kind: 'StatefulSet', strategy: { partition: 1 }, status: { updated: 1 } },
      'ROLLING'
    ],
    [
      'is not held by a partition while not all are ready',
      { kind: 'StatefulSet', strategy: { partition: 2 }, status: HALFWAY },
      'ROLLING'
    ],

    ['has ended when a DaemonSet’s pods are all new and available', { kind: 'DaemonSet' }, 'STABLE'],
    [
      'has ended when they are all new, for a node may be lost',
      { kind: 'DaemonSet', status: { available: 2, ready: 2 } },
      'STABLE'
    ],
    ['goes on while a DaemonSet’s pods are not all new', { kind: 'DaemonSet', status: { updated: 0 } }, 'ROLLING'],
    ['goes on while a DaemonSet’s change is unread', { kind: 'DaemonSet', workload: { generation: 3 } }, 'ROLLING'],
    [
      'waits for nobody under OnDelete',
      { kind: 'DaemonSet', strategy: { type: 'OnDelete' }, status: { updated: 1 } },
      'STABLE'
    ]
  ] as readonly (readonly [string, Wish, string])[]) {
    test(rule, () => {
      const { status, message } = judge(blind(wish))
      assert.equal(status, state, message)
    })
  }

  test('under OnDelete has ended once all are new and ready, and is held before', () => {
    const found = (wish: Wish) => {
      const { held, memory } = judge(blind({ kind: 'DaemonSet', strategy: { type: 'OnDelete' }, ...wish })).evidence
      return [memory.phase, held]
    }
    assert.deepEqual(found({}), ['ended', null])
    assert.deepEqual(found({ status: { updated: 2 } }), ['unknown', 'on_delete'])
    assert.deepEqual(found({ status: { ready: 2 } }), ['unknown', 'on_delete'])
    assert.deepEqual(found({ status: { observedGeneration: 1 } }), ['unknown', 'on_delete'])
  })

  test('under OnDelete is not held again by a pod that crashes', () => {
    const wish = { kind: 'StatefulSet', strategy: { type: 'OnDelete' } } as const
    const findings = follow(blind(wish), blind({ ...wish, status: { ready: 2 } }))
    assert.deepEqual(
      findings.map(({ evidence }) => evidence.held),
      [null, null]
    )
  })

  test('is judged so although pods are seen, as long as nobody knows which revision is current', () => {
    const wish = { kind: 'DaemonSet', pods: [pod(1)], revisions: [] } as const
    const unread = { name: 'web-1', number: 0, createdAt: 0, template: null }
    assert.equal(judge({ ...wish, revisions: [unread] }).status, 'STABLE')
    assert.equal(judge(wish).status, 'ROLLING')
  })
})

suite('a StatefulSet with a partition, by the workload alone', () => {
  const held = { kind: 'StatefulSet', strategy: { partition: 2 }, status: { updated: 1 } } as const

  for (const [rule, status] of [
    ['a pod crashes since', HALFWAY],
    ['scaling makes fewer pods than are wanted', { desired: 5, replicas: 4, updated: 2 }],
    ['a pod above it is lost', { replicas: 2, updated: 0, ready: 2, available: 2 }]
  ] as const) {
    test(`stays held although ${rule}`, () => {
      const findings = follow(blind(held), { ...blind({ ...held, status }), now: NOW + 60 * MINUTE_MS })
      assert.deepEqual(
        findings.map(({ status, evidence }) => [status, evidence.held]),
        Array(2).fill(['STABLE', 'partition'])
      )
    })
  }

  test('is stuck where it lets go one more, which never gets ready', () => {
    const lowered = blind({ ...held, strategy: { partition: 1 } })
    const broken = { ...lowered, status: { updated: 2, ready: 2 } }
    const later = [1, 2, 20].map(minutes => ({ ...broken, now: NOW + minutes * MINUTE_MS }))
    const findings = follow(blind(held), lowered, ...later)
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['STABLE', 'ROLLING', 'ROLLING', 'ROLLING', 'STUCK']
    )
  })
})

suite('rollout by the workload alone, as it is followed', () => {
  const at = (minutes: number) => ({ now: NOW + minutes * MINUTE_MS })
  const statesOf = (wish: Wish, ...steps: readonly (Wish['status'] & { readonly now: number })[]) =>
    follow(
      ...steps
        .map(({ now, ...status }) => blind({ ...wish, status: { ...wish.status, ...status } }))
        .map((step, index) => ({ ...step, now: steps[index]?.now ?? NOW }))
    ).map(({ status }) => status)
  const set = { kind: 'StatefulSet' } as const

  test('is stuck when counters have not moved for the deadline', () => {
    assert.deepEqual(statesOf(set, { ...HALFWAY, ...at(0) }, { ...HALFWAY, ...at(9.9) }, { ...HALFWAY, ...at(10) }), [
      'ROLLING',
      'ROLLING',
      'STUCK'
    ])
  })

  test('has not ended when fewer pods are wanted than it has updated, while old ones run', () => {
    const before = { replicas: 10, desired: 10, updated: 6, ready: 10 }
    const fewer = { ...before, desired: 5, observedGeneration: 2 }
    assert.deepEqual(
      statesOf(set, { ...before, ...at(0) }, { ...fewer, ...at(1) }, { ...fewer, replicas: 5, updated: 0, ...at(11) }),
      ['ROLLING', 'ROLLING', 'STUCK']
    )
  })

  test('has ended where going back finds every pod that is there updated', () => {
    const back = { kind: 'StatefulSet', workload: { templateId: 'v1' } } as const
    const [, end] = follow(
      blind({ ...set, status: HALFWAY }),
      blind({ ...back, status: { ...EQUAL, replicas: 2, updated: 2, ready: 1 } })
    )
    assert.equal(end?.status, 'STABLE')
  })

  test('is stuck later where pods have to stay ready for a time', () => {
    const patient = { ...set, strategy: { minReadyMs: MINUTE_MS } }
    assert.deepEqual(
      statesOf(patient, { ...HALFWAY, ...at(0) }, { ...HALFWAY, ...at(10) }, { ...HALFWAY, ...at(11) }),
      ['ROLLING', 'ROLLING', 'STUCK']
    )
  })

  for (const [rule, moved] of [
    ['a pod is made anew', { updated: 2 }],
    ['a pod gets ready', { ready: 3 }],
    ['it is scaled', { desired: 4 }]
  ] as const) {
    test(`is not stuck so long after ${rule}`, () => {
      const later = { ...HALFWAY, ...moved }
      const states = statesOf(
        set,
        { ...HALFWAY, ...at(0) },
        { ...later, ...at(9) },
        { ...later, ...at(18.9) },
        { ...later, ...at(19) }
      )
      assert.deepEqual(states, ['ROLLING', 'ROLLING', 'ROLLING', 'STUCK'])
    })
  }

  test('is not moved by a pod that crashes and comes again', () => {
    const states = statesOf(
      set,
      { ...HALFWAY, ...at(0) },
      { ...HALFWAY, ready: 1, ...at(5) },
      { ...HALFWAY, ...at(9) },
      { ...HALFWAY, ...at(10) }
    )
    assert.deepEqual(states, ['ROLLING', 'ROLLING', 'ROLLING', 'STUCK'])
  })

  test('is measured from when the controller has read the change, by none of the counters before', () => {
    const unread = { ...set, workload: { generation: 3 } }
    const before = { ...EQUAL, updated: 3, ready: 3 }
    const read = { observedGeneration: 3, updated: 1, ready: 2 }
    const states = statesOf(
      unread,
      { ...before, ...at(0) },
      { ...read, ...at(5) },
      { ...read, updated: 2, ...at(14) },
      { ...read, updated: 2, ...at(23) },
      { ...read, updated: 2, ...at(24) }
    )
    assert.deepEqual(states, ['ROLLING', 'ROLLING', 'ROLLING', 'ROLLING', 'STUCK'])
  })

  test('is stuck when the controller never reads the change', () => {
    const unread = { ...set, workload: { generation: 3 } }
    assert.deepEqual(
      statesOf(unread, { ...EQUAL, ...at(0) }, { ...EQUAL, ready: 1, ...at(9) }, { ...EQUAL, ...at(10) }),
      ['ROLLING', 'ROLLING', 'STUCK']
    )
  })

  test('stays ended while the template does, whatever happens to pods', () => {
    const states = statesOf(
      set,
      { ...at(0) },
      { ...EQUAL, ...HALFWAY, ...at(60) },
      { ready: 0, updated: 2, ...at(120) }
    )
    assert.deepEqual(states, ['STABLE', 'STABLE', 'STABLE'])
  })

  test('is stuck on what a reverted template leaves behind, once the change was seen', () => {
    const reverted = {
      ...set,
      pods: null,
      workload: { templateId: 'v1', generation: 3 },
      status: { observedGeneration: 3, currentRevision: 'web-1', updateRevision: 'web-1', updated: 2, ready: 2 }
    }
    const findings = follow(blind({ ...set, status: HALFWAY }), reverted, { ...reverted, now: NOW + 10 * MINUTE_MS })
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['ROLLING', 'ROLLING', 'STUCK']
    )
  })

  test('has a DaemonSet’s last pod to wait for, once it was seen to go on', () => {
    const daemons = { kind: 'DaemonSet' } as const
    const last = { available: 2, ready: 2 }
    assert.deepEqual(
      statesOf(
        daemons,
        { updated: 2, ...last, ...at(0) },
        { ...last, ...at(1) },
        { ...last, ...at(11) },
        { ...at(12) }
      ),
      ['ROLLING', 'ROLLING', 'STUCK', 'STABLE']
    )
  })

  test('does not remember an end that it only supposes', () => {
    const daemons = { kind: 'DaemonSet' } as const
    const supposed = { available: 2, ready: 2 }
    const [first, , third] = follow(
      blind({ ...daemons, status: supposed }),
      blind({ ...daemons, status: { ...supposed, updated: 2 } }),
      blind({ ...daemons, status: supposed })
    )
    assert.deepEqual([first?.status, first?.evidence.memory.phase], ['STABLE', 'unknown'])
    assert.deepEqual([third?.status, third?.evidence.memory.phase], ['ROLLING', 'rolling'])
  })

  test('says when a new template was first seen, and when it was seen to end', () => {
    const going = blind({ ...set, workload: { templateId: 'v3' }, status: HALFWAY })
    const [first, second, third] = follow(blind(set), { ...going, ...at(1) }, { ...going, status: {}, ...at(5) })
    const timesOf = (finding: typeof first) => [finding?.evidence.startedAt, finding?.evidence.completedAt]
    assert.deepEqual([first, second, third].map(timesOf), [
      [null, null],
      [NOW + MINUTE_MS, null],
      [NOW + MINUTE_MS, NOW + 5 * MINUTE_MS]
    ])
  })
})
