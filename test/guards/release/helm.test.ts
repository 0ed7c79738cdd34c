import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  type HelmRelease,
  type HelmRevision,
  type HelmStatus,
  rollbackRevision
} from '../../../src/domain/helm-release.ts'
import { judgeHelmRelease } from '../../../src/guards/release/helm.ts'

const MINUTE_MS = 60_000
const NOW = 1_000 * MINUTE_MS
const at = (number: number, status: HelmStatus, createdAt: number | null = NOW - 20 * MINUTE_MS): HelmRevision => ({
  number,
  status,
  createdAt
})
const release = (current: HelmRevision, ...earlier: readonly HelmRevision[]): HelmRelease => ({
  namespace: 'dev',
  name: 'shop',
  current,
  earlier
})
const judge = (one: HelmRelease) => judgeHelmRelease(one, 15 * MINUTE_MS, NOW)

suite('a Helm release', () => {
  for (const [rule, one, status, severity, message] of [
    [
      'is well when it is deployed',
      release(at(3, 'deployed')),
      'AGREES',
      'ok',
      'Helm release shop is deployed (revision 3)'
    ],
    [
      'is under way while it is pending, as Helm waits',
      release(at(4, 'pending-upgrade', NOW - 14 * MINUTE_MS), at(3, 'deployed')),
      'UNKNOWN',
      'info',
      'Helm release shop is pending-upgrade (revision 4)'
    ],
    [
      'is stuck when it is pending for longer, and says how to go back',
      release(at(4, 'pending-upgrade'), at(3, 'deployed'), at(2, 'superseded')),
      'DRIFTED',
      'warning',
      'Helm release shop is stuck in pending-upgrade (revision 4): helm history shop -n dev, then helm rollback shop 3 -n dev'
    ],
    [
      'is stuck in a rollback',
      release(at(5, 'pending-rollback'), at(4, 'failed'), at(3, 'deployed')),
      'DRIFTED',
      'warning',
      'Helm release shop is stuck in pending-rollback (revision 5): helm history shop -n dev, then helm rollback shop 3 -n dev'
    ],
    [
      'is stuck in its installation, which a revision of its own does again',
      release(at(1, 'pending-install')),
      'DRIFTED',
      'warning',
      'Helm release shop is stuck in pending-install (revision 1): helm history shop -n dev, then helm rollback shop 1 -n dev'
    ],
    [
      'is stuck at once when it failed',
      release(at(6, 'failed', NOW), at(5, 'deployed')),
      'DRIFTED',
      'warning',
      'Helm release shop failed (revision 6): helm history shop -n dev, then helm rollback shop 5 -n dev'
    ],
    [
      'names no revision where none is kept',
      release(at(6, 'failed', NOW), at(5, 'failed')),
      'DRIFTED',
      'warning',
      'Helm release shop failed (revision 6): helm history shop -n dev, no revision to go back to is kept'
    ],
    [
      'is well though an interrupted revision stays pending in the history for ever',
      release(at(5, 'deployed'), at(4, 'pending-upgrade', 0), at(3, 'superseded')),
      'AGREES',
      'ok',
      'Helm release shop is deployed (revision 5)'
    ],
    [
      'is no fault when it is uninstalled',
      release(at(5, 'uninstalled'), at(4, 'superseded')),
      'UNKNOWN',
      'info',
      'Helm release shop is uninstalled (revision 5)'
    ],
    [
      'is stuck when it is being uninstalled for longer, and says how to finish',
      release({ ...at(5, 'uninstalling'), uninstallBeganAt: NOW - 15 * MINUTE_MS }, at(4, 'superseded')),
      'DRIFTED',
      'warning',
      'Helm release shop is stuck in uninstalling (revision 5): helm history shop -n dev, then helm uninstall shop -n dev to finish it'
    ],
    [
      'is under way while it is being uninstalled, however old its record is',
      release({ ...at(5, 'uninstalling', 0), uninstallBeganAt: NOW - 14 * MINUTE_MS }),
      'UNKNOWN',
      'info',
      'Helm release shop is uninstalling (revision 5)'
    ],
    [
      'is never too long in its uninstallation where its record does not say since when',
      release(at(5, 'uninstalling', 0)),
      'UNKNOWN',
      'info',
      'Helm release shop is uninstalling (revision 5)'
    ],
    [
      'is never too old where its record does not say how old it is',
      release(at(4, 'pending-upgrade', null), at(3, 'deployed')),
      'UNKNOWN',
      'info',
      'Helm release shop is pending-upgrade (revision 4)'
    ]
  ] as const) {
    test(rule, () => {
      const found = judge(one)
      assert.deepEqual([found.status, found.severity, found.message], [status, severity, message])
      assert.equal(found.evidence.isStuck, status === 'DRIFTED')
    })
  }

  test('names no revision to go back to while it is being uninstalled', () => {
    const stuck = release({ ...at(5, 'uninstalling'), uninstallBeganAt: 0 }, at(4, 'superseded'))
    assert.equal(judge(stuck).evidence.rollbackTo, null)
  })

  test('is judged again when it will have been pending for too long, and then no more', () => {
    const pending = release(at(4, 'pending-upgrade', NOW - 5 * MINUTE_MS), at(3, 'deployed'))
    const due = NOW + 10 * MINUTE_MS
    assert.equal(judge(pending).validUntil, due)
    const later = judgeHelmRelease(pending, 15 * MINUTE_MS, due)
    assert.deepEqual([later.status, later.validUntil], ['DRIFTED', Number.POSITIVE_INFINITY])
  })
})

