import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { HelmRelease } from '../../../src/domain/helm-release.ts'
import { seen } from '../../../src/domain/observation.ts'
import { RELEASE_STATUSES } from '../../../src/domain/release.ts'
import { createReleaseGuard } from '../../../src/guards/release/release.ts'
import { aTarget, aWorkload, theFacts } from '../../support/facts.ts'

const HELM: HelmRelease = {
  namespace: 'dev',
  name: 'shop',
  current: { number: 2, status: 'pending-upgrade', createdAt: 0 },
  earlier: [{ number: 1, status: 'deployed', createdAt: 0 }]
}
const FACTS = theFacts({
  workload: seen(aWorkload({ releaseLabels: { version: '1.4.2', chart: '' }, image: 'shop:v1.4.2' })),
  helm: seen(HELM),
  objects: [{ kind: 'Secret', name: 'db', found: seen(null), asOf: null }]
})

suite('the release guard', () => {
  const guard = createReleaseGuard(1_000)

  test('has three statuses, worst first', () => {
    assert.deepEqual([guard.name, guard.statuses], ['release', RELEASE_STATUSES])
  })

  test('finds a part each for the declaration, the release of Helm, and what is required', () => {
    const found = guard.judge(aTarget(), FACTS, { now: 0, earlier: [] })
    assert.deepEqual(
      found.map(({ part, status }) => [part, status]),
      [
        ['', 'AGREES'],
        ['release/shop', 'UNKNOWN'],
        ['Secret/db', 'DRIFTED']
      ]
    )
  })

  test('has nothing to say of a service of which nothing is declared', () => {
    assert.deepEqual(guard.judge(aTarget(), theFacts(), { now: 0, earlier: [] }), [])
  })

  test('waits for a release as long as the target says, else as long as for any', () => {
    const statusOf = (now: number, helmPendingMs?: number) => {
      const target = aTarget(helmPendingMs === undefined ? {} : { helmPendingMs })
      return guard.judge(target, FACTS, { now, earlier: [] })[1]?.status
    }
    assert.deepEqual(
      [statusOf(999), statusOf(1_000), statusOf(1_000, 2_000), statusOf(2_000, 2_000)],
      ['UNKNOWN', 'DRIFTED', 'UNKNOWN', 'DRIFTED']
    )
  })
})
