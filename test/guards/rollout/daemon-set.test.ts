import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Pod } from '../../../src/domain/workload.ts'
import { ago, follow, judge, MINUTE_MS, NOW, pod, revision, unreadyPod, type Wish } from './a-rollout.ts'

type PodChanges = Parameters<typeof pod>[1]

/** A pod on node `nN`, of the old revision, of the new one, and of the new one when it never got ready. */
const on =
  (make: typeof pod, number: number) =>
  (node: number, changes: PodChanges = {}): Pod =>
    make(number, { name: `web-${number}-on-${node}`, node: `n${node}`, ...changes })
const old = on(pod, 1)
const fresh = on(pod, 2)
const broken = on(unreadyPod, 2)

const LOST = { isReady: false, readyChangedAt: ago(50), notReadyReason: '' }
const STATUS = { currentRevision: '', updateRevision: '' }

suite('rollout of a DaemonSet', () => {
  for (const [rule, wish, state] of [
    ['has ended when all pods are new and were ready', { pods: [fresh(1), fresh(2), fresh(3)] }, 'STABLE'],
    [
      'has ended although a pod crashes since',
      {
        pods: [
          fresh(1),
          fresh(2),
          fresh(3, { isReady: false, readyChangedAt: ago(1), notReadyReason: 'ContainersNotReady' })
        ]
      },
      'STABLE'
    ],
    ['has ended although a node is lost', { pods: [fresh(1), fresh(2), fresh(3, LOST)] }, 'STABLE'],
    [
      'has ended although the pod of a new node never gets ready',
      { status: { desired: 4 }, pods: [fresh(1), fresh(2), fresh(3), broken(4, { madeAt: ago(48) })] },
      'STABLE'
    ],
    [
      'has ended although the pods of two new nodes never get ready',
      {
        status: { desired: 5 },
        pods: [fresh(1), fresh(2), fresh(3), broken(4, { madeAt: ago(48) }), broken(5, { madeAt: ago(20) })]
      },
      'STABLE'
    ],
    [
      'is stuck on a pod that was made in time',
      { status: { desired: 4 }, pods: [fresh(1), fresh(2), fresh(3), broken(4, { madeAt: ago(49) })] },
      'STUCK'
    ],
    [
      'has ended although a new node has no pod yet',
      { status: { desired: 4 }, pods: [fresh(1), fresh(2), fresh(3)] },
      'STABLE'
    ],
    [
      'goes on while a pod is missing that may still come',
      {
        status: { desired: 4 },
        pods: [fresh(1, { madeAt: ago(5) }), fresh(2, { madeAt: ago(5) }), fresh(3, { madeAt: ago(5) })]
      },
      'ROLLING'
    ],
    [
      'has ended where more pods are ready than are wanted',
      { pods: [fresh(1), fresh(2), fresh(3), broken(4, { madeAt: ago(50) })] },
      'STABLE'
    ],
    [
      'does not end by counters of before the change',
      { workload: { generation: 3 }, status: { desired: 0 }, pods: [broken(1, { madeAt: ago(5) })] },
      'ROLLING'
    ],
    ['is none where no node wants a pod', { status: { desired: 0, replicas: 0 }, pods: [] }, 'STABLE'],
    [
      'is none where no node wants a pod, and no revision of its template is left',
      { workload: { templateId: 'v1' }, status: { desired: 0, replicas: 0 }, pods: [], revisions: [] },
      'STABLE'
    ],
    [
      'goes on before the controller has counted nodes',
      {
        workload: { generation: 1, templateId: 'v1' },
        status: { observedGeneration: 0, desired: 0, replicas: 0 },
        pods: [],
        revisions: []
      },
      'ROLLING'
    ],
    ['goes on pod by pod', { pods: [fresh(1, { madeAt: ago(5) }), old(2), old(3)] }, 'ROLLING'],
    [
      'is stuck when nothing moves for the deadline',
      { pods: [broken(1, { madeAt: ago(10) }), old(2), old(3)] },
      'STUCK'
    ],
    ['is not stuck before', { pods: [broken(1, { madeAt: ago(9) }), old(2), old(3)] }, 'ROLLING'],
    [
      'is stuck although its counters look at the older pods of a surge',
      { status: { updated: 0 }, pods: [old(1), old(2), old(3), broken(1, { madeAt: ago(10) })] },
      'STUCK'
    ],
    [
      'goes on while an old pod ends that has no successor',
      { pods: [fresh(1), fresh(2), old(3, { terminatesAt: ago(-1) })] },
      'ROLLING'
    ],
    [
      'has ended while an old pod ends beside its successor',
      { pods: [fresh(1), fresh(2), fresh(3), old(3, { terminatesAt: ago(-1) })] },
      'STABLE'
    ],
    [
      'has ended although an old pod ends for ever on a lost node',
      { pods: [fresh(1), fresh(2), old(3, { ...LOST, terminatesAt: ago(-1) })] },
      'STABLE'
    ],
    [
      'has ended although an old pod should have ended',
      { pods: [fresh(1), fresh(2), old(3, { terminatesAt: ago(1) })] },
      'STABLE'
    ],
    [
      'goes on while a kubelet kills the last old pod, at the end of its grace period',
      { pods: [fresh(1), fresh(2), old(3, { terminatesAt: ago(0.1) })] },
      'ROLLING'
    ],
    ['has ended while a new pod ends', { pods: [fresh(1), fresh(2), fresh(3, { terminatesAt: ago(-1) })] }, 'STABLE'],
    [
      'goes on while the controller has made no revision',
      { workload: { templateId: 'v3', generation: 3 }, pods: [fresh(1), fresh(2), fresh(3)] },
      'ROLLING'
    ],
    [
      'hangs from the start without a pod',
      { workload: { templateId: 'v1' }, pods: [], revisions: [revision(1, { createdAt: ago(10) })] },
      'STUCK'
    ],
    ['waits for nobody under OnDelete', { strategy: { type: 'OnDelete' }, pods: [old(1), old(2), old(3)] }, 'STABLE'],
    ['is mixed under OnDelete', { strategy: { type: 'OnDelete' }, pods: [old(1), fresh(2), old(3)] }, 'MIXED']
  ] as readonly (readonly [string, Wish, string])[]) {
    test(rule, () => {
      const { status, message } = judge({ kind: 'DaemonSet', ...wish, status: { ...STATUS, ...wish.status } })
      assert.equal(status, state, message)
    })
  }

  for (const [rule, changes, state] of [
    ['is ready', {}, 'STABLE'],
    ['has a container that is told ready, and no reason, as on a lost node', LOST, 'STABLE'],
    [
      'has ceased to be ready some time after its start',
      { isReady: false, readyChangedAt: ago(60) + 5_001, notReadyReason: 'x', containers: [{ isReady: false }] },
      'STABLE'
    ],
    [
      'was told not ready by the first word of its kubelet',
      { isReady: false, readyChangedAt: ago(60) + 5_000, notReadyReason: 'x', containers: [{ isReady: false }] },
      'STUCK'
    ],
    [
      'waits for a gate although its containers are ready',
      { isReady: false, readyChangedAt: ago(60), notReadyReason: 'ReadinessGatesNotReady', containers: [{}] },
      'STUCK'
    ],
    [
      'has an injected container that is ready, and its own is not',
      { isReady: false, readyChangedAt: ago(60), containers: [{ isReady: false }, { name: 'istio-proxy' }] },
      'STUCK'
    ],
    [
      'has its own container ready, and an injected one is not',
      { isReady: false, readyChangedAt: ago(60), containers: [{}, { name: 'istio-proxy', isReady: false }] },
      'STABLE'
    ],
    ['has no container of its own yet', { isReady: false, readyChangedAt: null, containers: [] }, 'STUCK'],
    [
      'does not say when it was started',
      { isReady: false, startedAt: null, containers: [{ isReady: false }] },
      'STUCK'
    ],
    [
      'does not say when it ceased to be ready',
      { isReady: false, readyChangedAt: null, containers: [{ isReady: false }] },
      'STUCK'
    ]
  ] as const) {
    test(`counts for rolled out or not by a pod that ${rule}`, () => {
      const last = fresh(3, {
        notReadyReason: 'ContainersNotReady',
        ...changes,
        ...('containers' in changes && { containers: changes.containers })
      })
      assert.equal(judge({ kind: 'DaemonSet', pods: [fresh(1), fresh(2), last] }).status, state)
    })
  }
})

