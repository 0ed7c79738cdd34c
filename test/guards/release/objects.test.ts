import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { seen, unseen } from '../../../src/domain/observation.ts'
import type { JobState, RequiredObject } from '../../../src/domain/required-objects.ts'
import { judgeObjects } from '../../../src/guards/release/objects.ts'
import { aPod, aWorkload, theFacts } from '../../support/facts.ts'

const HOUR_MS = 3_600_000
const FORBIDDEN = unseen('forbidden', 'not looked for: grant get on secrets')
const THERE = seen({ job: null })
const object = (
  kind: RequiredObject['kind'],
  name: string,
  found: RequiredObject['found'],
  asOf: number | null = null
) => ({
  kind,
  name,
  found,
  asOf
})

suite('a required object', () => {
  for (const [rule, found, status, message, isPresent] of [
    ['is there', THERE, 'AGREES', 'Secret db is there', true],
    ['is not there', seen(null), 'DRIFTED', 'Secret db is required but missing', false],
    ['was not looked for', FORBIDDEN, 'UNKNOWN', 'Secret db: not looked for: grant get on secrets', null]
  ] as const) {
    test(rule, () => {
      const [judged] = judgeObjects(theFacts({ objects: [object('Secret', 'db', found, 5)] }))
      assert.deepEqual(judged, {
        part: 'Secret/db',
        status,
        severity: { AGREES: 'ok', DRIFTED: 'warning', UNKNOWN: 'unknown' }[status],
        message,
        asOf: 5,
        validUntil: Number.POSITIVE_INFINITY,
        evidence: { kind: 'object', objectKind: 'Secret', name: 'db', isPresent }
      })
    })
  }

  test('is nothing without its workload', () => {
    assert.deepEqual(
      judgeObjects(theFacts({ workload: unseen('not_found', 'gone'), objects: [object('Secret', 'db', THERE)] })),
      []
    )
  })
})

