import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Pod } from '../../../src/domain/workload.ts'
import { ago, follow, judge, MINUTE_MS, NOW, pod, revision, unreadyPod, type Wish } from './a-rollout.ts'

type PodChanges = Parameters<typeof pod>[1]

/** `web-N` of the old revision, of the new one, and of the new one when it never got ready. */
const old = (ordinal: number, changes: PodChanges = {}): Pod => pod(1, { name: `web-${ordinal}`, ...changes })
const fresh = (ordinal: number, changes: PodChanges = {}): Pod => pod(2, { name: `web-${ordinal}`, ...changes })
const broken = (ordinal: number, changes: PodChanges = {}): Pod => unreadyPod(2, { name: `web-${ordinal}`, ...changes })

const EQUAL = { currentRevision: 'web-2', updateRevision: 'web-2' }
/** The template is the old one again. */
const REVERTED = { currentRevision: 'web-1', updateRevision: 'web-1' }
const ENDING = { terminatesAt: ago(1), isReady: false, notReadyReason: '' }
const LOST_ALL = { status: { replicas: 0, updated: 0, ready: 0, available: 0 }, pods: [] } as const
const LOST = { isReady: false, readyChangedAt: ago(1), notReadyReason: '' }

suite('rollout of a StatefulSet', () => {
  for (const [rule, wish, state] of [
    ['has ended when all pods are new', { status: EQUAL, pods: [fresh(0), fresh(1), fresh(2)] }, 'STABLE'],
    ['has ended although pods crash since', { status: EQUAL, pods: [broken(0), fresh(1), fresh(2)] }, 'STABLE'],
    [
      'has ended although a pod ends on a lost node',
      { status: EQUAL, pods: [fresh(0), fresh(1), fresh(2, ENDING)] },
      'STABLE'
    ],
    [
      'has ended although scaling makes no pod',
      { status: { ...EQUAL, desired: 5 }, pods: [fresh(0), fresh(1), fresh(2)] },
      'STABLE'
    ],
    ['is none while nothing is wanted', { status: { desired: 0, replicas: 0 }, pods: [] }, 'STABLE'],
    ['goes on while nothing is wanted and an old pod is there', { status: { desired: 0 }, pods: [old(0)] }, 'ROLLING'],
    ['goes on in good order', { pods: [old(0), old(1), fresh(2, { madeAt: ago(2) })] }, 'ROLLING'],
    ['goes on while the first new pod crashes', { pods: [old(0), old(1), broken(2, { madeAt: ago(2) })] }, 'ROLLING'],
    [
      'is stuck when nothing moves for the deadline',
      { pods: [old(0), old(1), broken(2, { madeAt: ago(10) })] },
      'STUCK'
    ],
    ['is not stuck before', { pods: [old(0), old(1), broken(2, { madeAt: ago(9.9) })] }, 'ROLLING'],
    [
      'is not stuck so long after a pod got ready',
      { pods: [old(0), old(1), fresh(2, { madeAt: ago(30), readyChangedAt: ago(9) })] },
      'ROLLING'
    ],
    [
      'goes on while a pod has to stay ready',
      {
        strategy: { minReadyMs: 5 * MINUTE_MS },
        pods: [old(0), old(1), fresh(2, { madeAt: ago(30), readyChangedAt: ago(14) })]
      },
      'ROLLING'
    ],
    [
      'is stuck some time after it has stayed so',
      {
        strategy: { minReadyMs: 5 * MINUTE_MS },
        pods: [old(0), old(1), fresh(2, { madeAt: ago(30), readyChangedAt: ago(15) })]
      },
      'STUCK'
    ],
    [
      'is stuck although a pod crashes again and again',
      { pods: [old(0), old(1), fresh(2, { isReady: false, readyChangedAt: ago(1), notReadyReason: 'x' })] },
      'STUCK'
    ],
    [
      'goes on while an old pod may take its time to end',
      { pods: [old(0), old(1, { terminatesAt: ago(-30) }), fresh(2, { madeAt: ago(60) })] },
      'ROLLING'
    ],
    [
      'is stuck on an old pod that ends on a lost node',
      { pods: [old(0), old(1, { ...ENDING, terminatesAt: ago(10) }), fresh(2)] },
      'STUCK'
    ],
    [
      'goes on until the last old pod has a successor',
      { pods: [old(0, { terminatesAt: ago(-1) }), fresh(1), fresh(2)] },
      'ROLLING'
    ],
    ['has ended when all are new before the controller says so', { pods: [fresh(0), fresh(1), fresh(2)] }, 'STABLE'],
    [
      'goes on while the controller has made no revision',
      { workload: { templateId: 'v3', generation: 3 }, pods: [old(0), old(1), old(2)] },
      'ROLLING'
    ],
    [
      'goes on while the controller has not read that it shall go back',
      { workload: { generation: 3 }, status: REVERTED, pods: [old(0), old(1), old(2)] },
      'ROLLING'
    ],

    [
      'is stuck on a broken pod that is left when the template is reverted',
      { workload: { templateId: 'v1' }, status: REVERTED, pods: [old(0), old(1), broken(2)] },
      'STUCK'
    ],
    [
      'is stuck on the only pod when that is left',
      { workload: { templateId: 'v1' }, status: { ...REVERTED, desired: 1 }, pods: [broken(0, { madeAt: ago(10) })] },
      'STUCK'
    ],
    [
      'goes on while the only pod may still come right',
      { workload: { templateId: 'v1' }, status: { ...REVERTED, desired: 1 }, pods: [broken(0, { madeAt: ago(9) })] },
      'ROLLING'
    ],
    [
      'has ended when a reverted template has healed itself',
      {
        workload: { templateId: 'v1', generation: 3 },
        status: REVERTED,
        pods: [old(0), old(1), old(2, { madeAt: ago(1) })]
      },
      'STABLE'
    ],

    [
      'hangs from the start',
      {
        workload: { generation: 1 },
        status: { ...EQUAL, observedGeneration: 1 },
        pods: [broken(0, { madeAt: ago(10) })]
      },
      'STUCK'
    ],
    [
      'goes on for the first time',
      {
        workload: { generation: 1 },
        status: { ...EQUAL, observedGeneration: 1 },
        pods: [fresh(0), fresh(1, { madeAt: ago(1) })]
      },
      'ROLLING'
    ],
    [
      'has ended for the first time',
      {
        workload: { generation: 1 },
        status: { ...EQUAL, observedGeneration: 1 },
        pods: [fresh(0), fresh(1), fresh(2)]
      },
      'STABLE'
    ],
    [
      'has ended for the first time although a node is lost',
      {
        workload: { generation: 1 },
        status: { ...EQUAL, observedGeneration: 1 },
        pods: [fresh(0), fresh(1, LOST), fresh(2, ENDING)]
      },
      'STABLE'
    ],
    [
      'hangs from the start without a pod',
      {
        workload: { generation: 1, templateId: 'v1' },
        status: { ...REVERTED, observedGeneration: 1 },
        pods: [],
        revisions: [revision(1, { createdAt: ago(10) })]
      },
      'STUCK'
    ],
    [
      'may still begin without a pod',
      {
        workload: { generation: 1, templateId: 'v1' },
        status: { ...REVERTED, observedGeneration: 1 },
        pods: [],
        revisions: [revision(1, { createdAt: ago(9) })]
      },
      'ROLLING'
    ],

    ['waits for nobody under OnDelete', { strategy: { type: 'OnDelete' }, pods: [old(0), old(1), old(2)] }, 'STABLE'],
    [
      'is mixed under OnDelete when a person has deleted a pod',
      { strategy: { type: 'OnDelete' }, pods: [old(0), fresh(1), old(2)] },
      'MIXED'
    ],
    [
      'has ended under OnDelete when all are new',
      { strategy: { type: 'OnDelete' }, pods: [fresh(0), fresh(1), fresh(2)] },
      'STABLE'
    ]
  ] as readonly (readonly [string, Wish, string])[]) {
    test(rule, () => {
      const { status, message } = judge({ kind: 'StatefulSet', ...wish })
      assert.equal(status, state, message)
    })
  }
})

