import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { RolloutFinding } from '../../../src/domain/finding.ts'
import { seen, unseen } from '../../../src/domain/observation.ts'
import { createRolloutGuard } from '../../../src/guards/rollout/rollout.ts'
import { aPod, aTarget, aWorkload, theFacts } from '../../support/facts.ts'
import { ago, follow, judge, MINUTE_MS, NOW, pod, pods, revision, unreadyPod, type Wish } from './a-rollout.ts'

const LATE = { reason: 'ProgressDeadlineExceeded', updatedAt: ago(1) }
const UPDATING = { reason: 'ReplicaSetUpdated', updatedAt: ago(1) }
const HALF = { updated: 1, replicas: 4, progress: UPDATING }
const PODS = [pod(1, { name: 'old-1' }), unreadyPod(2, { name: 'web-new', madeAt: ago(2) })]

suite('what the rollout guard says', () => {
  const differ = ['x:1', 'x:2', 'x:2'].map((image, index) => pod(2, { name: `web-${index}`, containers: [{ image }] }))
  const digests = ['a', 'b'].map(digit =>
    pod(2, { name: digit, containers: [{ digest: `sha256:${digit.repeat(64)}` }] })
  )
  for (const [rule, wish, message, severity] of [
    ['of what is well', { pods: [pod(2)] }, 'No rollout is under way', 'ok'],
    [
      'of why pods are missing, though no rollout is under way',
      { status: { ready: 0, available: 0, failure: 'exceeded quota: q' }, pods: [] },
      'No rollout is under way; pods cannot be created: exceeded quota: q',
      'ok'
    ],
    [
      'of what goes on',
      { status: HALF, pods: PODS },
      'Rollout under way: 1 of 3 pods updated, web-new: CrashLoopBackOff',
      'info'
    ],
    [
      'of what is stuck',
      { status: { ...HALF, progress: LATE }, pods: PODS },
      'Rollout is stuck: 1 of 3 pods updated, progress deadline exceeded, web-new: CrashLoopBackOff',
      'warning'
    ],
    [
      'of a quota',
      { status: { ...HALF, updated: 0, failure: 'exceeded quota: q' }, pods: [] },
      'Rollout under way: 0 of 3 pods updated, exceeded quota: q',
      'info'
    ],
    [
      'of a webhook, whose reason comes last',
      { status: { ...HALF, updated: 0, failure: `${'x'.repeat(200)}: no\u0007 signature` }, pods: [] },
      `Rollout under way: 0 of 3 pods updated, ${'x'.repeat(200)}: no\ufffd signature`,
      'info'
    ],
    ...(['StatefulSet', 'DaemonSet'] as const).map(kind => [
      `of a pod of a ${kind} that does not end, before those that are next`,
      {
        kind,
        status: { updated: 0, ready: 1 },
        pods: [pod(1, { name: 'web-0' }), pod(1, { name: 'web-1', terminatesAt: ago(60) })],
        target: { rolloutDeadlineMs: 0 }
      },
      'Rollout is stuck: 0 of 3 pods updated, web-1: Terminating',
      'warning'
    ]),
    [
      'of an old pod of Recreate that does not end',
      {
        strategy: { type: 'Recreate' },
        status: { replicas: 0, updated: 0, ready: 0, available: 0 },
        pods: [pod(1, { name: 'web-old', terminatesAt: ago(60) })],
        revisions: [revision(1)],
        target: { rolloutDeadlineMs: 0 }
      },
      'Rollout is stuck: 0 of 3 pods updated, the controller has made no revision of this template yet, web-old: Terminating',
      'warning'
    ],
    [
      'of new pods of Recreate, whatever old ones still end',
      {
        strategy: { type: 'Recreate' },
        status: { ...HALF, replicas: 1 },
        pods: [pod(2, { madeAt: ago(1) }), pod(1, { terminatesAt: ago(-1) })]
      },
      'Rollout under way: 1 of 3 pods updated',
      'info'
    ],
    [
      'of a pause',
      {
        strategy: { isPaused: true },
        status: { ...HALF, progress: { ...UPDATING, reason: 'DeploymentPaused' } },
        pods: []
      },
      'Rollout under way: 1 of 3 pods updated, paused',
      'info'
    ],
    [
      'of old pods',
      { status: { ...HALF, updated: 3, replicas: 4 }, pods: [] },
      'Rollout under way: 1 old pod still runs',
      'info'
    ],
    [
      'of several old pods',
      { status: { ...HALF, updated: 3, replicas: 5 }, pods: [] },
      'Rollout under way: 2 old pods still run',
      'info'
    ],
    [
      'of pods that are not ready',
      { status: { ...HALF, updated: 3, replicas: 3, ready: 2 }, pods: [] },
      'Rollout under way: 2 of 3 updated pods ready',
      'info'
    ],
    [
      'of pods that are not available',
      { status: { ...HALF, updated: 3, replicas: 3, available: 2 }, pods: [] },
      'Rollout under way: 2 of 3 updated pods available',
      'info'
    ],
    [
      'of what it cannot count',
      { status: { ...HALF, updated: 3, replicas: 3 }, pods: [] },
      'Rollout under way',
      'info'
    ],
    [
      'of a change that is not read',
      { status: { observedGeneration: 1 }, pods: [], revisions: [revision(1)] },
      'Rollout under way: 0 of 3 pods updated, the controller has not read the change yet',
      'info'
    ],
    [
      'of a change that is not read, by pods',
      { status: { observedGeneration: 1 }, pods: [pod(1), pod(2)] },
      'Rollout under way: 1 of 3 pods updated, the controller has not read the change yet',
      'info'
    ],
    [
      'of a template without a revision',
      { pods: [pod(1)], revisions: [revision(1)] },
      'Rollout under way: 0 of 3 pods updated, the controller has made no revision of this template yet',
      'info'
    ],
    [
      'of counters alone, and since when it watches them',
      { kind: 'StatefulSet', status: { updated: 1 }, pods: null, target: { rolloutDeadlineMs: 0 } },
      'Rollout is stuck: 1 of 3 pods updated, no counter has moved since 2026-11-03 03:04:05 UTC as this guard saw it',
      'warning'
    ],
    [
      'of a pod that is not made',
      {
        kind: 'StatefulSet',
        status: { replicas: 2, updated: 2, ready: 2, available: 2 },
        pods: [pod(2, { name: 'web-0' }), pod(2, { name: 'web-1' })]
      },
      'Rollout is stuck: 2 of 3 pods updated, 1 pod is not created: the events of the StatefulSet say why',
      'warning'
    ],
    [
      'of pods that are not made',
      {
        kind: 'DaemonSet',
        status: { replicas: 1, updated: 0, ready: 1, available: 1 },
        pods: [pod(1)],
        target: { rolloutDeadlineMs: 0 }
      },
      'Rollout is stuck: 0 of 3 pods updated, 2 pods are not created: the events of the DaemonSet say why',
      'warning'
    ],
    [
      'of a pod that is not made before another one is ready',
      {
        kind: 'StatefulSet',
        status: { replicas: 1, updated: 1, ready: 0, available: 0 },
        pods: [unreadyPod(2, { name: 'web-0', madeAt: ago(60) })]
      },
      'Rollout is stuck: 1 of 3 pods updated, web-0: CrashLoopBackOff',
      'warning'
    ],
    [
      'of a StatefulSet by its pods',
      {
        kind: 'StatefulSet',
        strategy: { partition: 1 },
        status: { updated: 9 },
        pods: [pod(1, { name: 'web-0' }), pod(1, { name: 'web-1' }), pod(2, { name: 'web-2', madeAt: ago(1) })]
      },
      'Rollout under way: 1 of 2 pods updated',
      'info'
    ],
    [
      'of a partition above which a pod is not ready',
      {
        kind: 'StatefulSet',
        strategy: { partition: 2 },
        pods: [pod(1, { name: 'web-0' }), pod(1, { name: 'web-1' }), unreadyPod(2, { name: 'web-2', madeAt: ago(1) })]
      },
      'Rollout under way: 0 of 1 updated pods ready, web-2: CrashLoopBackOff',
      'info'
    ],
    [
      'of a partition',
      {
        kind: 'StatefulSet',
        strategy: { partition: 2 },
        pods: [pod(1, { name: 'web-0' }), pod(1, { name: 'web-1' }), pod(2, { name: 'web-2' })]
      },
      'Pods differ: 2 images run in container app: ghcr.io/shop/web:v1 (2), ghcr.io/shop/web:v2 (1), held by its partition',
      'info'
    ],
    [
      'of a partition above all pods',
      { kind: 'StatefulSet', strategy: { partition: 3 }, pods: [pod(1, { name: 'web-0' })] },
      'No rollout is under way, held by its partition',
      'ok'
    ],
    [
      'of OnDelete',
      { kind: 'DaemonSet', strategy: { type: 'OnDelete' }, pods: [pod(1)] },
      'No rollout is under way, pods are replaced when somebody deletes them (OnDelete)',
      'ok'
    ],
    [
      'of pods that differ',
      { pods: differ },
      'Pods differ: 2 images run in container app: x:2 (2), x:1 (1)',
      'warning'
    ],
    [
      'of digests that differ',
      { pods: digests },
      'Pods differ: 2 digests of ghcr.io/shop/web:v2 run in container app; the same content under two indexes looks like this too; only the registry can tell',
      'warning'
    ]
  ] as readonly (readonly [string, Wish, string, string])[]) {
    test(rule, () => {
      const finding = judge(wish)
      assert.deepEqual([finding.message, finding.severity], [message, severity])
    })
  }

  test('names no string from outside at more length than is shown', () => {
    const long = 'x'.repeat(1000)
    const pods = [
      unreadyPod(2, {
        name: long,
        node: long,
        notReadyReason: long,
        containers: [{ waitingReason: long, image: long }]
      })
    ]
    const { message, evidence } = judge({ status: HALF, pods })
    assert.ok(message.length < 600, message)
    assert.ok(JSON.stringify(evidence.awaitedPods).length < 600)
  })
})

