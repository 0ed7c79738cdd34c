import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Finding } from '../../src/domain/finding.ts'
import { seen } from '../../src/domain/observation.ts'
import type { ReleaseEvidence } from '../../src/domain/release.ts'
import { evidenceOf } from '../../src/explain/evidence.ts'
import { NOTHING_SEEN } from '../../src/guards/rollout/evidence.ts'
import { anImageFinding, JUDGED, NOW } from '../support/explanations.ts'

function release(evidence: ReleaseEvidence): Finding {
  return { ...JUDGED, guard: 'release', status: 'UNKNOWN', severity: 'unknown', evidence }
}

suite('the evidence of a finding', () => {
  for (const [isConsistent, words] of [
    [true, 'they agree'],
    [false, 'they differ'],
    [null, 'could not be compared']
  ] as const) {
    test(`of a version says whether it was compared: ${words}`, () => {
      const evidence = { isConsistent, pods: null }
      const finding: Finding = { ...JUDGED, guard: 'version', status: 'OK', severity: 'ok', evidence }
      assert.deepEqual(evidenceOf(finding), [`reported version and deployed tag: ${words}`])
    })
  }

  test('of a version counts what the pods say', () => {
    const results = { agrees: 2, differs: 1, failed: 0, refused: 0, not_asked: 3 }
    const evidence = { isConsistent: false, pods: { versions: 2, results, pods: [], spokesman: 'shop-a' } }
    const finding: Finding = { ...JUDGED, guard: 'version', status: 'MISMATCH', severity: 'warning', evidence }
    assert.deepEqual(evidenceOf(finding).slice(1), [
      'pods: 2 as deployed, 1 different, 0 without a report, 0 that may not be asked, 3 not asked',
      'different reports among the pods: 2',
      'the pod that speaks for the service: shop-a'
    ])
  })

  test('of a version does not count different reports where there is one', () => {
    const results = { agrees: 2, differs: 0, failed: 0, refused: 0, not_asked: 0 }
    const evidence = { isConsistent: true, pods: { versions: 1, results, pods: [], spokesman: null } }
    const finding: Finding = { ...JUDGED, guard: 'version', status: 'OK', severity: 'ok', evidence }
    assert.equal(evidenceOf(finding).length, 2)
  })

  test('of a rollout leaves out what is not known of a pod or an image', () => {
    const variant = { image: 'shop:v1', digest: '', pods: 1, podNames: ['shop-a', 'shop-b'] }
    const mixture = { container: 'app', references: 2, digests: 0, variants: [variant] }
    const evidence = {
      ...NOTHING_SEEN,
      awaitedPods: [{ name: 'shop-b', node: '', imageTag: '', reason: '' }],
      running: seen({ count: 2, byTag: [], mixture })
    } as const
    const finding: Finding = { ...JUDGED, guard: 'rollout', status: 'MIXED', severity: 'warning', evidence }
    assert.deepEqual(evidenceOf(finding), ['awaited pod: shop-b', 'variant: shop:v1 in shop-a, shop-b'])
  })

  test('of an image names the container and the tags', () => {
    assert.deepEqual(evidenceOf(anImageFinding()), [
      'container: app',
      'image: ghcr.io/shop/web:1.4.2',
      'latest: 2.0.0 (major)',
      'latest of the same major version: 1.5.0'
    ])
  })

  test('of a rollout tells what is awaited, since when, and the way back', () => {
    const variant = { image: 'shop:v1', digest: 'sha256:a', pods: 1, podNames: ['shop-a'] }
    const running = {
      count: 2,
      byTag: [
        { imageTag: 'v1', pods: 1 },
        { imageTag: 'v2', pods: 2 }
      ],
      mixture: { container: 'app', references: 2, digests: 2, variants: [variant] }
    }
    const evidence = {
      ...NOTHING_SEEN,
      awaited: '1 of 3 pods updated',
      stuckAt: NOW,
      held: 'paused',
      startedAt: NOW,
      awaitedPods: [{ name: 'shop-b', node: 'node-1', imageTag: 'v2', reason: 'CrashLoopBackOff' }],
      running: seen(running),
      wayBack: { ...NOTHING_SEEN.wayBack, note: 'revision 1 serves' }
    } as const
    const finding: Finding = { ...JUDGED, guard: 'rollout', status: 'ROLLING', severity: 'info', evidence }
    assert.deepEqual(evidenceOf(finding), [
      'awaited: 1 of 3 pods updated',
      'awaited pod: shop-b, on node-1, v2, CrashLoopBackOff',
      'held: paused',
      'started: 2026-11-03 03:04:05 UTC',
      'counts as stuck at: 2026-11-03 03:04:05 UTC',
      'running: v1, 1 pod',
      'running: v2, 2 pods',
      'variant: shop:v1 sha256:a in shop-a',
      'to go back: revision 1 serves'
    ])
  })

  for (const [evidence, lines] of [
    [
      { kind: 'helm', release: 'shop', namespace: 'apps', revision: 7, status: 'failed', isStuck: true, rollbackTo: 6 },
      ['release: shop in apps, revision 7', 'status: failed', 'revision to go back to: 6']
    ],
    [{ kind: 'object', objectKind: 'Secret', name: 'shop', isPresent: false }, ['Secret shop: not there']],
    [{ kind: 'object', objectKind: 'ConfigMap', name: 'shop', isPresent: null }, ['ConfigMap shop: not looked for']],
    [{ kind: 'object', objectKind: 'Secret', name: 'shop', isPresent: true }, ['Secret shop: there']],
    [{ kind: 'migration', job: 'migrate', hasSucceeded: true }, ['Job migrate: succeeded since the last rollout: yes']],
    [{ kind: 'migration', job: 'migrate', hasSucceeded: false }, ['Job migrate: succeeded since the last rollout: no']],
    [
      { kind: 'migration', job: 'migrate', hasSucceeded: null },
      ['Job migrate: succeeded since the last rollout: not known']
    ],
    [
      {
        kind: 'declaration',
        isConsistent: true,
        chart: 'shop',
        chartVersion: '1.2.3',
        appVersion: 'v1',
        revision: null,
        declared: [{ source: 'label', version: 'v1', gitSha: '', isDeployed: true }]
      },
      ['chart: shop 1.2.3', 'app version: v1', 'declared by the label: v1']
    ],
    [
      {
        kind: 'declaration',
        isConsistent: false,
        chart: '',
        chartVersion: '',
        appVersion: '',
        revision: 3,
        declared: [{ source: 'manifest', version: 'v1', gitSha: 'abc1234', isDeployed: false }]
      },
      ['Helm revision: 3', 'declared by the release manifest: v1 (abc1234)']
    ]
  ] as const) {
    test(`of a release tells of its ${evidence.kind}: ${lines[0]}`, () =>
      assert.deepEqual(evidenceOf(release(evidence)), lines))
  }
})
