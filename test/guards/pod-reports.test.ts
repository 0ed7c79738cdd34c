import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { VersionFinding } from '../../src/domain/finding.ts'
import type { Facts } from '../../src/domain/guard.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import type { PodEndpoint, PodReport } from '../../src/domain/pod-reports.ts'
import type { Observation } from '../../src/domain/probe.ts'
import type { Target } from '../../src/domain/target.ts'
import type { Strategy } from '../../src/domain/workload.ts'
import { versionGuard } from '../../src/guards/version.ts'
import { anObservation, aPod, aReport, aTarget, aWorkload, theFacts } from '../support/facts.ts'

const podEndpoint: PodEndpoint = { scheme: 'http', port: 8080, path: '/debug/version' }
const BY_PODS = aTarget({ endpoint: null, podEndpoint })

/** What a pod says: `v2 abc1234`, `v2` without a SHA, a failure, or nothing yet. */
type Said = string | { readonly fails: Extract<Observation['report'], { seen: false }>['reason'] } | null

interface PodCase {
  readonly says: Said
  readonly image?: string
}

function toReport(name: string, { says, image = 'app:v2' }: PodCase): PodReport {
  const pod = aPod({ name, containers: [{ image }] })
  if (says === null) return { pod, observation: null }
  if (typeof says === 'object') return { pod, observation: anObservation(unseen(says.fails, `${says.fails} here`)) }
  const [version = '', gitSha = null] = says.split(' ')
  return { pod, observation: anObservation(aReport(version === '' ? null : version, gitSha)) }
}

interface Scene {
  readonly image?: string
  readonly strategy?: Partial<Strategy>
  readonly target?: Target
  readonly facts?: Partial<Facts>
  /** Pods of the workload that are not asked. */
  readonly others?: number
}

/** The finding of `app:v2` with these pods, by name. */
function judge(pods: Readonly<Record<string, Said | PodCase>>, scene: Scene = {}) {
  const { image = 'app:v2', strategy, target = BY_PODS, facts = {}, others = 0 } = scene
  const workload = aWorkload({ image })
  const podReports = Object.entries(pods).map(([name, said]) =>
    toReport(name, typeof said === 'object' && said !== null && 'says' in said ? said : { says: said })
  )
  const all = [...podReports.map(({ pod }) => pod), ...Array.from({ length: others }, () => aPod({ isReady: false }))]
  const [finding] = versionGuard.judge(
    target,
    theFacts({
      workload: seen({ ...workload, strategy: { ...workload.strategy, ...strategy } }),
      pods: seen(all),
      observation: null,
      podReports,
      ...facts
    }),
    { now: 0, earlier: [] }
  )
  assert.ok(finding)
  return finding
}

const told = ({ status, message }: Pick<VersionFinding, 'status' | 'message'>) => `${status}: ${message}`
const TIMEOUT = { fails: 'timeout' } as const
const REFUSED = { fails: 'refused' } as const