suite('the rollout guard', () => {
  const guard = createRolloutGuard(10 * MINUTE_MS)

  test('has five states, worst first, and draws on optional facts', () => {
    assert.deepEqual(guard.statuses, ['STUCK', 'MIXED', 'UNKNOWN', 'ROLLING', 'STABLE'])
    assert.equal(guard.name, 'rollout')
  })

  suite('of containers on a Docker host', () => {
    const target = aTarget({ workload: { kind: 'Container', name: 'web' } })
    const judgeContainers = (
      madeAt: readonly number[],
      images: readonly string[],
      earlier: readonly RolloutFinding[] = [],
      of = target
    ) => {
      const replicas = images.map((image, index) =>
        aPod({
          name: `web-${index + 1}`,
          createdAt: madeAt[index] ?? 0,
          containers: [{ name: 'web', image, digest: '' }]
        })
      )
      const workload = aWorkload({ kind: 'Container', name: 'web', containers: [{ name: 'web', image: 'web:v2' }] })
      return guard.judge(of, theFacts({ workload: seen(workload), pods: seen(replicas) }), {
        now: NOW,
        earlier
      })
    }

    test('says nothing where they run one image, or are not seen: nothing is rolled out there', () => {
      for (const facts of [theFacts(), theFacts({ workload: unseen('never_read', '') })]) {
        assert.deepEqual(guard.judge(target, facts, { now: NOW, earlier: [] }), [])
      }
      assert.deepEqual(judgeContainers([ago(90), ago(1)], ['web:v2', 'web:v2']), [])
    })

    test('takes different images for a replacement under way until the deadline is over', () => {
      const [finding] = judgeContainers([ago(90), ago(9)], ['web:v1', 'web:v2'])
      assert.deepEqual(
        [finding?.status, finding?.severity, finding?.message, finding?.validUntil],
        [
          'ROLLING',
          'info',
          'Containers are being replaced: 2 images run in container web: web:v1 (1), web:v2 (1)',
          ago(-1)
        ]
      )
    })

    test('finds them MIXED after that', () => {
      const [finding] = judgeContainers([ago(90), ago(10)], ['web:v1', 'web:v2'])
      assert.deepEqual(
        [finding?.status, finding?.severity, finding?.message, finding?.validUntil],
        [
          'MIXED',
          'warning',
          'Containers differ: 2 images run in container web: web:v1 (1), web:v2 (1)',
          Number.POSITIVE_INFINITY
        ]
      )
    })

    test('counts from when they began to differ, though one that crashes is made again and again', () => {
      const [first] = judgeContainers([ago(90), ago(9)], ['web:v1', 'web:v2'])
      assert.ok(first !== undefined)
      const earlier = [{ ...first, guard: 'rollout' as const, since: ago(9), isSinceStart: false }]
      const [later] = judgeContainers([ago(90), ago(1)], ['web:v1', 'web:v2'], earlier)
      assert.deepEqual([later?.status, later?.validUntil], ['ROLLING', ago(-1)])
      const tooLong = [{ ...earlier[0], evidence: { ...first.evidence, startedAt: ago(10) } } as RolloutFinding]
      const [last] = judgeContainers([ago(90), ago(0)], ['web:v1', 'web:v2'], tooLong)
      assert.equal(last?.status, 'MIXED')
    })

    test('lets a label give them another deadline', () => {
      const slow = { ...target, rolloutDeadlineMs: 30 * 60_000 }
      const [finding] = judgeContainers([ago(90), ago(29)], ['web:v1', 'web:v2'], [], slow)
      assert.deepEqual([finding?.status, finding?.validUntil], ['ROLLING', ago(-1)])
    })
  })

  for (const [rule, reason] of [
    ['is not there', 'not_found'],
    ['cannot be read', 'unreadable'],
    ['was never read', 'never_read']
  ] as const) {
    test(`knows nothing of a workload that ${rule}`, () => {
      const facts = theFacts({ workload: unseen(reason, 'words of the source') })
      const [finding] = guard.judge(aTarget(), facts, { now: NOW, earlier: [] })
      assert.deepEqual(
        [finding?.status, finding?.severity, finding?.message, finding?.validUntil, finding?.part],
        ['UNKNOWN', 'unknown', 'Rollout unknown: words of the source', Number.POSITIVE_INFINITY, '']
      )
      assert.deepEqual(
        [finding?.evidence.startedAt, finding?.evidence.completedAt, finding?.evidence.wayBack.command],
        [null, null, '']
      )
    })
  }

  test('knows nothing of a workload without a status', () => {
    const finding = judge({ workload: { status: unseen('no_status', 'Deployment web has no status') } })
    assert.deepEqual([finding.status, finding.message], ['UNKNOWN', 'Rollout unknown: Deployment web has no status'])
  })

  test('remembers a workload while it cannot be seen, and forgets one that is gone', () => {
    const earlier = judge({ pods: [pod(2)] })
    const memoryAfter = (reason: 'not_found' | 'never_read' | 'unreadable') => {
      const facts = theFacts({ workload: unseen(reason, '') })
      return guard.judge(aTarget(), facts, { now: NOW, earlier: [earlier] })[0]?.evidence
    }
    for (const reason of ['never_read', 'unreadable'] as const) {
      assert.deepEqual([memoryAfter(reason)?.templateId, memoryAfter(reason)?.memory], ['v2', earlier.evidence.memory])
    }
    assert.deepEqual([memoryAfter('not_found')?.templateId, memoryAfter('not_found')?.memory.phase], ['', 'unknown'])
  })

  test('remembers a workload that was not made again', () => {
    const wish: Wish = { workload: { uid: 'first' }, pods: [pod(2)] }
    const [first, later] = follow(wish, { ...wish, now: NOW + MINUTE_MS })
    assert.equal(later?.evidence.memory.firstSeenAt, first?.evidence.memory.firstSeenAt)
  })

  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet'] as const) {
    test(`takes a ${kind} that was made again at once, of the same template, for another one`, () => {
      const status = {
        observedGeneration: 1,
        ready: 0,
        available: 0,
        ...(kind === 'Deployment' && { progress: { reason: 'ReplicaSetUpdated', updatedAt: ago(1) } }),
        ...(kind === 'StatefulSet' && { currentRevision: 'web-2', updateRevision: 'web-2' })
      }
      const madeAgain: Wish = {
        kind,
        workload: { uid: 'second', generation: 1 },
        status,
        pods: pods(3, () => unreadyPod(2, { madeAt: ago(1) })),
        revisions: [revision(2, { number: 1, createdAt: ago(1) })]
      }
      const well: Wish = { kind, workload: { uid: 'first' }, pods: pods(3, () => pod(2)) }
      const findings = follow(well, madeAgain, { ...madeAgain, now: NOW + 20 * MINUTE_MS })
      assert.deepEqual(
        findings.map(({ status }) => status),
        ['STABLE', 'ROLLING', 'STUCK']
      )
      assert.equal(findings[1]?.evidence.startedAt, ago(1))
    })
  }

  test('takes a workload that appears for no new release', () => {
    const [finding] = guard.judge(aTarget(), theFacts({ workload: unseen('never_read', '') }), {
      now: NOW,
      earlier: []
    })
    assert.ok(finding)
    const earlier = { ...finding, guard: 'rollout', since: NOW, isSinceStart: true } as const
    assert.equal(judge({ pods: null }, { earlier }).evidence.memory.isNew, false)
  })

  test('passes over what it found of another part', () => {
    const earlier = { ...judge({ workload: { templateId: 'v1' }, pods: null }), part: 'container/app' }
    assert.equal(judge({ pods: null }, { earlier }).evidence.memory.isNew, false)
  })

  test('says when time alone will change what it says', () => {
    const rolling = judge({
      kind: 'StatefulSet',
      pods: [pod(1, { name: 'web-0' }), unreadyPod(2, { name: 'web-1', madeAt: ago(4) })]
    })
    assert.deepEqual([rolling.validUntil, rolling.evidence.stuckAt], [ago(-6), ago(-6)])
    const stuck = judge({ kind: 'StatefulSet', pods: [pod(1, { name: 'web-0' }), unreadyPod(2, { name: 'web-1' })] })
    assert.deepEqual([stuck.validUntil, stuck.evidence.stuckAt], [Number.POSITIVE_INFINITY, null])
    const stable = judge({ pods: [pod(2)] })
    assert.deepEqual([stable.validUntil, stable.evidence.stuckAt], [Number.POSITIVE_INFINITY, null])
    assert.equal(
      judge({ pods: [pod(2), pod(1, { terminatesAt: ago(-1) }), pod(1, { name: 'b', terminatesAt: ago(1) })] })
        .validUntil,
      ago(-2)
    )
  })

  for (const [rule, steps] of [
    ['began', [{ status: { updated: 0 } }]],
    ['moved on', [{ now: ago(5), status: { updated: 0 } }, { status: { updated: 1 } }]],
    [
      'went on after its pause',
      [{ now: ago(5), strategy: { isPaused: true }, status: { updated: 1 } }, { status: { updated: 1 } }]
    ]
  ] as readonly (readonly [string, readonly (Wish & { readonly now?: number })[]])[]) {
    test(`is stuck a deadline after the clock was set back to before it ${rule}`, () => {
      const progress = { reason: 'ReplicaSetUpdated', updatedAt: null }
      const without = ({ status, ...wish }: Wish): Wish => ({ ...wish, pods: null, status: { ...status, progress } })
      const last = steps.at(-1) ?? {}
      const before = [
        { ...without({ workload: { templateId: 'v1' } }), now: ago(6) },
        ...steps.map(step => ({ ...without(step), now: step.now ?? NOW }))
      ]
      const after = [1440, 1431, 1430].map(minutes => ({ ...without(last), now: ago(minutes) }))
      const states = follow(...before, ...after).map(({ status }) => status)
      assert.deepEqual(states.slice(-4), ['ROLLING', 'ROLLING', 'ROLLING', 'STUCK'])
    })
  }

  test('awaits nothing once it has ended, and is stuck at the very moment', () => {
    const { awaited, stuckAt } = judge({ status: { ready: 1 }, pods: [pod(2)] }).evidence
    assert.deepEqual([awaited, stuckAt], ['', null])
    const exactly = judge({ kind: 'DaemonSet', pods: [pod(1), unreadyPod(2, { madeAt: ago(10) })] })
    assert.deepEqual([exactly.status, exactly.evidence.stuckAt], ['STUCK', null])
  })

  test('has no age, because facts of a watch are true until they change', () => assert.equal(judge().asOf, null))
})

