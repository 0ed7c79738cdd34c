import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { HealthFacts } from '../../../src/gate/live/live-facts.ts'
import { CONFIG, failureOf, healthOf, judged, SERVICE, type World } from './live-world.ts'

function answering(readyz: HealthFacts): World {
  return { service: { health: new Map([...SERVICE.health, ['readyz', readyz]]) } }
}

suite('a health endpoint', () => {
  for (const [rule, world, expected] of [
    ['passes with its checks', {}, 'PASS: GET /readyz: 200 in 12 ms, database ok'],
    [
      'fails at another status',
      answering(healthOf('/readyz', { status: 503 })),
      'FAIL: GET /readyz: 503 in 12 ms; expected 200\n→ Make /readyz answer 200: it answers 503'
    ],
    [
      'fails at a redirect',
      answering(healthOf('/readyz', { status: 302, location: 'https://login.example/' })),
      'FAIL: GET /readyz: 302 in 12 ms, a redirect to https://login.example/; expected 200\n→ Make /readyz answer 200: it answers 302'
    ],
    [
      'says what to set where it wants https',
      answering(healthOf('/readyz', { status: 308, location: 'https://shop/readyz', secureUrl: 'https://shop' })),
      'FAIL: GET /readyz: 308 in 12 ms, a redirect to https://shop/readyz; expected 200\n→ Set service.url to https://shop: it wants https'
    ],
    [
      'fails at a login page',
      answering(healthOf('/readyz', { isHtml: true })),
      'FAIL: GET /readyz: 200 in 12 ms, HTML: a login page?\n→ Make /readyz answer 200 without HTML, or set html: true'
    ],
    [
      'fails where it takes too long, though others answer',
      answering(failureOf('http://shop:8080/readyz', 'no answer within 1 s')),
      'FAIL: GET http://shop:8080/readyz: no answer within 1 s, 1 ms\n→ Make /readyz answer 200: no answer within 1 s'
    ],
    [
      'is unseen where the gate itself could not ask',
      answering({ ...failureOf('http://shop:8080/readyz', '/run/token: no such file'), reason: 'not_asked' }),
      'SKIP: GET http://shop:8080/readyz: /run/token: no such file, 1 ms\n→ Let the gate ask: /run/token: no such file'
    ],
    [
      'fails where nothing answers at all',
      {
        service: {
          metrics: failureOf('http://shop:8080/metrics'),
          health: new Map([
            ['health', failureOf('http://shop:8080/health')],
            ['readyz', failureOf('http://shop:8080/readyz')]
          ])
        }
      },
      'FAIL: GET http://shop:8080/readyz: connection to shop:8080 refused, 1 ms\n→ Start the service: nothing answers at http://shop:8080 (connection to shop:8080 refused)'
    ],
    [
      'fails without a check that is wanted',
      answering({ ...healthOf('/readyz'), checks: {} } as HealthFacts),
      'FAIL: GET /readyz: 200 in 12 ms, the JSON lacks the checks database\n→ Add the checks database to /readyz'
    ],
    [
      'is not judged by its checks where there is more than the gate reads',
      answering({ ...healthOf('/readyz', { isTruncated: true }), checks: null } as HealthFacts),
      'SKIP: GET /readyz: 200 in 12 ms, but the answer is larger than the gate reads\n→ Make the answer of /readyz smaller'
    ],
    [
      'fails where a check that is wanted says that it is broken, whatever the status',
      answering({ ...healthOf('/readyz'), checks: { database: ['Error'] } } as HealthFacts),
      'FAIL: GET /readyz: 200 in 12 ms, but the check database says Error\n→ Repair database: the check of /readyz says Error'
    ],
    [
      'fails where one of several checks of a name says that it is broken',
      answering({ ...healthOf('/readyz'), checks: { database: ['UP', 'DOWN'] } } as HealthFacts),
      'FAIL: GET /readyz: 200 in 12 ms, but the check database says DOWN\n→ Repair database: the check of /readyz says DOWN'
    ],
    ...[
      ...['disconnected', 'offline', 'unreachable', 'DOWN: connection refused', 'failed to connect'],
      ...['KO', 'NOT_SERVING', 'not healthy', 'timeout', 'timed out after 2 s']
    ].map(
      says =>
        [
          `fails where a check says ${says}`,
          answering({ ...healthOf('/readyz'), checks: { database: [says] } } as HealthFacts),
          `FAIL: GET /readyz: 200 in 12 ms, but the check database says ${says}\n→ Repair database: the check of /readyz says ${says}`
        ] as const
    ),
    [
      'takes a word for a check that it does not know',
      answering({
        ...healthOf('/readyz'),
        checks: { database: ['degraded', 'failover', 'kong'] }
      } as HealthFacts),
      'PASS: GET /readyz: 200 in 12 ms, database degraded, failover, kong'
    ],
    [
      'warns where the answer as a whole says that it is broken',
      answering({ ...healthOf('/readyz'), overall: 'DOWN' } as HealthFacts),
      'PASS: GET /readyz: 200 in 12 ms, database ok\n! /readyz answers 200, but its "status" says DOWN (health-endpoint-readyz)'
    ],
    [
      'fails where it is no JSON',
      answering({ ...healthOf('/readyz'), checks: null } as HealthFacts),
      'FAIL: GET /readyz: 200 in 12 ms, but no JSON with checks\n→ Make /readyz answer in JSON with checks'
    ]
  ] as readonly (readonly [string, World, string])[]) {
    test(rule, () => assert.equal(judged('health-endpoint-readyz', world), expected))
  }

  test('may be HTML where that is configured', () => {
    const health = CONFIG.health.map(endpoint => ({ ...endpoint, isHtml: true, checks: [] }))
    assert.match(
      judged('health-endpoint-readyz', { ...answering(healthOf('/readyz', { isHtml: true })), config: { health } }),
      /^PASS/
    )
  })

  test('needs no JSON where no check is named', () => {
    const health = CONFIG.health.map(endpoint => ({ ...endpoint, checks: [] }))
    const plain = { ...healthOf('/readyz'), checks: null } as HealthFacts
    assert.equal(
      judged('health-endpoint-readyz', { ...answering(plain), config: { health } }),
      'PASS: GET /readyz: 200 in 12 ms'
    )
  })

  test('may have to answer another status', () => {
    const health = CONFIG.health.map(endpoint => ({ ...endpoint, status: 503 }))
    assert.match(
      judged('health-endpoint-readyz', { ...answering(healthOf('/readyz', { status: 503 })), config: { health } }),
      /^PASS/
    )
  })
})
