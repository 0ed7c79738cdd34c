import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Facts } from '../../../src/domain/guard.ts'
import type { HelmRelease } from '../../../src/domain/helm-release.ts'
import { seen, unseen } from '../../../src/domain/observation.ts'
import type { ReleaseManifest } from '../../../src/domain/release.ts'
import type { Target } from '../../../src/domain/target.ts'
import { judgeDeclaration } from '../../../src/guards/release/declaration.ts'
import { anObservation, aReport, aTarget, aWorkload, theFacts } from '../../support/facts.ts'

const image = (tag: string) => `ghcr.io/keybuzzio/shop:${tag}`
const labelled = (version: string, tag: string, chart = '') =>
  seen(aWorkload({ image: image(tag), releaseLabels: { version, chart } }))
const manifest = (changes: Partial<ReleaseManifest> = {}) =>
  seen({ tag: 'v1', gitSha: 'abc1234', releasedAt: 0, runner: 'ci-7', readAt: 1000, refusal: null, ...changes })
const UNREADABLE = unseen('unreadable', 'release manifest: manifest.json: not JSON')

const judge = (facts: Partial<Facts>, target: Partial<Target> = {}) =>
  judgeDeclaration(aTarget(target), theFacts({ observation: null, ...facts }))

suite('what is declared', () => {
  for (const [rule, facts, status, message] of [
    [
      'agrees by the label',
      { workload: labelled('1.4.2', 'v1.4.2') },
      'AGREES',
      'Declared version (1.4.2) matches deployed image tag (v1.4.2)'
    ],
    [
      'has drifted from the label, and the message names the two',
      { workload: labelled('1.4.2', 'v1.4.3') },
      'DRIFTED',
      'Declared version (1.4.2) does not match deployed image tag (v1.4.3)'
    ],
    [
      'is not known where the label may be truncated',
      { workload: labelled('1'.repeat(63), 'v1.4.3') },
      'UNKNOWN',
      'Release unknown: the label app.kubernetes.io/version has 63 characters and may be truncated'
    ],
    [
      'is not known where there is a digest alone',
      {
        workload: seen(aWorkload({ image: `app@sha256:${'0'.repeat(64)}`, releaseLabels: { version: '1', chart: '' } }))
      },
      'UNKNOWN',
      `Release unknown: app@sha256:${'0'.repeat(64)} has no tag to compare`
    ],
    [
      'is by the tag where there is a digest beside it',
      { workload: labelled('1.4.2', `v1.4.2@sha256:${'0'.repeat(64)}`) },
      'AGREES',
      'Declared version (1.4.2) matches deployed image tag (v1.4.2)'
    ],
    [
      'is nothing to compare without a version in the labels',
      { workload: labelled('', 'v1', 'shop-1.2.3') },
      'UNKNOWN',
      'Nothing is declared that could be compared'
    ],
    [
      'agrees by the manifest, with what runs and with what is reported',
      { manifest: manifest(), observation: anObservation(aReport('1', 'ABC1234DEF')) },
      'AGREES',
      'Declared tag (v1) matches deployed image tag (v1), reported version (1), reported git SHA (ABC1234DEF)'
    ],
    [
      'has drifted from the manifest',
      { manifest: manifest({ tag: 'v2' }) },
      'DRIFTED',
      'Declared tag (v2) does not match deployed image tag (v1)'
    ],
    [
      'has drifted where another version is reported, or another commit',
      { manifest: manifest(), observation: anObservation(aReport('v2', 'def5678')) },
      'DRIFTED',
      'Declared tag (v1) does not match reported version (v2); Declared git SHA (abc1234) does not match reported git SHA (def5678)'
    ],
    [
      'takes no word of a manifest without a SHA against a report',
      { manifest: manifest({ gitSha: null }), observation: anObservation(aReport('v1', 'def5678')) },
      'AGREES',
      'Declared tag (v1) matches deployed image tag (v1), reported version (v1)'
    ],
    [
      'is compared with what runs where the endpoint fails',
      { manifest: manifest(), observation: anObservation(unseen('timeout', 'no answer')) },
      'AGREES',
      'Declared tag (v1) matches deployed image tag (v1)'
    ],
    [
      'is compared with what is reported where the workload is not seen',
      {
        manifest: manifest(),
        workload: unseen('not_found', 'no Deployment shop'),
        observation: anObservation(aReport())
      },
      'AGREES',
      'Declared tag (v1) matches reported version (v1), reported git SHA (abc1234); not compared: deployed image unknown: no Deployment shop'
    ],
    [
      'is not known where the manifest was never read whole',
      { manifest: UNREADABLE },
      'UNKNOWN',
      'Release unknown: release manifest: manifest.json: not JSON'
    ],
    [
      'agrees by the label where the manifest cannot be read, and says so',
      { manifest: UNREADABLE, workload: labelled('1', 'v1') },
      'AGREES',
      'Declared version (1) matches deployed image tag (v1); not compared: release manifest: manifest.json: not JSON'
    ]
  ] as const) {
    test(rule, () => {
      const found = judge(facts)
      assert.deepEqual([found?.status, found?.message], [status, message])
      assert.equal(
        found?.severity,
        { AGREES: 'ok', DRIFTED: 'warning', UNKNOWN: found?.message.startsWith('Nothing') ? 'info' : 'unknown' }[status]
      )
    })
  }

  for (const [rule, facts] of [
    ['without labels', {}],
    ['where no manifest is written for it', { manifest: unseen('none', 'no release manifest') }],
    ['where its workload is not seen', { workload: unseen('never_read', 'not read') }],
    ['where Helm did not make it', { helm: unseen('not_helm', 'no release') }]
  ] as const) {
    test(`is nothing ${rule}`, () => assert.equal(judge(facts), null))
  }

  test('is compared with the image of the service’s own container', () => {
    const containers = [
      { name: 'proxy', image: 'envoy:v1.30.0' },
      { name: 'shop', image: image('v1.4.2') }
    ]
    const workload = seen(aWorkload({ containers, releaseLabels: { version: '1.4.2', chart: '' } }))
    assert.equal(judge({ workload })?.status, 'AGREES')
    assert.equal(
      judge({ workload }, { workload: { kind: 'Deployment', name: 'shop', container: 'proxy' } })?.status,
      'DRIFTED'
    )
  })

  test('does not compare the reported version where the SHA is what is matched', () => {
    const facts = { manifest: manifest(), observation: anObservation(aReport('v9', 'abc1234')) }
    assert.equal(judge(facts, { versionMatch: 'git-sha' })?.status, 'AGREES')
  })

  test('is compared with the reported version as the service’s tag is', () => {
    const tag = '1.4.2_build.7'
    const facts = {
      workload: seen(aWorkload({ image: image(tag) })),
      manifest: manifest({ tag, gitSha: null }),
      observation: anObservation(aReport('1.4.2'))
    }
    assert.equal(judge(facts, { versionMatch: 'semver' })?.status, 'AGREES')
    assert.equal(judge(facts, { versionMatch: 'exact' })?.status, 'DRIFTED')
  })

  test('does not compare a version that is not reported', () => {
    const facts = { manifest: manifest(), observation: anObservation(aReport(null, 'def5678')) }
    assert.equal(judge(facts)?.message, 'Declared git SHA (abc1234) does not match reported git SHA (def5678)')
  })

  test('is declared by the manifest alone where there is no label, and by the image that it names', () => {
    const declared = (tag: string) => judge({ manifest: manifest({ tag, gitSha: null }) })?.evidence.declared
    const byManifest = { source: 'manifest', gitSha: '' }
    assert.deepEqual(declared('v1'), [{ ...byManifest, version: 'v1', isDeployed: true }])
    assert.deepEqual(declared('v2'), [{ ...byManifest, version: 'v2', isDeployed: false }])
  })

  test('keeps to the earlier manifest if the present one is refused', () => {
    assert.equal(judge({ manifest: manifest() })?.asOf, null)
    assert.equal(judge({ manifest: manifest({ refusal: 'not JSON' }) })?.asOf, 1000)
  })

  test('has what the gauges show', () => {
    const current = { number: 7, status: 'deployed', createdAt: 0 } as const
    const helm = seen<HelmRelease>({ namespace: 'dev', name: 'shop', current, earlier: [] })
    const found = judge({ workload: labelled('1.4.2_build.7', 'v1.4.3', 'shop-0.1.0_x'), manifest: manifest(), helm })
    assert.deepEqual(found?.evidence, {
      kind: 'declaration',
      isConsistent: false,
      chart: 'shop',
      chartVersion: '0.1.0+x',
      appVersion: '1.4.2+build.7',
      revision: 7,
      declared: [
        { source: 'label', version: '1.4.2+build.7', gitSha: '', isDeployed: false },
        { source: 'manifest', version: 'v1', gitSha: 'abc1234', isDeployed: null }
      ]
    })
    assert.equal(judge({ manifest: manifest({ tag: 'v2' }) })?.evidence.isConsistent, null)
    assert.equal(judge({ workload: labelled('1.4.2', 'latest') })?.evidence.isConsistent, null)
  })
})