suite('when a rollout began and ended', () => {
  const timesOf = ({ evidence }: ReturnType<typeof judge>) => [evidence.startedAt, evidence.completedAt]
  const MADE_ANEW = pods(3, index => pod(2, { name: `new-${index}`, node: `node-${index}`, madeAt: ago(5) }))
  const GONE_BACK = [revision(1, { createdAt: ago(8) }), revision(2)]

  for (const [rule, wish, times] of [
    [
      'by the oldest new pod and the word of the controller',
      { pods: [pod(2, { madeAt: ago(70) }), pod(2, { name: 'b', madeAt: ago(65) })] },
      [ago(70), ago(60)]
    ],
    [
      'also by a new pod that ends',
      {
        pods: [
          pod(2, { madeAt: ago(61) }),
          pod(2, { name: 'b', madeAt: ago(65), terminatesAt: ago(-1) }),
          pod(1, { madeAt: ago(99) }),
          pod(1, { name: 'c', madeAt: ago(99), terminatesAt: ago(-1) })
        ]
      },
      [ago(65), ago(60)]
    ],
    ['not later than it ended, where pods were made anew', { pods: [pod(2, { madeAt: ago(5) })] }, [ago(60), ago(60)]],
    [
      'by the youngest ready pod where the end that the controller tells is of another ReplicaSet',
      {
        strategy: { type: 'Recreate' },
        status: { progress: { reason: 'NewReplicaSetAvailable', updatedAt: ago(60), replicaSet: 'web-1' } },
        revisions: GONE_BACK,
        pods: MADE_ANEW
      },
      [ago(5), ago(4)]
    ],
    [
      'not at all where all pods were made anew long before the guard came',
      { kind: 'DaemonSet', pods: MADE_ANEW },
      [null, null]
    ],
    [
      'by its pods where it was gone back to, for then its revision is older than that',
      { kind: 'DaemonSet', revisions: GONE_BACK, pods: MADE_ANEW },
      [ago(5), ago(4)]
    ],
    ['without an end while it goes on', { status: HALF, pods: PODS }, [ago(2), null]],
    ['without a beginning before a pod is made', { status: { ...HALF, updated: 0 }, pods: [pod(1)] }, [null, null]],
    [
      'by the youngest ready pod where no controller tells',
      {
        kind: 'DaemonSet',
        status: { desired: 2 },
        pods: [pod(2, { node: 'a', madeAt: ago(70) }), pod(2, { name: 'b', node: 'b', madeAt: ago(65) })]
      },
      [ago(70), ago(64)]
    ],
    [
      'not by a new node’s pod',
      {
        kind: 'DaemonSet',
        status: { desired: 2 },
        pods: [pod(2, { node: 'a', madeAt: ago(70) }), pod(2, { name: 'b', node: 'b', madeAt: ago(5) })]
      },
      [ago(70), ago(69)]
    ],
    [
      'not by a pod that has ceased to be ready',
      {
        kind: 'DaemonSet',
        status: { desired: 2 },
        pods: [
          pod(2, { node: 'a', madeAt: ago(70) }),
          pod(2, { name: 'b', node: 'b', madeAt: ago(69), isReady: false, readyChangedAt: ago(1) })
        ]
      },
      [ago(70), ago(69)]
    ],
    [
      'not by a pod that crashed long after and got ready again',
      {
        kind: 'StatefulSet',
        status: { desired: 2 },
        pods: [pod(2, { name: 'web-0', madeAt: ago(700) }), pod(2, { madeAt: ago(699), readyChangedAt: ago(2) })]
      },
      [ago(700), ago(679)]
    ],
    [
      'without an end where no pod is ready any more',
      { kind: 'DaemonSet', status: { desired: 1 }, pods: [pod(2, { isReady: false, readyChangedAt: ago(1) })] },
      [ago(60), null]
    ],
    [
      'without an end where the controller does not say when',
      { status: { progress: { reason: 'NewReplicaSetAvailable', updatedAt: null } }, pods: [pod(2)] },
      [ago(60), null]
    ],
    [
      'without an end while it is held',
      {
        kind: 'StatefulSet',
        strategy: { partition: 1 },
        status: { desired: 2 },
        pods: [pod(1, { name: 'web-0' }), pod(2, { name: 'web-1' })]
      },
      [ago(60), null]
    ],
    [
      'without an end where nothing is wanted, for nothing runs that could do well',
      { status: { desired: 0, replicas: 0, updated: 0, ready: 0 }, pods: [] },
      [null, null]
    ],
    ['by its end alone where the guard came later and sees no pods', { pods: null }, [null, ago(60)]]
  ] as readonly (readonly [string, Wish, readonly (number | null)[]])[]) {
    test(`is told ${rule}`, () => assert.deepEqual(timesOf(judge(wish)), times))
  }

  test('belongs to the template: neither scaling nor new pods change it', () => {
    const findings = follow(
      { pods: [pod(2, { madeAt: ago(70) })] },
      {
        status: { desired: 9, progress: { reason: 'NewReplicaSetAvailable', updatedAt: ago(1) } },
        pods: [pod(2, { name: 'b', madeAt: ago(3) })]
      }
    )
    assert.deepEqual(findings.map(timesOf), [
      [ago(70), ago(60)],
      [ago(70), ago(60)]
    ])
  })

  test('did not end when the only pod gets ready again that had crashed before the guard came', () => {
    const crashed = { isReady: false, readyChangedAt: ago(1), notReadyReason: 'ContainersNotReady' }
    const daemons = (changes: Parameters<typeof pod>[1]): Wish => ({
      kind: 'DaemonSet',
      status: { desired: 1 },
      pods: [pod(2, { madeAt: ago(700), ...changes })]
    })
    const findings = follow(daemons(crashed), daemons({ readyChangedAt: NOW }))
    assert.deepEqual(findings.map(timesOf), [
      [ago(700), null],
      [ago(700), ago(680)]
    ])
  })

  test('ends when its last pod gets ready before the guard’s eyes, however late', () => {
    const release = (pods: Wish['pods']): Wish => ({ kind: 'DaemonSet', status: { desired: 1 }, pods: pods ?? [] })
    const findings = follow(
      { ...release([pod(1)]), workload: { templateId: 'v1' }, revisions: [revision(1)] },
      release([unreadyPod(2, { madeAt: ago(60) })]),
      release([pod(2, { madeAt: ago(60), readyChangedAt: ago(1) })])
    )
    assert.deepEqual(findings.at(-1)?.evidence.completedAt, ago(1))
  })

  test('is no later than now where the clock was set back, unless the cluster tells it', () => {
    const silent: Wish = { pods: null, status: { progress: null } }
    const seenToEnd = follow(
      { ...silent, workload: { templateId: 'v1' }, now: ago(9) },
      { pods: null, status: { updated: 0, progress: null }, now: ago(8) },
      { ...silent, now: ago(7) },
      { ...silent, now: ago(60) },
      { ...silent, now: ago(59) }
    )
    assert.deepEqual(seenToEnd.slice(2).map(timesOf), [
      [ago(8), ago(7)],
      [ago(60), ago(60)],
      [ago(60), ago(60)]
    ])
    const told = follow({}, { now: ago(70) }).map(({ evidence }) => evidence.completedAt)
    assert.deepEqual(told, [ago(60), ago(60)])
  })

  test('stays through a scaling to nothing and back', () => {
    const nothing = { status: { desired: 0, replicas: 0, updated: 0, ready: 0 }, pods: [] }
    const findings = follow({ pods: [pod(2)] }, nothing, { pods: [pod(2, { madeAt: ago(1) })] })
    assert.deepEqual(
      findings.map(({ evidence }) => evidence.completedAt),
      Array(3).fill(ago(60))
    )
  })

  for (const [kind, wish] of [
    ['Deployment', {}],
    ['Deployment', { strategy: { progressDeadlineMs: null }, status: { progress: null } }],
    ['StatefulSet', { status: { currentRevision: 'web-2', updateRevision: 'web-2' } }],
    ['DaemonSet', {}]
  ] as const) {
    for (const pods of [[], null]) {
      const sight = pods === null ? 'its counters' : 'its pods'
      test(`has not come by ${sight} for a bad release of a ${kind} that is scaled to nothing: ${JSON.stringify(wish)}`, () => {
        const bad = { updated: 1, ready: 0, available: 0, progress: null }
        const zero = { ...bad, ...wish.status, desired: 0, replicas: 0, updated: 0 }
        const findings = follow(
          { kind, workload: { templateId: 'v1' }, pods },
          { kind, ...wish, status: { ...bad, replicas: 4 }, pods: pods && [unreadyPod(2)] },
          { kind, ...wish, status: zero, pods }
        )
        const { status, evidence } = findings.at(-1) ?? {}
        assert.deepEqual([status, evidence?.completedAt, evidence?.memory.phase], ['STABLE', null, 'rolling'])
      })
    }
  }

  test('is another with another template', () => {
    const next = {
      workload: { templateId: 'v1' },
      status: { progress: { reason: 'NewReplicaSetAvailable', updatedAt: ago(1) } },
      pods: [pod(1, { madeAt: ago(2) })]
    }
    const [, second] = follow({ pods: [pod(2)] }, next)
    assert.deepEqual(second && timesOf(second), [ago(2), ago(1)])
  })

  test('ends anew when it was seen to go on meanwhile', () => {
    const end = (minutes: number) => ({
      status: { progress: { reason: 'NewReplicaSetAvailable', updatedAt: ago(minutes) } },
      pods: [pod(2)]
    })
    const [, , third] = follow(end(60), { status: HALF, pods: PODS }, end(1))
    assert.equal(third?.evidence.completedAt, ago(1))
  })
})

suite('templates that were seen to run well', () => {
  const endAt = (version: number) => ({ reason: 'NewReplicaSetAvailable', updatedAt: ago(60 - version) })
  const release = (version: number): Wish => ({
    workload: { templateId: `v${version}`, generation: version },
    status: { observedGeneration: version, ready: 1, progress: endAt(version) },
    pods: [pod(version)],
    revisions: [revision(version)]
  })

  test('are remembered, the newest first, ten at the most', () => {
    const findings = follow(...Array.from({ length: 12 }, (_, index) => release(index + 1)))
    const expected = Array.from({ length: 10 }, (_, index) => `v${12 - index}`)
    assert.deepEqual(findings.at(-1)?.evidence.memory.goodTemplates, expected)
  })

  test('are there once, however often they come back', () => {
    const [, , , last] = follow(release(1), release(2), release(2), release(1))
    assert.deepEqual(last?.evidence.memory.goodTemplates, ['v1', 'v2'])
  })
})