suite('the version guard, pod by pod', () => {
  for (const [rule, pods, expected, scene] of [
    ['is OK when all say what is deployed', { a: 'v2 abc1234', b: 'v2 abc1234' }, 'OK: Version consistency OK'],
    [
      'is MISMATCH as soon as one differs, and names it',
      { a: 'v2 abc1234', b: 'v1 0001111', c: 'v2 abc1234' },
      'MISMATCH: 1 of 3 pods differs from what is deployed (v2) or from each other: b reports v1 (0001111); the others: v2 (abc1234)'
    ],
    [
      'is MISMATCH when one has another SHA, and takes the greater number for right',
      { a: 'v2 def5678', b: 'v2 abc1234', c: 'v2 abc1234' },
      'MISMATCH: 1 of 3 pods differs from what is deployed (v2) or from each other: a reports v2 (def5678); the others: v2 (abc1234)'
    ],
    ['takes a SHA for the same in capitals', { a: 'v2 ABC1234', b: 'v2 abc1234' }, 'OK: Version consistency OK'],
    [
      'takes a short SHA for the whole one that it begins',
      { a: 'v2 abc1234', b: 'v2 abc1234def', c: 'v2 abc1234def-dirty' },
      'OK: Version consistency OK'
    ],
    [
      'takes two whole SHAs for two, though one short one begins both',
      { a: 'v2 abc1234', b: 'v2 abc1234def', c: 'v2 abc1234eee', d: 'v2 abc1234def' },
      /^MISMATCH: 1 of 4 pods differs.*: c reports v2 \(abc1234eee\)/
    ],
    [
      'overlooks a leading v under semver',
      { a: 'v2.0.0 abc1234', b: '2.0.0+build.7 abc1234' },
      'OK: Version consistency OK',
      { image: 'app:v2.0.0', target: { ...BY_PODS, versionMatch: 'semver' } }
    ],
    [
      'is MISMATCH when one has no SHA and the others have',
      { a: 'v2', b: 'v2 abc1234', c: 'v2 abc1234' },
      'MISMATCH: 1 of 3 pods differs from what is deployed (v2) or from each other: a reports v2 (no git SHA); the others: v2 (abc1234)'
    ],
    [
      'takes those for right that say the tag, however many do not',
      { a: 'v1 0001111', b: 'v1 0001111', c: 'v2 abc1234' },
      'MISMATCH: 2 of 3 pods differ from what is deployed (v2) or from each other: a reports v1 (0001111), b reports v1 (0001111); the other: v2 (abc1234)'
    ],
    [
      'names all when none says the tag',
      { a: 'v1 0001111', b: 'v1 0001111' },
      'MISMATCH: 2 of 2 pods differ from what is deployed (v2) or from each other: a reports v1 (0001111), b reports v1 (0001111)'
    ],
    [
      'names five, and counts the others',
      Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(name => [name, 'v1 0001111'])),
      /e reports v1 \(0001111\), and 2 more$/
    ],
    ['is WARNING when no pod has a SHA', { a: 'v2', b: 'v2' }, 'WARNING: Git SHA missing in UI response'],
    [
      'is ERROR when one gives no report and another does',
      { a: 'v2 abc1234', b: TIMEOUT },
      'ERROR: Endpoint error: 1 of 2 pods gives no report: b (timeout here)'
    ],
    [
      'is MISMATCH, and tells both, when one differs and another gives no report',
      { a: 'v1 0001111', b: TIMEOUT, c: TIMEOUT },
      'MISMATCH: 1 of 1 pods differs from what is deployed (v2) or from each other: a reports v1 (0001111); 2 of 3 pods give no report: b (timeout here), c (timeout here)'
    ],
    [
      'blames nobody when none gives a report',
      { a: TIMEOUT, b: { fails: 'connect' } },
      'UNKNOWN: Pods cannot be asked: none of 2 gives a report at port 8080 (a: timeout here)'
    ],
    [
      'counts those that were tried, where others were not asked yet',
      { a: TIMEOUT, b: null },
      'UNKNOWN: Pods cannot be asked: none of 1 gives a report at port 8080 (a: timeout here)'
    ],
    [
      'blames nobody when no address may be asked',
      { a: REFUSED },
      'UNKNOWN: Pods cannot be asked: none of 1 gives a report at port 8080 (a: refused here)'
    ],
    ['lets those go by that may not be asked', { a: 'v2 abc1234', b: REFUSED }, 'OK: Version consistency OK'],
    ['lets those go by that were not asked yet', { a: 'v2 abc1234', b: null }, 'OK: Version consistency OK'],
    ['says that nothing was asked yet', { a: null }, 'UNKNOWN: Not checked yet'],
    ['says that no pod is ready', {}, 'UNKNOWN: Pods cannot be asked: no pod is ready', { others: 3 }],
    [
      'does not call containers of Docker unready that have no address',
      {},
      'UNKNOWN: Pods cannot be asked: no pod that is ready has an address of its own: its network is that of the host, that of another container, or none',
      { facts: { pods: seen([aPod({ ip: '' }), aPod({ isReady: false })]) } }
    ],
    [
      'says what keeps pods from being seen',
      {},
      'UNKNOWN: Pods cannot be asked: set WATCH_PODS',
      { facts: { pods: unseen('not_watched', 'set WATCH_PODS') } }
    ],
    [
      'says that the workload is not there',
      {},
      'UNKNOWN: Deployed image unknown: gone',
      { facts: { workload: unseen('not_found', 'gone'), pods: unseen('never_read', '') } }
    ],
    [
      'compares pods with each other where the tag names no version',
      { a: 'v2 abc1234', b: 'v1 0001111', c: 'v2 abc1234' },
      'MISMATCH: 1 of 3 pods differs from what is deployed (latest) or from each other: b reports v1 (0001111); the others: v2 (abc1234)',
      { image: 'app:latest' }
    ],
    [
      'and does not know more than that where they agree',
      { a: 'v2 abc1234', b: 'v2 abc1234' },
      'UNKNOWN: Deployed image unknown: the tag latest names no version: deploy a tag that does',
      { image: 'app:latest' }
    ],
    [
      'compares pods with each other where there is no tag',
      { a: 'v2 abc1234', b: 'v2 def5678' },
      'MISMATCH: 1 of 2 pods differs: b reports v2 (def5678); the other: v2 (abc1234)',
      { image: `app@sha256:${'0'.repeat(64)}` }
    ],
    [
      'says that there is no tag where they agree',
      { a: 'v2 abc1234' },
      /^UNKNOWN: Deployed image unknown: app@sha256:0+ has no tag to compare$/,
      { image: `app@sha256:${'0'.repeat(64)}` }
    ],
    [
      'compares SHAs where that is wanted',
      { a: ' abc1234', b: ' abc1234' },
      'OK: Version consistency OK',
      { image: 'app:sha-abc1234', target: { ...BY_PODS, versionMatch: 'git-sha' } }
    ],
    [
      'overlooks other words for the version where SHAs are compared',
      { a: 'v2 abc1234', b: 'build-7 abc1234def', c: ' ABC1234' },
      'OK: Version consistency OK',
      { image: 'app:sha-abc1234', target: { ...BY_PODS, versionMatch: 'git-sha' } }
    ],
    [
      'names what it has where a report has no version',
      { a: ' abc1234', b: ' def5678' },
      /b reports def5678; the other: abc1234$/,
      { image: 'app:sha-abc1234', target: { ...BY_PODS, versionMatch: 'git-sha' } }
    ]
  ] as readonly (readonly [string, Parameters<typeof judge>[0], string | RegExp, Scene?])[]) {
    test(rule, () => {
      const finding = told(judge(pods, scene))
      if (typeof expected === 'string') assert.equal(finding, expected)
      else assert.match(finding, expected)
    })
  }

  for (const strategy of [{ partition: 1 }, { type: 'OnDelete' }, { isPaused: true }] as const) {
    test(`lets an old pod be that is kept on purpose and says what it runs: ${Object.keys(strategy)}`, () => {
      const old = (says: string) => ({ says, image: 'app:v1' })
      const pods = { new: 'v2 abc1234', old: old('v1 0001111'), older: old('v1 0001111') }
      const finding = judge(pods, { strategy })
      assert.equal(finding.status, 'OK')
      assert.equal(finding.evidence.pods?.versions, 2)
      assert.equal(judge(pods).status, 'MISMATCH', 'which it is where nothing keeps it')
      const odd = { ...pods, older: old('v1 0002222'), oldest: old('v1 0001111') }
      assert.match(judge(odd, { strategy }).message, /^1 of 4 pods differs.*: older reports v1 \(0002222\)/)
      const stale = judge({ ...pods, old: old('v2 abc1234') }, { strategy })
      assert.match(stale.message, /^1 of 3 pods differs.*: old reports v2 \(abc1234\)/)
    })
  }

  test('names the image of a pod that is kept on purpose and has no tag', () => {
    const image = `app@sha256:${'0'.repeat(64)}`
    const pods = { new: 'v2 abc1234', old: { says: 'v1 0001111', image } }
    assert.match(
      told(judge(pods, { strategy: { partition: 1 } })),
      /^UNKNOWN: Deployed image unknown: app@sha256:0+ has no tag to compare$/
    )
    const withoutSha = { ...pods, new: 'v2' }
    assert.equal(judge(withoutSha, { strategy: { partition: 1 } }).status, 'WARNING', 'the worse of two decides')
  })

  test('says what keeps the deployed image from being known, where pods agree', () => {
    const facts = { workload: seen(aWorkload({ containers: [] })) }
    assert.equal(
      told(judge({ a: 'v2 abc1234' }, { facts })),
      'UNKNOWN: Deployed image unknown: Deployment shop has no containers'
    )
    assert.equal(judge({ a: 'v2 abc1234', b: 'v1 0001111' }, { facts }).status, 'MISMATCH')
  })

  test('counts every pod by what became of it, the odd ones first', () => {
    const pods = { a: 'v2 abc1234', b: 'v1 0001111', c: TIMEOUT, d: REFUSED, e: null } as const
    const { evidence } = judge(pods, { others: 2 })
    assert.deepEqual(evidence.pods, {
      versions: 2,
      results: { agrees: 1, differs: 1, failed: 1, refused: 1, not_asked: 3 },
      pods: [
        { name: 'b', node: 'node-1', result: 'differs', version: 'v1', gitSha: '0001111', message: '' },
        { name: 'c', node: 'node-1', result: 'failed', version: null, gitSha: null, message: 'timeout here' },
        { name: 'd', node: 'node-1', result: 'refused', version: null, gitSha: null, message: 'refused here' },
        { name: 'a', node: 'node-1', result: 'agrees', version: 'v2', gitSha: 'abc1234', message: '' },
        { name: 'e', node: 'node-1', result: 'not_asked', version: null, gitSha: null, message: '' }
      ],
      spokesman: 'b'
    })
    assert.equal(evidence.isConsistent, false)
  })

  for (const [rule, pods, spokesman] of [
    ['the first that differs', { a: 'v2 abc1234', b: TIMEOUT, c: 'v2 def5678', d: 'v1 0001111' }, 'd'],
    ['else the first that failed', { a: 'v2 abc1234', b: TIMEOUT }, 'b'],
    ['else any', { a: 'v2 abc1234', b: 'v2 abc1234' }, 'a'],
    ['nobody where none gives a report', { a: TIMEOUT, b: TIMEOUT }, null]
  ] as const) {
    test(`lets one pod speak for the service: ${rule}`, () => {
      assert.equal(judge(pods).evidence.pods?.spokesman, spokesman)
    })
  }

  test('shows what came from outside, and nothing that acts', () => {
    const [long, name] = ['x'.repeat(500), 'a\u202eb']
    const { message, evidence } = judge({ [name]: `v\u001b${long} abc1234` })
    assert.ok(message.includes('a\ufffdb reports v\ufffdxxx') && message.length < 500, message)
    assert.deepEqual([evidence.pods?.pods[0]?.name, evidence.pods?.pods[0]?.version?.length], ['a\ufffdb', 128])
    assert.equal(evidence.pods?.spokesman, 'a\ufffdb')
  })

  test('stands on the oldest answer', () => {
    const at = (checkedAt: number): PodReport => ({
      pod: aPod({ name: `pod-${checkedAt}` }),
      observation: anObservation(aReport('v2'), { checkedAt })
    })
    assert.equal(judge({}, { facts: { podReports: [at(3000), at(1000), at(2000)] } }).asOf, 1000)
    assert.equal(judge({ a: null }).asOf, null)
  })
})

