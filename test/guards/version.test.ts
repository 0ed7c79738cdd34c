import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { levelOf } from '../../src/domain/finding.ts'
import { type Observed, seen, unseen } from '../../src/domain/observation.ts'
import type { WorkloadUnseen } from '../../src/domain/ports.ts'
import type { DebugReport, FailureReason } from '../../src/domain/probe.ts'
import type { VersionMatch } from '../../src/domain/target.ts'
import type { Workload } from '../../src/domain/workload.ts'
import { versionGuard } from '../../src/guards/version.ts'
import { anObservation, aTarget, aWorkload, aReport as says, theFacts } from '../support/facts.ts'

interface Case {
  readonly deployed: Observed<Workload, WorkloadUnseen>
  readonly reported: Observed<DebugReport, FailureReason>
  readonly versionMatch: VersionMatch
}

function judge({ deployed, reported, versionMatch }: Case) {
  const facts = theFacts({ workload: deployed, observation: anObservation(reported) })
  const [finding] = versionGuard.judge(aTarget({ versionMatch }), facts, { now: 0, earlier: [] })
  assert.ok(finding !== undefined)
  return finding
}

const tagged = (tag: string | null, image = `app:${tag}`) => seen(aWorkload({ image }))
const DIGEST = `ghcr.io/a/app@sha256:${'0'.repeat(64)}`
const down = unseen('http_status', 'HTTP 404 Not Found')
const neverRead = unseen('never_read', 'never read')

const LONG = 'x'.repeat(5000)

