import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Pod } from '../../../src/domain/workload.ts'
import { ago, follow, judge, MINUTE_MS, NOW, pod, pods, revision, unreadyPod, type Wish } from './a-rollout.ts'

const UPDATING = { reason: 'ReplicaSetUpdated', updatedAt: ago(1) }
const TIMED_OUT = { reason: 'ProgressDeadlineExceeded', updatedAt: ago(1) }
const PAUSED = { reason: 'DeploymentPaused', updatedAt: ago(1) }
const CREATED = { reason: 'NewReplicaSetCreated', updatedAt: ago(1) }
const NOTHING_RUNS = { replicas: 0, updated: 0, ready: 0, available: 0 }
const HALF = { replicas: 4, updated: 1, ready: 3, available: 3 }
const OLD = pods(3, index => pod(1, { name: `old-${index}` }))
const NEW = pods(3, index => pod(2, { name: `new-${index}` }))
const HALFWAY = [...OLD, unreadyPod(2, { madeAt: ago(2) })]
const NO_NEW_REVISION = [revision(1)]
const UNREADY = { ready: 0, available: 0 }
const FIRST_UNREADY = pods(3, index => unreadyPod(2, { name: `new-${index}`, madeAt: ago(2) }))
const END_OF_OTHER = { reason: 'NewReplicaSetAvailable', updatedAt: ago(3), replicaSet: 'web-1' }
const LONG_AGO = { reason: 'NewReplicaSetAvailable', updatedAt: ago(60) }