suite('a StatefulSet with a partition', () => {
  for (const [rule, wish, state, held] of [
    ['is held when those above it are new', { pods: [old(0), old(1), fresh(2)] }, 'MIXED', 'partition'],
    ['is held although one of them crashes since', { pods: [old(0), old(1), fresh(2, LOST)] }, 'MIXED', 'partition'],
    [
      'is held with one image where it is above all pods',
      { strategy: { partition: 3 }, pods: [old(0), old(1), old(2)] },
      'STABLE',
      'partition'
    ],
    [
      'is held with one image where only the configuration differs',
      { pods: [old(0), old(1), fresh(2, { containers: [{ image: 'ghcr.io/shop/web:v1' }] })] },
      'STABLE',
      'partition'
    ],
    [
      'is not held while the one above it has not been ready',
      { pods: [old(0), old(1), broken(2, { madeAt: ago(1) })] },
      'ROLLING',
      null
    ],
    ['is stuck when that lasts', { pods: [old(0), old(1), broken(2)] }, 'STUCK', null],
    [
      'is not held while too few are new',
      { strategy: { partition: 1 }, pods: [old(0), old(1), fresh(2, { madeAt: ago(1) })] },
      'ROLLING',
      null
    ],
    [
      'is not held by what is left above it',
      { workload: { templateId: 'v1' }, status: REVERTED, pods: [old(0), old(1), broken(2)] },
      'STUCK',
      null
    ],
    [
      'is held without any pod where it is above all',
      { strategy: { partition: 3 }, ...LOST_ALL },
      'STABLE',
      'partition'
    ],
    ['is not held without any pod where it lets one go', LOST_ALL, 'ROLLING', null],
    [
      'is not held without any pod of its first rollout',
      {
        strategy: { partition: 3 },
        ...LOST_ALL,
        workload: { generation: 1 },
        status: { ...EQUAL, observedGeneration: 1 }
      },
      'ROLLING',
      null
    ],
    ['is not held when all are new', { status: EQUAL, pods: [fresh(0), fresh(1), fresh(2)] }, 'STABLE', null]
  ] as readonly (readonly [string, Wish, string, string | null])[]) {
    test(rule, () => {
      const { status, message, evidence } = judge({
        kind: 'StatefulSet',
        ...wish,
        strategy: { partition: 2, ...wish.strategy }
      })
      assert.deepEqual([status, evidence.held], [state, held], message)
    })
  }

  for (const [rule, changes] of [
    ['all pods are lost', LOST_ALL],
    ['a pod above it is made again and never gets ready', { pods: [old(0), old(1), broken(2, { madeAt: NOW })] }],
    [
      'scaling makes a pod that never gets ready',
      { status: { desired: 4 }, pods: [old(0), old(1), fresh(2), broken(3, { madeAt: NOW })] }
    ],
    [
      'scaling makes fewer pods than are wanted',
      { status: { desired: 5 }, pods: [old(0), old(1), fresh(2), broken(3, { madeAt: NOW })] }
    ],
    ['a pod above it is lost and never made again', { pods: [old(0), old(1)] }]
  ] as const) {
    test(`stays held although ${rule}`, () => {
      const held = { kind: 'StatefulSet', strategy: { partition: 2 } } as const
      const now = NOW + 60 * MINUTE_MS
      const findings = follow({ ...held, pods: [old(0), old(1), fresh(2)] }, { ...held, ...changes, now })
      const isMixed = changes.pods.length > 2
      assert.deepEqual(
        findings.map(({ status, evidence }) => [status, evidence.held]),
        [
          ['MIXED', 'partition'],
          [isMixed ? 'MIXED' : 'STABLE', 'partition']
        ]
      )
    })
  }

  test('does not get stuck above all pods, however long there is none', () => {
    const wish = { kind: 'StatefulSet', strategy: { partition: 3 }, ...LOST_ALL } as const
    const findings = follow(wish, { ...wish, now: NOW + 60 * MINUTE_MS })
    assert.deepEqual(
      findings.map(({ status, message }) => [status, message]),
      Array(2).fill(['STABLE', 'No rollout is under way, held by its partition'])
    )
  })

  test('is stuck where it lets go one more, which never gets ready', () => {
    const kind = 'StatefulSet'
    const pods = [old(0), broken(1, { madeAt: NOW }), fresh(2)]
    const findings = follow(
      { kind, strategy: { partition: 2 }, pods: [old(0), old(1), fresh(2)] },
      { kind, strategy: { partition: 1 }, pods: [old(0), old(1), fresh(2)] },
      { kind, strategy: { partition: 1 }, pods, now: NOW + 20 * MINUTE_MS }
    )
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['MIXED', 'ROLLING', 'STUCK']
    )
  })

  test('goes on where it lets go one more, though that is gone when this is seen', () => {
    const held = { kind: 'StatefulSet', strategy: { partition: 2 }, pods: [old(0), old(1), fresh(2)] } as const
    const lowered = { ...held, strategy: { partition: 1 }, pods: [old(0), fresh(2)] }
    const counts = { status: { replicas: 2, updated: 1, ready: 2, available: 2 }, pods: null }
    assert.equal(follow(held, lowered).at(-1)?.status, 'ROLLING')
    assert.equal(
      follow({ ...held, status: { updated: 1 }, pods: null }, { ...lowered, ...counts }).at(-1)?.status,
      'ROLLING'
    )
  })

  test('has the whole deadline when it is taken away', () => {
    const pods = [old(0), old(1), fresh(2)]
    const findings = follow(
      { kind: 'StatefulSet', strategy: { partition: 2 }, pods },
      { kind: 'StatefulSet', pods },
      { kind: 'StatefulSet', pods, now: NOW + 9 * MINUTE_MS },
      { kind: 'StatefulSet', pods, now: NOW + 10 * MINUTE_MS }
    )
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['MIXED', 'ROLLING', 'ROLLING', 'STUCK']
    )
  })
})