suite('the version guard, at an endpoint and pod by pod', () => {
  const both = aTarget({ podEndpoint })
  const well = { a: 'v2 abc1234', b: 'v2 abc1234' }
  const odd = { a: 'v2 abc1234', b: 'v1 0001111' }
  const at = (report: Observation['report']) => ({ target: both, facts: { observation: anObservation(report) } })

  for (const [rule, report, pods, expected] of [
    ['is OK where both are', aReport('v2'), well, /^OK: Version consistency OK$/],
    ['is MISMATCH where only a pod differs', aReport('v2'), odd, /^MISMATCH: 1 of 2 pods differs/],
    ['is MISMATCH where only the endpoint differs', aReport('v1'), well, /^MISMATCH: UI version \(v1\) .*\(v2\)$/],
    ['tells both where both differ', aReport('v1'), odd, /^MISMATCH: UI version \(v1\) .*\(v2\); 1 of 2 pods differs/],
    [
      'is ERROR where the endpoint failed',
      unseen('dns', 'no such host'),
      well,
      /^ERROR: Endpoint error: no such host$/
    ],
    [
      'is UNKNOWN where pods cannot be asked, whatever the endpoint says',
      aReport('v2'),
      { a: TIMEOUT },
      /^UNKNOWN: Pods cannot/
    ],
    ['tells one thing once', aReport('v2', null), { a: 'v2' }, /^WARNING: Git SHA missing in UI response$/]
  ] as const) {
    test(rule, () => assert.match(told(judge(pods, at(report))), expected))
  }

  test('lets a pod speak for the service only where the pods are what is wrong', () => {
    assert.equal(judge(well, at(aReport('v2'))).evidence.pods?.spokesman, null)
    assert.equal(judge(odd, at(aReport('v2'))).evidence.pods?.spokesman, 'b')
    assert.equal(judge(odd, at(unseen('dns', 'gone'))).evidence.pods?.spokesman, null)
  })

  test('shows no pods where they are not seen', () => {
    const facts = { observation: anObservation(aReport('v2')), pods: unseen('not_watched', 'not read') } as const
    assert.equal(judge({}, { target: both, facts }).evidence.pods, null)
  })
})