suite('rollout of a Deployment', () => {
  for (const [rule, wish, state] of [
    ['has ended when its controller says so', { pods: NEW }, 'STABLE'],
    [
      'has ended although all pods crash',
      { status: { ready: 0, available: 0 }, pods: pods(3, index => unreadyPod(2, { name: `n${index}` })) },
      'STABLE'
    ],
    [
      'has ended although more pods are wanted than may be',
      { status: { desired: 5, failure: 'exceeded quota: q' }, pods: NEW },
      'STABLE'
    ],
    ['has ended although its pods have all gone', { status: NOTHING_RUNS, pods: [] }, 'STABLE'],
    ['has ended although old pods still end', { pods: [...NEW, pod(1, { terminatesAt: ago(-1) })] }, 'STABLE'],
    ['goes on until its controller says so', { status: { ...HALF, progress: UPDATING }, pods: HALFWAY }, 'ROLLING'],
    [
      'goes on while all pods are ready and none is available',
      { status: { available: 0, progress: UPDATING }, pods: NEW },
      'ROLLING'
    ],
    [
      'goes on while the quota forbids the first new pod',
      { status: { updated: 0, failure: 'exceeded quota: q', progress: CREATED }, pods: OLD },
      'ROLLING'
    ],
    ['is stuck when its controller says so', { status: { ...HALF, progress: TIMED_OUT }, pods: HALFWAY }, 'STUCK'],
    [
      'is stuck when its controller says so, though its clock is ahead',
      { status: { ...HALF, progress: { ...TIMED_OUT, updatedAt: ago(-5) } }, pods: HALFWAY },
      'STUCK'
    ],
    [
      'is stuck although it was paused since',
      { strategy: { isPaused: true }, status: { ...HALF, progress: TIMED_OUT }, pods: HALFWAY },
      'STUCK'
    ],
    [
      'is none when it was stuck, then paused, and somebody went back in the pause',
      { strategy: { isPaused: true }, status: { progress: TIMED_OUT }, pods: NEW },
      'STABLE'
    ],
    [
      'is none when such a pause has ended and its controller has not read that yet',
      { workload: { generation: 3 }, status: { progress: TIMED_OUT }, pods: NEW },
      'STABLE'
    ],
    [
      'is stuck in a pause in which not all new pods are available',
      { strategy: { isPaused: true }, status: { available: 2, progress: TIMED_OUT }, pods: NEW },
      'STUCK'
    ],
    [
      'is stuck even if no revision has the template yet',
      { status: { ...HALF, progress: TIMED_OUT }, pods: OLD, revisions: NO_NEW_REVISION },
      'STUCK'
    ],
    [
      'is none while nothing is wanted and nothing runs',
      { status: { ...NOTHING_RUNS, desired: 0, progress: TIMED_OUT }, revisions: NO_NEW_REVISION },
      'STABLE'
    ],
    [
      'goes on while nothing is wanted and something still runs',
      { status: { ...HALF, desired: 0, progress: UPDATING }, pods: HALFWAY },
      'ROLLING'
    ],
    [
      'goes on while a pod is counted of which the status does not speak',
      { status: { ...NOTHING_RUNS, desired: 0, progress: UPDATING }, pods: [pod(1)] },
      'ROLLING'
    ],

    [
      'goes on while no revision has its template',
      { status: NOTHING_RUNS, pods: OLD, revisions: NO_NEW_REVISION },
      'ROLLING'
    ],
    [
      'goes on between old and new pods of Recreate',
      { strategy: { type: 'Recreate' }, status: NOTHING_RUNS, pods: [], revisions: NO_NEW_REVISION },
      'ROLLING'
    ],
    [
      'goes on between the two when it goes back, too',
      { strategy: { type: 'Recreate' }, status: NOTHING_RUNS, pods: [pod(1, { terminatesAt: ago(-1) })] },
      'ROLLING'
    ],
    [
      'has ended with Recreate although no pod is there',
      { strategy: { type: 'Recreate' }, status: NOTHING_RUNS, pods: [] },
      'STABLE'
    ],
    [
      'has ended with Recreate although a pod of its own ends',
      { strategy: { type: 'Recreate' }, status: NOTHING_RUNS, pods: [pod(2, { terminatesAt: ago(-1) })] },
      'STABLE'
    ],
    [
      'has ended with Recreate although an old pod ends beside the new ones',
      { strategy: { type: 'Recreate' }, pods: [...NEW, pod(1, { terminatesAt: ago(-1) })] },
      'STABLE'
    ],
    [
      'has ended with Recreate although a lost pod ends for ever',
      { strategy: { type: 'Recreate' }, status: NOTHING_RUNS, pods: [pod(1, { terminatesAt: ago(1) })] },
      'STABLE'
    ],
    [
      'goes on with Recreate after it went back, where the end that is told is of what was left',
      { strategy: { type: 'Recreate' }, status: { ...UNREADY, progress: END_OF_OTHER }, pods: FIRST_UNREADY },
      'ROLLING'
    ],
    [
      'is stuck with Recreate a deadline after it went back, where the end that is told is of what was left',
      {
        strategy: { type: 'Recreate', progressDeadlineMs: MINUTE_MS },
        status: { ...UNREADY, progress: END_OF_OTHER },
        pods: FIRST_UNREADY
      },
      'STUCK'
    ],
    [
      'has ended with Recreate when what it went back to is ready, whatever end is told',
      { strategy: { type: 'Recreate' }, status: { progress: END_OF_OTHER }, pods: NEW },
      'STABLE'
    ],
    [
      'has ended by an end that is told of its own ReplicaSet, although no pod is ready any more',
      { status: { ...UNREADY, progress: { ...END_OF_OTHER, replicaSet: 'web-2' } }, pods: FIRST_UNREADY },
      'STABLE'
    ],
    [
      'begins with the counters when it goes back, whatever the reason still says',
      { status: { updated: 0 }, pods: OLD },
      'ROLLING'
    ],

    [
      'has ended although the controller has not read a change of scale',
      { status: { observedGeneration: 1, desired: 5 }, pods: NEW },
      'STABLE'
    ],
    [
      'goes on while the controller has not read a new template',
      { status: { observedGeneration: 1 }, pods: OLD, revisions: NO_NEW_REVISION },
      'ROLLING'
    ],
    [
      'goes on while it has not read that it shall go back',
      { status: { observedGeneration: 1 }, pods: OLD },
      'ROLLING'
    ],
    [
      'goes on while it has not read a change, and all pods are new',
      { status: { observedGeneration: 1, progress: UPDATING, ready: 1 }, pods: NEW },
      'ROLLING'
    ],
    [
      'is not stuck by what was said of another template',
      { status: { ...HALF, observedGeneration: 1, progress: TIMED_OUT }, pods: OLD },
      'ROLLING'
    ],

    [
      'is none while it is paused and nothing has changed',
      { strategy: { isPaused: true }, status: { progress: PAUSED }, pods: NEW },
      'STABLE'
    ],
    [
      'goes on while it is paused halfway',
      { strategy: { isPaused: true }, status: { ...HALF, progress: PAUSED }, pods: HALFWAY },
      'ROLLING'
    ],
    [
      'is stuck when it is paused halfway for too long',
      {
        strategy: { isPaused: true },
        status: { ...HALF, progress: { ...PAUSED, updatedAt: ago(10) } },
        pods: [...OLD, pod(2)]
      },
      'STUCK'
    ],
    [
      'is not stuck before the pause has lasted so long',
      {
        strategy: { isPaused: true },
        status: { ...HALF, progress: { ...PAUSED, updatedAt: ago(9.9) } },
        pods: [...OLD, pod(2)]
      },
      'ROLLING'
    ],
    [
      'is not stuck while a pod got ready in the pause',
      {
        strategy: { isPaused: true },
        status: { ...HALF, progress: { ...PAUSED, updatedAt: ago(60) } },
        pods: [...OLD, pod(2, { madeAt: ago(5) })]
      },
      'ROLLING'
    ],
    [
      'goes on while it is paused with no pod of the first revision',
      { strategy: { isPaused: true }, status: { ...NOTHING_RUNS, progress: PAUSED }, pods: [] },
      'ROLLING'
    ],
    [
      'goes on while it is paused and old pods are seen',
      { strategy: { isPaused: true }, status: { progress: PAUSED }, pods: OLD },
      'ROLLING'
    ],
    [
      'is as paused as its controller still believes',
      { status: { ...HALF, progress: { ...PAUSED, updatedAt: ago(9) } }, pods: [...OLD, pod(2)] },
      'ROLLING'
    ],
    [
      'is paused as soon as it is said',
      { strategy: { isPaused: true }, status: { ...HALF, progress: UPDATING }, pods: HALFWAY },
      'ROLLING'
    ],

    [
      'is stuck when its controller is silent for a minute longer than its deadline',
      { status: { ...HALF, progress: { ...UPDATING, updatedAt: ago(11) } }, pods: HALFWAY },
      'STUCK'
    ],
    [
      'is not stuck before that minute is over',
      { status: { ...HALF, progress: { ...UPDATING, updatedAt: ago(10.9) } }, pods: HALFWAY },
      'ROLLING'
    ],
    [
      'is not stuck where the controller gives no time',
      { status: { ...HALF, progress: { ...UPDATING, updatedAt: null } }, pods: HALFWAY },
      'ROLLING'
    ],
    [
      'is stuck when no ReplicaSet can be made for so long',
      {
        status: { updated: 0, progress: { reason: 'ReplicaSetCreateError', updatedAt: ago(11) } },
        pods: OLD,
        revisions: NO_NEW_REVISION
      },
      'STUCK'
    ],
    [
      'is stuck when going back makes no pod for the deadline',
      { status: { updated: 1, replicas: 4 }, pods: [...OLD, unreadyPod(2, { madeAt: ago(10) })] },
      'STUCK'
    ],
    [
      'is not stuck before, when it goes back',
      { status: { updated: 1, replicas: 4 }, pods: [...OLD, unreadyPod(2, { madeAt: ago(9) })] },
      'ROLLING'
    ]
  ] as readonly (readonly [string, Wish, string])[]) {
    test(rule, () => {
      const { status, message } = judge(wish)
      assert.equal(status, state, message)
    })
  }
})