suite('a StatefulSet that is followed', () => {
  test('stays stable when pods come and go after the end', () => {
    const kind = 'StatefulSet'
    const workload = { generation: 1 }
    const status = { ...EQUAL, observedGeneration: 1 }
    const findings = follow(
      { kind, workload, status, pods: [fresh(0), fresh(1), fresh(2)] },
      { kind, workload, status, pods: [fresh(0), fresh(1)] },
      { kind, workload, status, pods: [fresh(0), fresh(1), broken(2, { madeAt: NOW })], now: NOW + 60 * MINUTE_MS }
    )
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['STABLE', 'STABLE', 'STABLE']
    )
  })

  test('is held under OnDelete until somebody has deleted the last old pod', () => {
    const wish = { kind: 'StatefulSet', strategy: { type: 'OnDelete' } } as const
    const findings = follow(
      { ...wish, pods: [old(1), fresh(2), old(0)] },
      { ...wish, pods: [fresh(1), fresh(2), fresh(0)] }
    )
    assert.deepEqual(
      findings.map(({ status, evidence }) => [status, evidence.held]),
      [
        ['MIXED', 'on_delete'],
        ['STABLE', null]
      ]
    )
  })

  test('keeps the time of its end when its only pod is made again', () => {
    const one = { desired: 1, replicas: 1, updated: 1, ready: 1, available: 1 }
    const gone = { replicas: 1, updated: 0, ready: 0, available: 0 }
    const findings = follow(
      { kind: 'StatefulSet', status: { ...EQUAL, ...one }, pods: [fresh(0)] },
      { kind: 'StatefulSet', status: { ...EQUAL, ...one, ...gone }, pods: [fresh(0, ENDING)] },
      { kind: 'StatefulSet', status: { ...EQUAL, ...one }, pods: [fresh(0, { madeAt: NOW })], now: NOW + 2 * MINUTE_MS }
    )
    assert.deepEqual(
      findings.map(({ status, evidence }) => [status, evidence.completedAt]),
      Array(3).fill(['STABLE', ago(59)])
    )
  })

  for (const [sight, blind] of [
    ['its pods', {}],
    ['its counters', { pods: null }]
  ] as const) {
    // At zero replicas both revisions become equal, whatever becomes of the pods that come later.
    const kind = 'StatefulSet'
    const nothing = { status: { ...EQUAL, ...LOST_ALL.status, desired: 0 }, pods: [] }
    const counts = { replicas: 1, updated: 1, ready: 0, available: 0 }
    const bad = { status: { ...EQUAL, ...counts }, pods: [broken(0, { madeAt: NOW })] }
    const statesOf = (...steps: readonly (Wish & { readonly now?: number })[]) =>
      follow(...steps.map(step => ({ kind, ...step, ...blind }) as const)).map(({ status }) => status)

    test(`is stuck by ${sight} when the template was changed at nothing, and its pods never get ready`, () => {
      const before = { workload: { templateId: 'v1' }, status: { ...nothing.status, ...REVERTED }, pods: [] }
      const good = { status: EQUAL, pods: [0, 1, 2].map(ordinal => fresh(ordinal)) }
      const crashed = { status: { ...EQUAL, ready: 1 }, pods: [fresh(0), broken(1), broken(2)] }
      assert.deepEqual(
        statesOf(before, nothing, bad, { ...bad, now: NOW + 9 * MINUTE_MS }, { ...bad, now: NOW + 10 * MINUTE_MS }),
        ['STABLE', 'STABLE', 'ROLLING', 'ROLLING', 'STUCK']
      )
      assert.deepEqual(statesOf(before, nothing, bad, good, crashed), [
        'STABLE',
        'STABLE',
        'ROLLING',
        'STABLE',
        'STABLE'
      ])
    })

    test(`is stuck by ${sight} when the template was changed and scaled up at once`, () => {
      const before = { workload: { templateId: 'v1' }, status: { ...nothing.status, ...REVERTED }, pods: [] }
      assert.deepEqual(
        statesOf(before, bad, { ...bad, now: NOW + 9 * MINUTE_MS }, { ...bad, now: NOW + 10 * MINUTE_MS }),
        ['STABLE', 'ROLLING', 'ROLLING', 'STUCK']
      )
    })

    test(`is none by ${sight} when what had ended is scaled to nothing and comes back`, () => {
      const ended = { status: EQUAL, pods: [0, 1, 2].map(ordinal => fresh(ordinal)) }
      assert.deepEqual(statesOf(ended, nothing, bad, { ...bad, now: NOW + 60 * MINUTE_MS }), Array(4).fill('STABLE'))
    })
  }

  test('is stuck when its controller never makes a revision', () => {
    const wish = {
      kind: 'StatefulSet',
      workload: { templateId: 'v3', generation: 3 },
      pods: [old(0), old(1), old(2)]
    } as const
    const findings = follow(wish, { ...wish, now: NOW + 10 * MINUTE_MS })
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['ROLLING', 'STUCK']
    )
  })

  test('takes no status for an end that is older than what the controller has read of the change', () => {
    const [finding] = follow({
      kind: 'StatefulSet',
      workload: { generation: 3 },
      status: { ...REVERTED, desired: 1 },
      pods: [old(0, { terminatesAt: ago(-1) })]
    })
    assert.deepEqual([finding?.status, finding?.evidence.memory.phase], ['ROLLING', 'rolling'])
  })
})
