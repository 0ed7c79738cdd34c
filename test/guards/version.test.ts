import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { levelOf } from '../../src/domain/finding.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import { judgeVersion } from '../../src/guards/version.ts'

const tagged = (tag: string | null, image = `app:${tag}`) => seen({ image, tag, digest: null })
const says = (version: string, gitSha: string | null = 'abc1234') => seen({ version, gitSha })
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
      tagged(null, 'ghcr.io/a/app@sha256:0'),
      says('v1'),
      'UNKNOWN',
      'Deployed image unknown: ghcr.io/a/app@sha256:0 has no tag to compare'
    ],
    ['compares exactly: a leading v counts', tagged('v1.4.2'), says('1.4.2'), 'MISMATCH', undefined],
    ['compares exactly: case counts', tagged('V1'), says('v1'), 'MISMATCH', undefined],
    ['compares exactly: space counts', tagged('v1'), says(' v1'), 'MISMATCH', undefined],
    ['compares the implied latest as any tag', tagged('latest'), says('latest'), 'OK', undefined],
    [
      'compares whole strings, then cuts what it shows',
      tagged('v1'),
      says(LONG),
      'MISMATCH',
      `UI version (${LONG.slice(0, 128)}) does not match deployed image tag (v1)`
    ],
    [
      'tells two strings apart that are equal where they are shown',
      tagged('a'.repeat(128)),
      says(`${'a'.repeat(128)}b`),
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
      const finding = judgeVersion({ deployed, reported, versionMatch: 'exact' })
      assert.equal(finding.status, status)
      if (message !== undefined) assert.equal(finding.message, message)
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
    ['vanilla', 'anilla', 'MISMATCH'],
    ['latest', 'v1.4.2', 'MISMATCH']
  ] as const) {
    test(`by semver, tag ${tag} and version ${version} are ${status}`, () => {
      assert.equal(
        judgeVersion({ deployed: tagged(tag), reported: says(version), versionMatch: 'semver' }).status,
        status
      )
    })
  }

  test('gives each status its level', () => {
    const levels = {
      OK: 'info',
      MISMATCH: 'warning',
      WARNING: 'warning',
      UNKNOWN: 'warning',
      ERROR: 'critical'
    } as const
    for (const [status, level] of Object.entries(levels)) assert.equal(levelOf(status as keyof typeof levels), level)
  })
})