suite('rollout of a Deployment whose controller keeps no deadline', () => {
  const strategy = { progressDeadlineMs: null }
  const status = { progress: null }
  const stuck = [...OLD, unreadyPod(2, { madeAt: ago(10) })]
  for (const [rule, wish, state] of [
    ['has ended when all pods are new and were ready', { status, pods: NEW }, 'STABLE'],
    [
      'has ended although they crash since',
      {
        status,
        pods: pods(3, index =>
          pod(2, { name: `n${index}`, isReady: false, readyChangedAt: ago(1), notReadyReason: 'ContainersNotReady' })
        )
      },
      'STABLE'
    ],
    ['goes on while old pods run', { status: { ...status, ...HALF }, pods: HALFWAY }, 'ROLLING'],
    ['is stuck when nothing moves for the deadline', { status: { ...status, ...HALF }, pods: stuck }, 'STUCK'],
    [
      'has ended although scaling makes pods that find no node',
      { status: { ...status, desired: 5 }, pods: [...NEW, unreadyPod(2, { madeAt: ago(45) })] },
      'STABLE'
    ],
    ['has ended although the quota forbids more', { status: { ...status, desired: 5 }, pods: NEW }, 'STABLE'],
    [
      'goes on while pods are missing that may still come',
      { status: { ...status, desired: 5 }, pods: pods(3, index => pod(2, { name: `n${index}`, madeAt: ago(5) })) },
      'ROLLING'
    ],
    ['goes on before a pod is there', { status: { ...status, ...NOTHING_RUNS }, pods: [] }, 'ROLLING'],
    [
      'counts its own deadline from the pause',
      { strategy: { ...strategy, isPaused: true }, status: { ...status, ...HALF }, pods: stuck },
      'STUCK'
    ]
  ] as readonly (readonly [string, Wish, string])[]) {
    test(rule, () => {
      const { status, message } = judge({ strategy, ...wish })
      assert.equal(status, state, message)
    })
  }
})