suite('the pods of one rollout', () => {
  const slow = (madeAt: number, readyAt: number) => ({ madeAt: ago(madeAt), readyChangedAt: ago(readyAt) })

  test('follow one another, each within the deadline of the one before getting ready', () => {
    const pods = [fresh(1, slow(100, 91)), fresh(2, slow(90, 81)), broken(3, { madeAt: ago(80) })]
    assert.equal(judge({ kind: 'DaemonSet', pods }).status, 'STUCK')
  })

  test('may be made after one that took up to twice the deadline to get ready', () => {
    const pods = [fresh(1, slow(100, 80)), fresh(2, slow(79, 78)), broken(3, { madeAt: ago(78) })]
    assert.equal(judge({ kind: 'DaemonSet', pods }).status, 'STUCK')
  })

  test('are not those that were made long after, though one of the rollout crashed and got ready again meanwhile', () => {
    const pods = [fresh(1, slow(600, 599)), fresh(2, slow(600, 60)), broken(3, { madeAt: ago(61) })]
    assert.equal(judge({ kind: 'DaemonSet', status: { desired: 3 }, pods }).status, 'STABLE')
  })

  test('are waited for as long as each has to stay ready', () => {
    const strategy = { minReadyMs: 15 * MINUTE_MS }
    const pods = [fresh(1, slow(100, 99)), fresh(2, slow(84, 83)), broken(3, { madeAt: ago(68) })]
    assert.equal(judge({ kind: 'DaemonSet', strategy, pods }).status, 'STUCK')
  })
})

