import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { WHOLE } from '../../src/domain/shard.ts'
import { renderStatusJson } from '../../src/http/status-json.ts'
import { BEHIND, imageService } from '../support/images.ts'
import { aMismatch, aReport, aService, DIAGNOSIS, NOW } from './fixtures.ts'

function parsed(report: Parameters<typeof renderStatusJson>[0]): ReturnType<typeof JSON.parse> {
  return JSON.parse(JSON.stringify(renderStatusJson(report, WHOLE)))
}

suite('status as JSON', () => {
  test('gives every key of a service, in the order of the contract', () => {
    assert.equal(
      JSON.stringify(
        renderStatusJson(aReport([aMismatch({ deployed: { imageDigest: 'sha256:12' }, diagnosis: DIAGNOSIS })]), {
          index: 2,
          total: 3
        }),
        null,
        1
      ),
      `{
 "generatedAt": "2026-11-03T03:04:05.000Z",
 "shard": {
  "index": 2,
  "total": 3
 },
 "services": [
  {
   "service": "keybuzz-client",
   "namespace": "keybuzz-client-dev",
   "status": "MISMATCH",
   "level": "warning",
   "message": "UI version (v0.2.33-dev) does not match deployed image tag (v0.2.12-dev)",
   "image": "ghcr.io/keybuzzio/keybuzz-client:v0.2.12-dev",
   "imageTag": "v0.2.12-dev",
   "imageDigest": "sha256:12",
   "uiVersion": "v0.2.33-dev",
   "gitSha": "abc1234def5678",
   "endpoint": "https://client-dev.keybuzz.io/debug/version",
   "endpointUp": true,
   "rolloutInProgress": false,
   "reason": null,
   "since": "2026-11-03T00:59:05.000Z",
   "checkedAt": "2026-11-03T03:03:53.000Z",
   "durationSeconds": 0.042,
   "exposed": true,
   "workload": {
    "kind": "Deployment",
    "name": "keybuzz-client",
    "container": "app",
    "managedBy": ""
   },
   "pods": null,
   "diagnosis": {
    "culprit": "unknown",
    "message": "Nobody can be named",
    "missing": {
     "fact": "pods",
     "cure": "set WATCH_PODS=true"
    },
    "pods": [],
    "since": null,
    "asOf": "2026-11-03T03:04:05.000Z"
   },
   "findings": [
    {
     "guard": "version",
     "part": "",
     "status": "MISMATCH",
     "severity": "warning",
     "message": "UI version (v0.2.33-dev) does not match deployed image tag (v0.2.12-dev)",
     "since": "2026-11-03T00:59:05.000Z",
     "asOf": "2026-11-03T03:04:05.000Z"
    },
    {
     "guard": "rollout",
     "part": "",
     "status": "STABLE",
     "severity": "ok",
     "message": "No rollout is under way",
     "since": "2026-11-03T00:59:05.000Z",
     "asOf": "2026-11-03T03:04:05.000Z"
    }
   ],
   "images": []
  }
 ],
 "fleet": [],
 "warnings": [],
 "source": {
  "up": true,
  "lastSyncAt": "2026-11-03T03:04:05.000Z",
  "problems": []
 }
}`
    )
  })

  test('gives how long a check took in whole milliseconds, without the noise of a division', () => {
    const { services } = parsed(aReport([aService({ reported: { durationMs: 16.262 } })]))
    assert.equal(services[0].durationSeconds, 0.016)
  })

  test('says what is newer than the images of a service', () => {
    const [service] = parsed(aReport([imageService(BEHIND)])).services
    const digest = `sha256:${'a'.repeat(64)}`
    assert.deepEqual(service.images, [
      {
        container: 'app',
        image: 'docker.io/library/postgres',
        current: '15.4',
        status: 'UPDATE_AVAILABLE',
        message: 'Tag 17.2 is newer than 15.4 (major); the newest of the same major version is 15.12',
        latest: '17.2',
        part: 'major',
        sameMajor: '15.12',
        sameMinor: null,
        drifted: false,
        runningDigests: [digest],
        tagDigest: digest,
        notes: 'https://github.com/docker-library/postgres/releases',
        checkedAt: '2026-11-03T03:00:00.000Z',
        failure: null,
        explain: [
          'container: app',
          'image: docker.io/library/postgres:15.4',
          'latest: 17.2 (major)',
          'latest of the same major version: 15.12',
          `running digest: ${digest}`,
          `digest of the tag: ${digest}`,
          'release notes: https://github.com/docker-library/postgres/releases'
        ]
      }
    ])
  })

  test('gives no status to a service without an endpoint, and its findings', () => {
    const [service] = parsed(aReport([aService({ endpoint: null, rollout: '1 of 3 pods' })])).services
    const { status, level, message, endpoint, endpointUp, since, findings } = service
    assert.deepEqual([status, level, message, endpoint, endpointUp, since], [null, null, null, null, null, null])
    assert.deepEqual(
      findings.map((finding: { guard: string; status: string }) => [finding.guard, finding.status]),
      [['rollout', 'ROLLING']]
    )
  })

  test('gives null for what a target that was never asked cannot tell', () => {
    const [service] = parsed(aReport([aService({ reported: null })])).services
    const { uiVersion, gitSha, endpointUp, reason, checkedAt, durationSeconds } = service
    assert.deepEqual(
      { uiVersion, gitSha, endpointUp, reason, checkedAt, durationSeconds },
      { uiVersion: null, gitSha: null, endpointUp: null, reason: null, checkedAt: null, durationSeconds: null }
    )
  })

  test('gives the reason of an endpoint that is down', () => {
    const reported = { failure: 'timeout', version: null, gitSha: null } as const
    const [service] = parsed(aReport([aService({ status: 'ERROR', reported })])).services
    assert.equal(service.endpointUp, false)
    assert.equal(service.reason, 'timeout')
    assert.equal(service.level, 'critical')
  })

  test('says what is left out of /metrics', () => {
    const leftOut = {
      services: new Set(['keybuzz-client-dev/keybuzz-client']),
      of: 3,
      namespace: 'shop',
      inNamespace: 2
    }
    const { warnings, services } = parsed(aReport([aService()], { leftOut, warnings: ['other'] }))
    assert.deepEqual(warnings, [
      '1 of 3 targets are left out of /metrics, where no alert can see them; namespace shop has the most targets (2); raise SERIES_LIMIT, or watch less',
      'other'
    ])
    assert.equal(services[0].exposed, false)
  })

  test('gives what limits the answer: warnings, and a source that was never read', () => {
    const source = { up: false, lastSyncAt: null, problems: ['no access'] }
    const problems = [{ message: 'no access', withholds: 'workloads' as const }]
    const answer = parsed(
      aReport([], { generatedAt: NOW, source: { ...source, problems }, warnings: ['claimed twice'] })
    )
    assert.deepEqual(answer, {
      generatedAt: '2026-11-03T03:04:05.000Z',
      shard: { index: 0, total: 1 },
      services: [],
      fleet: [],
      warnings: ['claimed twice'],
      source
    })
  })
})