suite('a deadline that the target names', () => {
  const target = { rolloutDeadlineMs: 30 * MINUTE_MS }
  const rolling = { status: { ...HALF, progress: UPDATING }, pods: HALFWAY }
  for (const [rule, wish, state] of [
    ['wins over what the controller has found', { status: { ...HALF, progress: TIMED_OUT }, pods: HALFWAY }, 'ROLLING'],
    [
      'counts from the last progress, before the controller found it',
      {
        status: { ...HALF, progress: { ...TIMED_OUT, updatedAt: ago(20) } },
        pods: [...OLD, unreadyPod(2, { madeAt: ago(30) })]
      },
      'STUCK'
    ],
    [
      'counts from a pod that got ready since',
      {
        status: { ...HALF, progress: { ...TIMED_OUT, updatedAt: ago(20) } },
        pods: [...OLD, pod(2, { madeAt: ago(15) })]
      },
      'ROLLING'
    ],
    [
      'wins over a shorter one of the workload',
      { status: { ...HALF, progress: { ...UPDATING, updatedAt: ago(29) } }, pods: OLD },
      'ROLLING'
    ],
    [
      'is over for the one that is exceeded',
      { status: { ...HALF, progress: { ...UPDATING, updatedAt: ago(30) } }, pods: OLD },
      'STUCK'
    ],
    [
      'holds for a pause',
      {
        strategy: { isPaused: true },
        status: { ...HALF, progress: { ...PAUSED, updatedAt: ago(29) } },
        pods: [...OLD, pod(2)]
      },
      'ROLLING'
    ],
    [
      'holds where the controller keeps none',
      {
        strategy: { progressDeadlineMs: null },
        status: { ...HALF, progress: null },
        pods: [...OLD, unreadyPod(2, { madeAt: ago(29) })]
      },
      'ROLLING'
    ]
  ] as readonly (readonly [string, Wish, string])[]) {
    test(rule, () => {
      const { status, message } = judge({ target, ...wish })
      assert.equal(status, state, message)
    })
  }

  test('may be shorter than that of the workload', () => {
    assert.equal(judge({ ...rolling, target: { rolloutDeadlineMs: MINUTE_MS } }).status, 'STUCK')
  })
})