suite('a DaemonSet that is followed', () => {
  const three = [fresh(1), fresh(2), fresh(3)]
  const states = (...steps: readonly (Wish & { readonly now?: number })[]) =>
    follow(...steps.map(step => ({ kind: 'DaemonSet' as const, ...step }))).map(({ status }) => status)

  test('stays stable when a new node comes soon after the end, and its pod never gets ready', () => {
    const young = [1, 2, 3].map(node => fresh(node, { madeAt: ago(3) }))
    const joined = { status: { desired: 4 }, pods: [...young, broken(4, { madeAt: NOW })] }
    assert.deepEqual(states({ pods: young }, joined, { ...joined, now: NOW + 60 * MINUTE_MS }), [
      'STABLE',
      'STABLE',
      'STABLE'
    ])
  })

  for (const [rule, seen] of [
    [
      'whose revision has gone before its pods',
      { pods: [pod(2, { terminatesAt: ago(60) })], revisions: [revision(1)] }
    ],
    ['whose pods are not seen', { pods: null }]
  ] as const) {
    test(`is none of one that is being deleted, ${rule}`, () => {
      const workload = { isBeingDeleted: true, generation: 3 } as const
      const { status, message } = judge({ kind: 'DaemonSet', workload, ...seen })
      assert.deepEqual([status, message], ['STABLE', 'No rollout is under way: the workload is being deleted'])
    })
  }

  test('is held under OnDelete until somebody has deleted the last old pod', () => {
    const wish = { kind: 'DaemonSet', strategy: { type: 'OnDelete' } } as const
    const findings = follow(
      { ...wish, pods: [old(1), fresh(2), old(3)] },
      { ...wish, pods: [fresh(1), fresh(2), fresh(3)] }
    )
    assert.deepEqual(
      findings.map(({ status, evidence }) => [status, evidence.held]),
      [
        ['MIXED', 'on_delete'],
        ['STABLE', null]
      ]
    )
  })

  test('keeps the time of its end when the pod of its only node is made again', () => {
    const one = { desired: 1, replicas: 1, updated: 1, ready: 1, available: 1 }
    const findings = follow(
      { kind: 'DaemonSet', status: one, pods: [fresh(1)] },
      { kind: 'DaemonSet', status: { ...one, replicas: 0, updated: 0, ready: 0, available: 0 }, pods: [] },
      { kind: 'DaemonSet', status: one, pods: [fresh(1, { madeAt: NOW })], now: NOW + 2 * MINUTE_MS }
    )
    assert.deepEqual(
      findings.map(({ status, evidence }) => [status, evidence.completedAt]),
      Array(3).fill(['STABLE', ago(59)])
    )
  })

  test('is not proved by a time without nodes: a bad release is stuck again when they are back', () => {
    const bad = [1, 2, 3].map(node => broken(node))
    const nothing = { status: { desired: 0, replicas: 0, updated: 0, ready: 0, available: 0 }, pods: [] }
    const back = { pods: [1, 2, 3].map(node => broken(node, { madeAt: NOW })) }
    assert.deepEqual(
      states({ workload: { templateId: 'v1' }, pods: [1, 2, 3].map(node => old(node)) }, { pods: bad }, nothing, back, {
        ...back,
        now: NOW + 10 * MINUTE_MS
      }),
      ['STABLE', 'ROLLING', 'STABLE', 'ROLLING', 'STUCK']
    )
  })

  test('takes no late pod for another node’s while it sees the rollout go on', () => {
    const late = { pods: [fresh(1), fresh(2), broken(3, { madeAt: ago(5) })] }
    assert.deepEqual(states({ pods: [fresh(1), fresh(2), old(3)] }, late), ['STUCK', 'ROLLING'])
  })

  test('has not ended while the last pod is yet to be made', () => {
    const [, between] = states({ pods: [fresh(1), fresh(2), old(3)] }, { pods: [fresh(1), fresh(2)] })
    assert.equal(between, 'STUCK')
  })

  test('goes on for the whole deadline when old pods are seen after its end', () => {
    const other = { pods: [...three.slice(1), pod(3, { name: 'web-3-on-1', node: 'n1', madeAt: ago(60) })] }
    const findings = states(
      { pods: three },
      other,
      { ...other, now: NOW + 9 * MINUTE_MS },
      { ...other, now: NOW + 10 * MINUTE_MS }
    )
    assert.deepEqual(findings, ['STABLE', 'ROLLING', 'ROLLING', 'STUCK'])
  })

  test('is judged again when a pod that ends counts for gone', () => {
    const until = NOW + MINUTE_MS
    const wish = { kind: 'DaemonSet', pods: [fresh(1), fresh(2), old(3, { terminatesAt: NOW })] } as const
    const first = judge(wish)
    assert.deepEqual([first.status, first.validUntil], ['ROLLING', until])
    assert.equal(judge({ ...wish, status: { desired: 2 } }, { now: until, earlier: first }).status, 'STABLE')
  })
})