suite('the revision that helm rollback takes', () => {
  for (const [rule, one, expected] of [
    ['is the one that is deployed below', release(at(6, 'failed'), at(5, 'superseded'), at(4, 'deployed')), 4],
    [
      'is the highest that was superseded, where the current one is deployed',
      release(at(6, 'deployed'), at(5, 'failed'), at(4, 'superseded')),
      4
    ],
    [
      'is not the one that a rollback leaves, which stays deployed until that has ended',
      release(at(4, 'pending-rollback'), at(3, 'deployed'), at(2, 'superseded')),
      2
    ],
    [
      'is the one that is deployed, where a rollback leaves an upgrade that failed',
      release(at(5, 'pending-rollback'), at(4, 'failed'), at(3, 'deployed'), at(2, 'superseded')),
      3
    ],
    [
      'is not the one that a failed rollback left, which stays deployed where it gave up waiting',
      release({ ...at(4, 'failed'), isFailedRollback: true }, at(3, 'deployed'), at(2, 'superseded')),
      2
    ],
    [
      'is not the one that several rollbacks failed to leave, nor after an upgrade that failed too',
      release(
        at(6, 'failed'),
        { ...at(5, 'failed'), isFailedRollback: true },
        at(4, 'pending-rollback'),
        at(3, 'deployed'),
        at(2, 'superseded')
      ),
      2
    ],
    [
      'is the one that is deployed, where a failed rollback left an upgrade that failed',
      release({ ...at(5, 'failed'), isFailedRollback: true }, at(4, 'failed'), at(3, 'deployed'), at(2, 'superseded')),
      3
    ],
    [
      'is not the one that a refused rollback left, which is superseded as no other is deployed',
      release(at(4, 'failed'), at(3, 'superseded'), at(2, 'superseded')),
      2
    ],
    [
      'is not the one that a refused rollback left, while another rollback hangs',
      release(at(5, 'pending-rollback'), at(4, 'failed'), at(3, 'superseded'), at(2, 'superseded')),
      2
    ],
    [
      'is what a refused rollback was to bring, where another was refused after it',
      release(
        { ...at(5, 'failed'), isFailedRollback: true },
        { ...at(4, 'superseded'), isFailedRollback: true },
        at(3, 'superseded'),
        at(2, 'superseded')
      ),
      4
    ],
    ['is the only one that ever ran', release(at(2, 'failed'), at(1, 'superseded')), 1],
    ['is the one that a rollback does again', release(at(2, 'pending-rollback'), at(1, 'deployed')), 1],
    ['is none while it is being uninstalled', release(at(6, 'uninstalling'), at(5, 'deployed')), null],
    ['is itself for a first installation that failed', release(at(1, 'failed')), 1],
    ['is none for a first installation that is well', release(at(1, 'deployed')), null],
    ['is none where history is not kept', release(at(7, 'failed')), null]
  ] as const) {
    test(rule, () => assert.equal(rollbackRevision(one), expected))
  }
})
