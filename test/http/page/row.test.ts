import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Diagnosis } from '../../../src/domain/diagnosis.ts'
import type { ServiceReport } from '../../../src/domain/report.ts'
import { renderRow } from '../../../src/http/page/row.ts'
import { BEHIND, imageService } from '../../support/images.ts'
import { aMismatch, aService, DIAGNOSIS, LINKS, NOW } from '../fixtures.ts'

function row(service: ServiceReport, isExposed = true): string {
  return renderRow(service, {
    now: NOW,
    staleAfterMs: 60_000,
    links: LINKS,
    hasImages: false,
    isExposed: () => isExposed,
    needsAttention: () => false
  }).toString()
}

suite('row', () => {
  for (const [rule, service, expected] of [
    [
      'begins with the image where nothing else is judged',
      imageService(BEHIND),
      />UPDATE AVAILABLE<.*>Tag 17\.2 is newer/s
    ],
    ['marks where tag and version differ', aMismatch(), /v0\.2\.<mark>12<\/mark>-dev.*v0\.2\.<mark>33<\/mark>-dev/s],
    ['names the status in a word', aMismatch(), /<use href="#shape-MISMATCH"\/><\/svg>MISMATCH/],
    ['gives the reason', aService(), />Version consistency OK</],
    [
      'shortens the git SHA and keeps the whole',
      aService(),
      /title="abc1234def5678">abc1234<\/code><button type="button" class="copy" aria-label="Copy git SHA">/
    ],
    ['says since when', aService(), /for <time [^>]*title="2026-11-03 00:59:05 UTC">2 h 5 min</],
    [
      'says how long ago it was checked',
      aService(),
      /class="checked"><span class="old">old: <\/span>checked <time [^>]*>12 s<\/time> ago/
    ],
    [
      'says who is out of step',
      aMismatch({ diagnosis: { ...DIAGNOSIS, culprit: 'tag_moved', message: 'The tag v1 was moved' } }),
      /culprit <b>TAG MOVED<\/b><\/span> The tag v1 was moved</
    ],
    [
      'says which fact would decide who is out of step',
      aMismatch({ diagnosis: { ...DIAGNOSIS, culprit: 'unknown', message: 'Set WATCH_PODS=true' } }),
      /<span class="detail">Set WATCH_PODS=true</
    ],
    ['links the endpoint', aService(), /href="https:\/\/client-dev[^"]*" rel="noreferrer noopener"/],
    [
      'names a workload of another name',
      aService({ workload: { kind: 'DaemonSet', name: 'x' } }),
      /DaemonSet\/<bdi>x</
    ],
    ['says that the SHA is missing', aService({ status: 'WARNING', reported: { gitSha: null } }), />no git SHA</],
    ['says that nothing was asked yet', aService({ reported: null }), /not asked yet.*not checked yet/s],
    ['says that there was no report', aService({ reported: { failure: 'dns', version: null } }), />no report</],
    [
      'says what a rollout waits for',
      aService({ rollout: '1 of 3 pods' }),
      /rollout <b>ROLLING<\/b><\/span> Rollout in progress: 1 of 3 pods</
    ],
    [
      'keeps the whole image',
      aService(),
      /<code title="ghcr\.io\/keybuzzio\/keybuzz-client:v0\.2\.12-dev">v0\.2\.12-dev<\/code><button/
    ],
    ['links to its own view', aService({ service: 'a b/c' }), /href="services\/keybuzz-client-dev\/a%20b%2Fc"/],
    [
      'links to the runbook of what is wrong',
      aMismatch(),
      /href="https:\/\/github\.com\/[^"]*\/KeyBuzzVersionMismatch\.md"/
    ],
    [
      'links to the runbook of a workload that is missing',
      aService({ status: 'UNKNOWN', deployed: { found: false, image: null, imageTag: null } }),
      /\/KeyBuzzWorkloadMissing\.md"/
    ],
    [
      'links to the runbook of an endpoint that is down, though its workload is missing too: that alert fires',
      aService({ status: 'ERROR', deployed: { found: false, image: null, imageTag: null } }),
      /\/KeyBuzzDebugEndpointDown\.md"/
    ],
    ['links to the dashboard', aService(), /href="https:\/\/grafana\.example\/[^"]*var-service=keybuzz-client"/],
    ['isolates names that are written from right to left', aService({ service: 'שלום' }), /<bdi>שלום<\/bdi>/],
    [
      'shortens a digest in a message and keeps the whole',
      aService({ message: `Runs sha256:${'0123456789abcdef'.repeat(4)}, not v1` }),
      /Runs <code title="sha256:(?:0123456789abcdef){4}">sha256:0123456789ab…<\/code><button[^>]*><\/button>, not v1</
    ],
    [
      'shortens the digest in an image',
      aService({ deployed: { image: `shop@sha256:${'0123456789abcdef'.repeat(4)}`, imageTag: null } }),
      />shop@sha256:0123456789ab…</
    ],
    [
      'shortens the digest of an image without a tag',
      aService({ deployed: { imageTag: null, imageDigest: `sha256:${'0123456789abcdef'.repeat(4)}` } }),
      />sha256:0123456789ab…</
    ],
    [
      'tells a workload that is not there',
      aService({ deployed: { found: false, image: null, imageTag: null } }),
      />no such workload</
    ],
    [
      'from a workload that was never read',
      aService({ deployed: { found: null, image: null, imageTag: null } }),
      />unknown</
    ],
    [
      'says that two versions differ beyond what is shown of them',
      aMismatch({ deployed: { imageTag: '9' }, reported: { version: '9' } }),
      />they differ after 128 characters</
    ]
  ] as const) {
    test(rule, () => assert.match(row(service), expected))
  }

  test('says that no alert can see it', () => {
    assert.match(row(aService(), false), />left out of \/metrics: no alert can see it</)
    assert.doesNotMatch(row(aService()), /left out/)
  })

  test('shows what is known of a service without an endpoint, and nothing of a report', () => {
    const text = row(aService({ endpoint: null, rollout: '1 of 3 pods' }))
    assert.match(text, /data-status="ROLLING".*#shape-OK.*>Rollout in progress: 1 of 3 pods</s)
    assert.doesNotMatch(text, /reported|class="checked|not asked|debug/)
  })

  test('marks nothing where a version counts as the same', () => {
    assert.doesNotMatch(row(aService({ reported: { version: '0.2.12-dev' } })), /<mark>/)
  })

  test('marks knowledge as old that is older than it may be, and no sooner', () => {
    const checked = (agoMs: number) => row(aService({ reported: { checkedAt: NOW - agoMs } }))
    assert.match(checked(60_001), /class="checked stale"/)
    assert.doesNotMatch(checked(60_000), /stale/)
  })

  for (const endpoint of [
    'javascript:alert(1)',
    'javascript://a/%0aalert(1)',
    'ftp://a/b',
    'data:text/html,x',
    ' https://a',
    `https://${'a'.repeat(120)}`
  ]) {
    test(`does not link ${endpoint.slice(0, 20)}`, () => {
      const text = row(aService({ endpoint }))
      assert.doesNotMatch(text, /<a class="detail"/)
      assert.ok(text.includes(`<span class="detail">${endpoint}</span>`))
    })
  }

  test('has no link where a name would lead elsewhere', () => {
    for (const service of ['.', '..']) assert.doesNotMatch(row(aService({ service })), /href="services/)
  })

  test('says once what both the culprit and another finding say', () => {
    const rolling = row(
      aMismatch({
        rollout: '1 of 3 pods',
        diagnosis: { ...DIAGNOSIS, culprit: 'rollout', message: 'Rollout in progress: 1 of 3 pods; the rest waits' }
      })
    )
    assert.match(
      rolling,
      /culprit <b>ROLLOUT<\/b><\/span> <span [^>]*>rollout <b>ROLLING<\/b><\/span> Rollout in progress: 1 of 3 pods; the rest waits</
    )
    assert.equal(rolling.split('Rollout in progress').length, 2)
    const silent = row(
      aService({ status: 'ERROR', diagnosis: { ...DIAGNOSIS, culprit: 'endpoint', message: 'the same' } })
    )
    assert.match(silent, /culprit <b>ENDPOINT</)
    assert.doesNotMatch(silent, /the same/)
  })

  test('has no link to a runbook where nothing is wrong', () => assert.doesNotMatch(row(aService()), /Runbook/))

  test('has another hash when it says something else, and none for ages alone', () => {
    const hashOf = (service: ServiceReport, now = NOW) => {
      const view = {
        now,
        staleAfterMs: 60_000,
        links: LINKS,
        hasImages: false,
        isExposed: () => true,
        needsAttention: () => false
      }
      return /data-hash="([\w-]+)"/.exec(renderRow(service, view).toString())?.[1]
    }
    assert.equal(hashOf(aService(), NOW + 1_000_000), hashOf(aService()))
    assert.equal(hashOf(aService({ reported: { checkedAt: NOW } })), hashOf(aService()))
    for (const other of [aMismatch(), aService({ since: 0 }), aService({ isSinceStart: true })])
      assert.notEqual(hashOf(other), hashOf(aService()))
  })

  test('shows hostile strings as text, wherever they stand', () => {
    const hostile = '"><script>alert(1)</script>'
    const text = row(
      aMismatch({
        service: hostile,
        namespace: hostile,
        endpoint: hostile,
        message: hostile,
        workload: { kind: 'Deployment', name: `${hostile}2` },
        deployed: { image: hostile, imageTag: hostile, rolloutInProgress: true },
        rollout: hostile,
        reported: { version: `${hostile}3`, gitSha: hostile }
      })
    )
    assert.doesNotMatch(text, /<script|"">/)
  })

  test('says nothing of a culprit where nobody is out of step', () => {
    const diagnosis: Diagnosis = { ...DIAGNOSIS, culprit: 'none', message: 'Nobody is out of step' }
    assert.doesNotMatch(row(aService({ diagnosis })), /out of step/i)
  })
})