suite('a migration job', () => {
  const NOW = 100 * HOUR_MS
  const job = (outcome: JobState['outcome'], completedAt: number | null = null) =>
    seen({ job: { outcome, completedAt } })
  const pods = seen([
    aPod({ name: 'old', revision: 'shop-1', createdAt: NOW - 9 * HOUR_MS }),
    aPod({ name: 'a', revision: 'shop-2', createdAt: NOW }),
    aPod({ name: 'b', revision: 'shop-2', createdAt: NOW + 1 })
  ])
  const revisionsOf = (createdAt: number) =>
    seen(
      [1, 2].map(number => ({
        name: `shop-${number}`,
        number,
        createdAt: number === 2 ? createdAt : 0,
        template: null
      }))
    )
  const withPods = { pods, revisions: revisionsOf(NOW) }
  // After weeks, in which each of its pods was made again, or after going back to a revision that was there before.
  const ofOldRevision = { pods, revisions: revisionsOf(NOW - 9 * HOUR_MS) }
  // Revision 2 was made before 3, from which somebody went back to it.
  const goneBack = {
    pods: seen([aPod({ revision: 'shop-2', createdAt: NOW })]),
    revisions: seen([
      { name: 'shop-2', number: 4, createdAt: NOW - 9 * HOUR_MS, template: null },
      { name: 'shop-3', number: 3, createdAt: NOW - 5 * HOUR_MS, template: null }
    ])
  }
  const { status } = aWorkload()
  assert.ok(status.seen)
  const { value } = status
  /** The workload, by the progress that its controller wrote last. */
  const progressed = (reason: string, updatedAt: number) =>
    seen(
      aWorkload({
        annotations: { 'migration-job': 'migrate' },
        status: seen({ ...value, progress: { reason, updatedAt } })
      })
    )

  for (const [rule, found, facts, expected, message] of [
    ['has succeeded', job('succeeded', NOW + 5), withPods, true, 'Migration job migrate succeeded'],
    [
      'has succeeded as a hook, before the rollout began',
      job('succeeded', NOW - HOUR_MS),
      withPods,
      true,
      'Migration job migrate succeeded'
    ],
    [
      'has not run since the rollout',
      job('succeeded', NOW - HOUR_MS - 1),
      withPods,
      false,
      'Migration job migrate has not run since the last rollout began'
    ],
    [
      'has succeeded when its rollout began, though all pods were made again since',
      job('succeeded', NOW - 10 * HOUR_MS),
      { ...ofOldRevision, endedAt: NOW - 9 * HOUR_MS },
      true,
      'Migration job migrate succeeded'
    ],
    [
      'may have run before or after going back, for the end that is told may be that of the revision that was left',
      job('succeeded', NOW - 5 * HOUR_MS),
      { ...goneBack, endedAt: NOW - 4 * HOUR_MS },
      null,
      'Migration job migrate succeeded once; whether that was before the last rollout began is not known'
    ],
    [
      'has succeeded when it was gone back, whatever end is told',
      job('succeeded', NOW - HOUR_MS),
      { ...goneBack, endedAt: NOW - 4 * HOUR_MS },
      true,
      'Migration job migrate succeeded'
    ],
    [
      'may have run before or after the rollout began, where its revision is older than its pods',
      job('succeeded', NOW - 10 * HOUR_MS),
      ofOldRevision,
      null,
      'Migration job migrate succeeded once; whether that was before the last rollout began is not known'
    ],
    [
      'has not run since the revision was made',
      job('succeeded', NOW - 10 * HOUR_MS - 1),
      ofOldRevision,
      false,
      'Migration job migrate has not run since the last rollout began'
    ],
    ['has failed', job('failed'), withPods, false, 'Migration job migrate failed'],
    ['runs', job('running'), withPods, null, 'Migration job migrate has not ended yet'],
    [
      'is gone, as after its success',
      seen(null),
      withPods,
      null,
      'Migration job migrate does not exist: it may have succeeded and been deleted'
    ],
    [
      'may not be looked at',
      FORBIDDEN,
      withPods,
      null,
      'Migration job migrate is not known: not looked for: grant get on secrets'
    ],
    ['does not say when', job('succeeded'), withPods, null, 'Migration job migrate succeeded, but does not say when'],
    [
      'has succeeded by the end of the rollout, where pods are not read',
      job('succeeded', NOW - HOUR_MS),
      {},
      true,
      'Migration job migrate succeeded'
    ],
    [
      'has succeeded by the beginning of a rollout, however late that ended',
      job('succeeded', NOW - HOUR_MS),
      { ...withPods, workload: progressed('NewReplicaSetAvailable', NOW + HOUR_MS) },
      true,
      'Migration job migrate succeeded'
    ],
    [
      'succeeded once, where the rollout has not ended',
      job('succeeded', NOW),
      { workload: progressed('ReplicaSetUpdated', NOW) },
      null,
      'Migration job migrate succeeded once; when the last rollout began is not known (on Kubernetes: WATCH_PODS=true)'
    ],
    [
      'succeeded once, where pods are not read',
      job('succeeded', NOW - 2 * HOUR_MS),
      {},
      null,
      'Migration job migrate succeeded once; when the last rollout began is not known (on Kubernetes: WATCH_PODS=true)'
    ]
  ] as const) {
    test(rule, () => {
      const { endedAt = NOW, ...others } = { ...facts } as { endedAt?: number }
      const workload = progressed('NewReplicaSetAvailable', endedAt)
      const [judged] = judgeObjects(theFacts({ workload, ...others, objects: [object('Job', 'migrate', found)] }))
      assert.deepEqual(judged?.evidence, { kind: 'migration', job: 'migrate', hasSucceeded: expected })
      assert.equal(judged?.message, message)
      const isUsual = /not exist|not ended|once/.test(message)
      assert.equal(judged?.severity, expected === null ? (isUsual ? 'info' : 'unknown') : expected ? 'ok' : 'warning')
      assert.equal(judged?.status, expected === null ? 'UNKNOWN' : expected ? 'AGREES' : 'DRIFTED')
    })
  }

  test('is nothing once no annotation names it', () => {
    assert.deepEqual(judgeObjects(theFacts({ objects: [object('Job', 'migrate', job('failed'))] })), [])
  })

  test('counts as failed where it is required and gone', () => {
    const workload = seen(aWorkload({ annotations: { 'migration-job': 'migrate, required' } }))
    const [judged] = judgeObjects(theFacts({ workload, objects: [object('Job', 'migrate', seen(null))] }))
    assert.deepEqual([judged?.status, judged?.message], ['DRIFTED', 'Migration job migrate is required but missing'])
  })
})