suite('a Deployment that is followed', () => {
  const behind = { status: { observedGeneration: 1 }, pods: OLD, revisions: NO_NEW_REVISION }

  test('is stuck when its controller never reads a change', () => {
    const findings = follow(
      behind,
      { ...behind, now: NOW + 10 * MINUTE_MS - 1 },
      { ...behind, now: NOW + 10 * MINUTE_MS }
    )
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['ROLLING', 'ROLLING', 'STUCK']
    )
  })

  test('is not unread by a change of scale once its template was read', () => {
    const rolling = { status: { ...HALF, progress: UPDATING }, pods: HALFWAY }
    const scaled = { ...rolling, status: { ...rolling.status, observedGeneration: 1, desired: 9 } }
    const [, finding] = follow(rolling, scaled)
    assert.doesNotMatch(finding?.message ?? '', /not read/)
    const [, stuck] = follow(
      { ...rolling, status: { ...HALF, progress: TIMED_OUT } },
      { ...scaled, status: { ...scaled.status, progress: TIMED_OUT } }
    )
    assert.equal(stuck?.status, 'STUCK')
  })

  test('stays stable through a pause and its end, whatever the reason says meanwhile', () => {
    const resumed = { progress: { reason: 'DeploymentResumed', updatedAt: NOW } }
    const findings = follow(
      { pods: NEW },
      { strategy: { isPaused: true }, status: { progress: PAUSED }, pods: NEW },
      { status: resumed, pods: NEW },
      { status: { progress: { ...LONG_AGO, updatedAt: NOW } }, pods: NEW }
    )
    assert.deepEqual(
      findings.map(({ status, evidence }) => [status, evidence.completedAt]),
      Array(4).fill(['STABLE', ago(60)])
    )
  })

  for (const [rule, changes] of [
    ['its controller keeps no deadline', { strategy: { progressDeadlineMs: null }, status: { progress: null } }],
    ['it is paused', { strategy: { isPaused: true }, status: { progress: PAUSED } }]
  ] as const) {
    test(`keeps the time of its end when its only pod is made again, though ${rule}`, () => {
      const one = { desired: 1, replicas: 1, updated: 1, ready: 1, available: 1 }
      const gone = { replicas: 0, updated: 0, ready: 0, available: 0 }
      const step = (status: Wish['status'], pods: readonly Pod[]): Wish => ({
        ...changes,
        status: { ...one, ...changes.status, ...status },
        pods
      })
      const findings = follow(
        { ...step({}, [pod(2)]), strategy: { ...changes.strategy, isPaused: false }, status: one },
        step({}, [pod(2)]),
        step(gone, []),
        { ...step({}, [pod(2, { madeAt: NOW })]), now: NOW + 2 * MINUTE_MS }
      )
      assert.deepEqual(
        findings.map(({ status, evidence }) => [status, evidence.completedAt]),
        Array(4).fill(['STABLE', ago(60)])
      )
    })
  }

  test('makes no end of the end of a pause in which the guard came and saw no pods', () => {
    const resumed = { progress: { reason: 'DeploymentResumed', updatedAt: NOW } }
    const told = { status: { progress: { ...LONG_AGO, updatedAt: NOW } }, pods: null }
    const findings = follow(
      { strategy: { isPaused: true }, status: { progress: PAUSED }, pods: null },
      { status: resumed, pods: null },
      told,
      told
    )
    assert.deepEqual(
      findings.map(({ status, evidence }) => [status, evidence.completedAt]),
      Array(4).fill(['STABLE', null])
    )
  })

  test('goes on after the end of a pause for the whole deadline', () => {
    const strategy = { progressDeadlineMs: null }
    const status = { ...HALF, progress: null }
    const halfway = [...OLD, unreadyPod(2, { madeAt: ago(60) })]
    const paused = { strategy: { ...strategy, isPaused: true }, status, pods: halfway }
    const going = { strategy, status, pods: halfway }
    const findings = follow(
      paused,
      going,
      { ...going, now: NOW + 9 * MINUTE_MS },
      { ...going, now: NOW + 10 * MINUTE_MS }
    )
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['STUCK', 'ROLLING', 'ROLLING', 'STUCK']
    )
  })

  test('waits for our own deadline, not its own, when its template changes in a pause', () => {
    const strategy = { isPaused: true, progressDeadlineMs: 2 * MINUTE_MS, minReadyMs: MINUTE_MS }
    const before = { workload: { templateId: 'v1' }, strategy, status: { progress: PAUSED }, pods: OLD }
    const changed = { strategy, status: { updated: 0, progress: PAUSED }, pods: OLD, revisions: NO_NEW_REVISION }
    const findings = follow(
      before,
      changed,
      { ...changed, now: NOW + 9.9 * MINUTE_MS },
      { ...changed, now: NOW + 10 * MINUTE_MS }
    )
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['STABLE', 'ROLLING', 'ROLLING', 'STUCK']
    )
  })

  test('is stuck when it goes back and no pod can be made before the guard’s eyes', () => {
    const back = {
      workload: { templateId: 'v1' },
      status: { updated: 0 },
      pods: pods(3, index => pod(2, { name: `n${index}` }))
    }
    const findings = follow(
      { pods: NEW },
      back,
      { ...back, now: NOW + 9 * MINUTE_MS },
      { ...back, now: NOW + 10 * MINUTE_MS }
    )
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['STABLE', 'ROLLING', 'ROLLING', 'STUCK']
    )
  })

  // The controller moves neither reason nor time where no moment has pods of two ReplicaSets.
  const back = (changes: Wish): Wish => ({ workload: { templateId: 'v1', generation: 3 }, ...changes })
  const unread = back({ pods: NEW })
  const gap = back({ status: { ...NOTHING_RUNS, observedGeneration: 3 }, pods: [] })
  const hung = back({
    status: { observedGeneration: 3, ready: 0, available: 0 },
    pods: pods(3, index => unreadyPod(1, { name: `back-${index}`, madeAt: NOW }))
  })
  const good = back({
    status: { observedGeneration: 3 },
    pods: pods(3, index => pod(1, { name: `back-${index}`, madeAt: NOW }))
  })
  for (const [sight, blind] of [
    ['its pods', {}],
    ['its counters', { pods: null }]
  ] as const) {
    test(`is stuck by ${sight} when what it goes back to never gets ready, whatever end it still tells`, () => {
      const steps = [{ pods: NEW }, unread, gap, hung, { ...hung, now: NOW + 10 * MINUTE_MS }]
      const findings = follow(...steps.map(step => ({ ...step, ...blind })))
      assert.deepEqual(
        findings.map(({ status, evidence }) => [status, evidence.completedAt]),
        [['STABLE', ago(60)], ...Array(3).fill(['ROLLING', null]), ['STUCK', null]]
      )
    })

    test(`ends anew by ${sight} when it has gone back, not at the end of what it left`, () => {
      const now = NOW + 2 * MINUTE_MS
      const crashed = { ...hung, now: NOW + 60 * MINUTE_MS }
      const steps = [{ pods: NEW }, gap, hung, { ...good, now }, crashed]
      const findings = follow(...steps.map(step => ({ ...step, ...blind })))
      const end = 'pods' in blind ? now : NOW + MINUTE_MS
      assert.deepEqual(
        findings.map(({ status, evidence }) => [status, evidence.completedAt]),
        [
          ['STABLE', ago(60)],
          ['ROLLING', null],
          ['ROLLING', null],
          ['STABLE', end],
          ['STABLE', end]
        ]
      )
    })
  }

  test('takes back the end of what was left, when revisions are read later than workloads', () => {
    const recreated: Wish = { strategy: { type: 'Recreate' }, status: { ...UNREADY, progress: END_OF_OTHER } }
    const findings = follow({ ...recreated, pods: null }, { ...recreated, pods: FIRST_UNREADY })
    assert.deepEqual(
      findings.map(({ status, evidence }) => [status, evidence.completedAt]),
      [
        ['STABLE', END_OF_OTHER.updatedAt],
        ['ROLLING', null]
      ]
    )
  })

  test('has not ended by an end that was reported before its controller read the change', () => {
    const endedLate = { progress: { ...LONG_AGO, updatedAt: NOW } }
    const after = (wish: Wish): Wish => ({ ...wish, status: { ...wish.status, ...endedLate } })
    const going = { status: { ...HALF, progress: UPDATING }, pods: HALFWAY }
    const changed = back({ status: { ...HALF, progress: UPDATING }, pods: HALFWAY })
    const findings = follow(going, changed, after(unread), after(gap), after(hung))
    assert.deepEqual(
      findings.map(({ status, evidence }) => [status, evidence.completedAt]),
      Array(5).fill(['ROLLING', null])
    )
  })

  test('has ended by an end that is told at the first look after its controller read it, though it crashed since', () => {
    const told = { progress: { ...LONG_AGO, updatedAt: NOW + MINUTE_MS } }
    const crashed = { ...hung, status: { ...hung.status, ...told }, now: NOW + 2 * MINUTE_MS }
    const findings = follow({ pods: NEW }, unread, crashed)
    assert.deepEqual(
      findings.map(({ status, evidence }) => [status, evidence.completedAt]),
      [
        ['STABLE', ago(60)],
        ['ROLLING', null],
        ['STABLE', NOW + MINUTE_MS]
      ]
    )
  })

  test('may have ended by an end that was reported before its controller read the change, if the guard came later', () => {
    const findings = follow(unread, unread, good)
    assert.deepEqual(
      findings.map(({ status, evidence }) => [status, evidence.completedAt]),
      [
        ['ROLLING', null],
        ['ROLLING', null],
        ['STABLE', ago(60)]
      ]
    )
  })

  test('has not ended by the end before it where a pause had moved that, either', () => {
    const resumed = { progress: { ...LONG_AGO, updatedAt: ago(5) } }
    const after = (wish: Wish): Wish => ({ ...wish, status: { ...wish.status, ...resumed } })
    const findings = follow({ pods: NEW }, after({ pods: NEW }), after(gap), after(hung))
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['STABLE', 'STABLE', 'ROLLING', 'ROLLING']
    )
  })

  test('is not proved by a time at nothing where its controller tells no end', () => {
    const strategy = { progressDeadlineMs: null }
    const status = { ready: 0, available: 0, progress: null }
    const bad = { strategy, status, pods: pods(3, index => unreadyPod(2, { name: `n${index}`, madeAt: NOW })) }
    const nothing = { strategy, status: { ...NOTHING_RUNS, desired: 0, progress: null }, pods: [] }
    const before = { workload: { templateId: 'v1' }, strategy, status: { progress: null }, pods: OLD }
    const findings = follow(before, bad, nothing, bad, { ...bad, now: NOW + 10 * MINUTE_MS })
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['STABLE', 'ROLLING', 'STABLE', 'ROLLING', 'STUCK']
    )
  })

  for (const [sight, blind] of [
    ['its pods', {}],
    ['its counters', { pods: null }]
  ] as const) {
    test(`is not proved by ${sight} where its controller tells an end at nothing`, () => {
      const toldAtNothing = { progress: { reason: 'NewReplicaSetAvailable', updatedAt: ago(30) } }
      const nothing = { ...NOTHING_RUNS, desired: 0 }
      const came = { status: nothing, pods: [] }
      const told = { status: { ...nothing, ...toldAtNothing }, pods: [] }
      const back = (make: typeof pod) => pods(3, index => make(2, { name: `back-${index}`, madeAt: NOW }))
      const bad = { status: { ...toldAtNothing, ready: 0, available: 0 }, pods: back(unreadyPod) }
      const good = { status: toldAtNothing, pods: back(pod), now: NOW + 11 * MINUTE_MS }
      const before = { workload: { templateId: 'v1' }, status: nothing, pods: [] }
      const steps = [before, came, told, bad, { ...bad, now: NOW + 10 * MINUTE_MS }, good]
      const findings = follow(...steps.map(step => ({ ...step, ...blind })))
      const end = 'pods' in blind ? good.now : NOW + MINUTE_MS
      assert.deepEqual(
        findings.map(({ status, evidence }) => [status, evidence.completedAt]),
        [...Array(3).fill(['STABLE', null]), ['ROLLING', null], ['STUCK', null], ['STABLE', end]]
      )
    })
  }

  test('is not proved by an end that was told at nothing and first seen when its pods had come', () => {
    const before = { workload: { templateId: 'v1' }, status: { ...NOTHING_RUNS, desired: 0 }, pods: [] }
    const bad = pods(3, index => unreadyPod(2, { name: `n${index}`, madeAt: NOW }))
    const progress = { reason: 'NewReplicaSetAvailable', updatedAt: ago(1) }
    const [, back] = follow(before, { status: { progress, ready: 0, available: 0 }, pods: bad })
    assert.equal(back?.status, 'ROLLING')
  })

  test('has not ended by the end before it, once it was seen to go on', () => {
    const noPods = { status: { ...NOTHING_RUNS, desired: 3 }, pods: null }
    const [gap, creating] = follow(noPods, {
      status: { ...NOTHING_RUNS, replicas: 3, updated: 3, desired: 3, progress: CREATED },
      pods: null
    })
    assert.deepEqual([gap?.status, gap?.evidence.completedAt, creating?.status], ['STABLE', null, 'ROLLING'])
  })
})