suite('version guard', () => {
  for (const [rule, deployed, reported, status, message] of [
    ['is OK when tag and version agree and a SHA is there', tagged('v1'), says('v1'), 'OK', 'Version consistency OK'],
    [
      'is MISMATCH when the version differs from the tag',
      tagged('v0.2.12-dev'),
      says('v0.2.33-dev'),
      'MISMATCH',
      'UI version (v0.2.33-dev) does not match deployed image tag (v0.2.12-dev)'
    ],
    [
      'is MISMATCH, not WARNING, when version and SHA are both wrong',
      tagged('v1'),
      says('v2', null),
      'MISMATCH',
      'UI version (v2) does not match deployed image tag (v1)'
    ],
    ['is WARNING when the SHA is missing', tagged('v1'), says('v1', null), 'WARNING', 'Git SHA missing in UI response'],
    ['is ERROR when the endpoint failed', tagged('v1'), down, 'ERROR', 'Endpoint error: HTTP 404 Not Found'],
    [
      'is ERROR when both failed: the endpoint comes first',
      neverRead,
      down,
      'ERROR',
      'Endpoint error: HTTP 404 Not Found'
    ],
    [
      'does not blame the service when Kubernetes was never read',
      neverRead,
      says('v1'),
      'UNKNOWN',
      'Deployed image unknown: never read'
    ],
    [
      'does not compare a digest alone',
      tagged(null, DIGEST),
      says('v1'),
      'UNKNOWN',
      `Deployed image unknown: ${DIGEST} has no tag to compare`
    ],
    ['compares exactly: a leading v counts', tagged('v1.4.2'), says('1.4.2'), 'MISMATCH', undefined],
    ['compares exactly: case counts', tagged('V1'), says('v1'), 'MISMATCH', undefined],
    ['compares exactly: space counts', tagged('v1'), says(' v1'), 'MISMATCH', undefined],
    [
      'takes a tag that names no version for right where the report says it',
      tagged('latest'),
      says('latest'),
      'OK',
      ''
    ],
    [
      'is UNKNOWN where the tag names no version',
      tagged('latest'),
      says('v1.4.2'),
      'UNKNOWN',
      'Deployed image unknown: the tag latest names no version: deploy a tag that does'
    ],
    [
      'is WARNING, not UNKNOWN, where such a tag is reported without a SHA',
      tagged('main'),
      says('main', null),
      'WARNING',
      ''
    ],
    [
      'points to git-sha where the tag holds the reported SHA',
      tagged('sha-0123456'),
      says('1.4.2', '0123456789abcdef'),
      'MISMATCH',
      'UI version (1.4.2) does not match deployed image tag (sha-0123456); the tag holds a git SHA: set version-match to git-sha'
    ],
    [
      'points to git-sha where the tag can hardly be anything else than a SHA',
      tagged('main-0a1b2c3'),
      says('1.4.2', 'fffffff'),
      'MISMATCH',
      'UI version (1.4.2) does not match deployed image tag (main-0a1b2c3); the tag holds a git SHA: set version-match to git-sha'
    ],
    [
      'does not take a date for a SHA',
      tagged('main-20241103'),
      says('1.4.2'),
      'MISMATCH',
      'UI version (1.4.2) does not match deployed image tag (main-20241103)'
    ],
    [
      'compares whole strings, then cuts what it shows',
      tagged('v1'),
      says(LONG),
      'MISMATCH',
      `UI version (${LONG.slice(0, 128)}) does not match deployed image tag (v1)`
    ],
    [
      'tells two strings apart that are equal where they are shown',
      tagged('1'.repeat(128)),
      says(`${'1'.repeat(128)}b`),
      'MISMATCH',
      undefined
    ],
    [
      'shows control characters harmlessly',
      tagged('v1'),
      says('v1\u001b[2J\n'),
      'MISMATCH',
      'UI version (v1\ufffd[2J\ufffd) does not match deployed image tag (v1)'
    ]
  ] as const) {
    test(rule, () => {
      const finding = judge({ deployed, reported, versionMatch: 'exact' })
      assert.equal(finding.status, status)
      if (message) assert.equal(finding.message, message)
    })
  }

  for (const version of ['v1', 'v2']) {
    test(`does not take ${version} for the report of a container that does not run`, () => {
      const workload = seen(aWorkload({ kind: 'Container', image: 'app:v1' }))
      const facts = theFacts({ workload, pods: seen([]), observation: anObservation(says(version)) })
      const [finding] = versionGuard.judge(aTarget(), facts, { now: 0, earlier: [] })
      assert.equal(finding?.status, 'UNKNOWN')
      assert.equal(finding?.message, 'No container of it runs: something else answers at the endpoint')
      assert.equal(finding?.evidence.isConsistent, null)
    })
  }

  for (const [tag, version, status] of [
    ['v1.4.2', '1.4.2', 'OK'],
    ['1.4.2', 'v1.4.2', 'OK'],
    ['V1.4.2', 'v1.4.2', 'OK'],
    ['v1.4.2', 'v1.4.2+build.5', 'OK'],
    ['v1.4.2-rc.1', '1.4.2-rc.1+sha.abc', 'OK'],
    ['v1.4', '1.4', 'OK'],
    ['2024.11.1', 'v2024.11.1', 'OK'],
    ['v1.4.2-rc.1', '1.4.2', 'MISMATCH'],
    ['v1.4.2', '1.4.3', 'MISMATCH'],
    ['v1.4.2', 'vv1.4.2', 'MISMATCH'],
    ['v1.4.2', '1.4.2v', 'MISMATCH'],
    ['vanilla1', 'anilla1', 'MISMATCH'],
    ['1.4.2v3', '1.4.23', 'MISMATCH'],
    ['latest', 'v1.4.2', 'UNKNOWN'],
    ['v1.4.2_build.7', '1.4.2+build.7', 'OK'],
    ['v1.4.2_build.7', '1.4.2', 'OK'],
    ['v1.28.5-k3s1', 'v1.28.5+k3s1', 'OK'],
    ['1.4.2-rc.1-b7', 'v1.4.2-rc.1+b7', 'OK'],
    ['v1.28.5-k3s1', 'v1.28.5+k3s2', 'MISMATCH'],
    ['v1.28.5-k3s1', 'v1.28.5', 'MISMATCH'],
    ['v1.4.2_build_7', '1.4.2+other', 'OK'],
    ['v1.4.2-rc_1', '1.4.2-rc+1', 'OK'],
    ['shop_1.4.2', 'shop_1.4.2', 'OK'],
    ['v1.4.2', '1.4.2_build.7', 'MISMATCH'],
    ['v1.4.2_build.7', '1.4.2_build.7', 'OK'],
    ['1.4.2-rc_1', 'V1.4.2-rc_1', 'OK'],
    ['v1.4.2-rc_1', '1.4.2-rc_2', 'MISMATCH']
  ] as const) {
    test(`by semver, tag ${tag} and version ${version} are ${status}`, () => {
      const finding = judge({ deployed: tagged(tag), reported: says(version), versionMatch: 'semver' })
      assert.equal(finding.status, status)
    })
  }

  const FULL = '0123456789abcdef0123456789abcdef01234567'
  for (const [tag, gitSha, status] of [
    [FULL, FULL, 'OK'],
    [FULL, '0123456', 'OK'],
    ['0123456', FULL, 'OK'],
    ['0123456', FULL.toUpperCase(), 'OK'],
    ['0123456', '0123456-dirty', 'OK'],
    ['0123456-dirty', FULL, 'OK'],
    ['sha-0123456', FULL, 'OK'],
    ['sha0123456', FULL, 'OK'],
    ['main-0123456', FULL, 'OK'],
    ['0123456-amd64', FULL, 'OK'],
    ['v1.2.3-g0123456', FULL, 'OK'],
    ['v1.2.3-4-g0123456', FULL, 'OK'],
    ['main-20241103-0123456', FULL, 'OK'],
    ['pr-12_0123456', FULL, 'OK'],
    ['0123457', FULL, 'MISMATCH'],
    ['main-0123456f', FULL, 'MISMATCH'],
    ['012345', FULL, 'UNKNOWN'],
    ['v1.2.3', FULL, 'UNKNOWN'],
    ['main', FULL, 'UNKNOWN'],
    ['main-xyz0123456', FULL, 'UNKNOWN'],
    ['0123456', null, 'WARNING'],
    ['v1.2.3', null, 'UNKNOWN'],
    ['main-20241103', FULL, 'UNKNOWN'],
    ['20241103142536', FULL, 'UNKNOWN'],
    ['20241103', null, 'UNKNOWN'],
    ['main-20241103-0123457', FULL, 'MISMATCH'],
    ['20241103', `20241103${FULL.slice(8)}`, 'OK'],
    ['20241303', FULL, 'MISMATCH'],
    ['1234567', FULL, 'MISMATCH']
  ] as const) {
    test(`by git-sha, tag ${tag} and SHA ${gitSha} are ${status}, whatever the version`, () => {
      for (const version of ['1.4.2', null]) {
        const reported = says(version, gitSha)
        assert.equal(judge({ deployed: tagged(tag), reported, versionMatch: 'git-sha' }).status, status)
      }
    })
  }

  test('compares nothing where the endpoint, the tag or the SHA is missing', () => {
    const consistent = (tag: string, reported: Case['reported'], versionMatch: VersionMatch) =>
      judge({ deployed: tagged(tag), reported, versionMatch }).evidence.isConsistent
    assert.equal(consistent('v1', says('v1'), 'exact'), true)
    assert.equal(consistent('v1', says('v1', null), 'exact'), true)
    assert.equal(consistent('v1', says('v2', null), 'exact'), false)
    assert.equal(consistent('main', says('v2'), 'exact'), null)
    assert.equal(consistent('v1', down, 'exact'), null)
    assert.equal(consistent('0123456', says('v1', '0123456'), 'git-sha'), true)
    assert.equal(consistent('0123456', says('v1', null), 'git-sha'), null)
  })

  test('by git-sha, says which SHA differs, and where a tag holds none', () => {
    const message = (tag: string) =>
      judge({ deployed: tagged(tag), reported: says(null, FULL), versionMatch: 'git-sha' }).message
    assert.equal(message('main-fffffff'), `UI git SHA (${FULL}) does not match deployed image tag (main-fffffff)`)
    assert.equal(message('v1'), 'Deployed image unknown: the tag v1 holds no git SHA: deploy a tag that does')
  })

  test('has nothing to say of a service without an endpoint', () => {
    assert.deepEqual(versionGuard.judge(aTarget({ endpoint: null }), theFacts(), { now: 0, earlier: [] }), [])
  })

  test('judges nothing before the first probe has ended', () => {
    const [finding] = versionGuard.judge(aTarget(), theFacts({ observation: null }), { now: 0, earlier: [] })
    assert.deepEqual([finding?.status, finding?.message, finding?.asOf], ['UNKNOWN', 'Not checked yet', null])
  })

  test('tells the age of what it stands on, and that time alone changes nothing', () => {
    const finding = judge({ deployed: tagged('v1'), reported: says('v1'), versionMatch: 'exact' })
    assert.deepEqual([finding.asOf, finding.validUntil], [1_700_000_000_123, Number.POSITIVE_INFINITY])
  })

  test('gives each status its level', () => {
    const levels = [
      [says('v1'), 'OK', 'info'],
      [says('v2'), 'MISMATCH', 'warning'],
      [says('v1', null), 'WARNING', 'warning'],
      [down, 'ERROR', 'critical']
    ] as const
    for (const [reported, status, level] of levels) {
      const finding = judge({ deployed: tagged('v1'), reported, versionMatch: 'exact' })
      assert.deepEqual([finding.status, levelOf(finding.severity)], [status, level])
    }
    const unknown = judge({ deployed: neverRead, reported: says('v1'), versionMatch: 'exact' })
    assert.deepEqual([unknown.status, levelOf(unknown.severity)], ['UNKNOWN', 'warning'])
  })
})
