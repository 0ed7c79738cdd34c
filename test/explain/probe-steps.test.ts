import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { unseen } from '../../src/domain/observation.ts'
import type { Observation } from '../../src/domain/probe.ts'
import type { Hop, Link } from '../../src/domain/probe-trace.ts'
import { explainProbe } from '../../src/explain/probe-steps.ts'
import { aHop, NOW } from '../support/explanations.ts'
import { anObservation, aReport } from '../support/facts.ts'

const ENDPOINT = 'https://shop.example/debug/version'
const PLAIN: Link = {
  addresses: [],
  moreAddresses: 0,
  used: '10.0.0.1',
  proxy: '',
  tls: null,
  lookupMs: null,
  connectMs: 4,
  tlsMs: null
}

function stepsOf(hops: readonly Hop[], changes: Partial<Observation> = {}): readonly string[] {
  const trace = { hops, versionPointer: '/version', gitShaPointer: null, isDiscreet: false }
  const observation = anObservation(aReport('v1', null), { checkedAt: NOW, trace, ...changes })
  return explainProbe(observation, ENDPOINT, false).steps.map(({ what, text, durationMs, details }) =>
    [`${what}: ${text}`, ...(durationMs === null ? [] : [`in ${durationMs}`]), ...details].join(' | ')
  )
}

const plain = (changes: Partial<Hop> = {}) =>
  aHop({ link: PLAIN, headers: [], ageSeconds: null, serverTime: null, headMs: 10, ...changes })

suite('the steps of a probe', () => {
  test('are told one by one, with the time that each took', () => {
    assert.deepEqual(stepsOf([aHop({ serverTime: NOW - 3_600_000 })]), [
      `address: ${ENDPOINT}`,
      'lookup: the host is 10.0.0.1, 10.0.0.2 | in 3',
      'connection: to 10.0.0.1 | in 4',
      "tls: TLSv1.3, certificate of shop.example, issued by Let's Encrypt R3, valid until 2027-01-02 | in 12",
      "answer: HTTP 200 | in 11 | content-type: application/json | via: 1.1 varnish | age: 3600 s: a cache has kept this answer that long | date: 2026-11-03 02:04:05 UTC, in step with the guard's clock",
      'report: version v1 at /version, no git SHA'
    ])
  })

  for (const [rule, hops, steps] of [
    [
      'a kept connection was made earlier',
      [plain({ connection: 'kept' })],
      ['connection: kept from an earlier check, to 10.0.0.1', 'answer: HTTP 200 | in 10']
    ],
    [
      'one that had ended is made anew',
      [plain({ connection: 'kept, then new' })],
      ['connection: to 10.0.0.1, a kept one had ended, so this is a new one | in 4', 'answer: HTTP 200 | in 6']
    ],
    [
      'a proxy is named',
      [plain({ link: { ...PLAIN, proxy: 'proxy.example:3128', addresses: ['10.9.9.9'], lookupMs: 1 } })],
      [
        'lookup: the proxy is 10.9.9.9 | in 1',
        'connection: to 10.0.0.1, over the proxy proxy.example:3128 | in 4',
        'answer: HTTP 200 | in 5'
      ]
    ],
    [
      'a redirect leads to another address',
      [plain({ status: 302 }), plain({ address: 'https://login.example/', status: 403 })],
      [
        'connection: to 10.0.0.1 | in 4',
        'answer: HTTP 302 | in 6',
        'redirect: to https://login.example/',
        'connection: to 10.0.0.1 | in 4',
        'answer: HTTP 403 | in 6'
      ]
    ],
    [
      'a clock that is wrong is told',
      [plain({ serverTime: NOW - 61_000 })],
      [
        'connection: to 10.0.0.1 | in 4',
        "answer: HTTP 200 | in 6 | date: 2026-11-03 03:03:04 UTC, 61 s behind the guard's clock"
      ]
    ],
    [
      "a kept connection says what its certificate was, and its time is the server's own",
      [
        plain({
          connection: 'kept',
          link: { ...PLAIN, tls: { version: 'TLSv1.3', subject: 'shop.example', issuer: '', validUntil: null } }
        })
      ],
      [
        'connection: kept from an earlier check, to 10.0.0.1 | TLSv1.3, certificate of shop.example',
        'answer: HTTP 200 | in 10'
      ]
    ],
    [
      'a kept connection need not say where it leads',
      [plain({ connection: 'kept', link: { ...PLAIN, used: '' } })],
      ['connection: kept from an earlier check', 'answer: HTTP 200 | in 10']
    ],
    [
      'TLS whose certificate may not be shown was agreed',
      [plain({ link: { ...PLAIN, tlsMs: 3 } })],
      ['connection: to 10.0.0.1 | in 4', 'tls: agreed | in 3', 'answer: HTTP 200 | in 3']
    ],
    [
      'TLS whose version alone is known took no time that is known',
      [plain({ link: { ...PLAIN, tls: { version: 'TLSv1.2', subject: '', issuer: '', validUntil: null } } })],
      ['connection: to 10.0.0.1 | in 4', 'tls: TLSv1.2', 'answer: HTTP 200 | in 6']
    ],
    [
      'an answer without a connection took all of its time, and never less than none',
      [plain({ link: null }), plain({ address: 'https://x.example/', headMs: 3 }), plain({ link: null, headMs: null })],
      [
        'answer: HTTP 200 | in 10',
        'redirect: to https://x.example/',
        'connection: to 10.0.0.1 | in 4',
        'answer: HTTP 200 | in 0',
        'answer: HTTP 200'
      ]
    ],
    [
      'a part of the connection that took no time takes none from the answer',
      [plain({ link: { ...PLAIN, connectMs: null, lookupMs: 2 } })],
      ['lookup: its addresses are not shown | in 2', 'connection: not connected', 'answer: HTTP 200 | in 8']
    ],
    [
      'addresses may be too many, or may not be shown',
      [
        plain({ link: { ...PLAIN, addresses: ['10.0.0.1'], moreAddresses: 7, lookupMs: 2 } }),
        plain({ address: 'another host', link: { ...PLAIN, used: '', lookupMs: 2 } })
      ],
      [
        'lookup: the host is 10.0.0.1 and 7 more | in 2',
        'connection: to 10.0.0.1 | in 4',
        'answer: HTTP 200 | in 4',
        'redirect: to another host',
        'lookup: its addresses are not shown | in 2',
        'connection: connected | in 4',
        'answer: HTTP 200 | in 4'
      ]
    ]
  ] as const) {
    test(rule, () => assert.deepEqual(stepsOf(hops).slice(1, -1), steps))
  }

  for (const [rule, secondsAhead, ageSeconds, words] of [
    ['five seconds are no difference', 5, null, "in step with the guard's clock"],
    ['nor are five the other way', -5, null, "in step with the guard's clock"],
    ['six are', 6, null, "6 s ahead of the guard's clock"],
    ['six the other way are', -6, null, "6 s behind the guard's clock"],
    ['a half counts as one', 5.5, null, "6 s ahead of the guard's clock"],
    ['thousands are counted one by one', -86_400, null, "86400 s behind the guard's clock"],
    ['what a cache kept is no difference', -3_600, 3_600, "in step with the guard's clock"],
    ['a cache does not hide a clock that is wrong', -3_000, 3_600, "600 s ahead of the guard's clock"]
  ] as const) {
    test(`compare the server's clock: ${rule}`, () => {
      const [, , answer = ''] = stepsOf([plain({ serverTime: NOW + secondsAhead * 1000, ageSeconds })])
      assert.equal(answer.replace(/^.* UTC, /, ''), words)
    })
  }

  test('name a header without a value all the same', () => {
    assert.match(stepsOf([plain({ headers: ['via'] })])[2] ?? '', /\| via: $/)
  })

  test('show no note where nothing is left out', () => {
    assert.equal(explainProbe(anObservation(aReport()), ENDPOINT, false).note, '')
  })

  test('say what a report lacks', () => {
    assert.equal(stepsOf([], { report: aReport(null, 'abc1234') }).at(-1), 'report: no version, git SHA abc1234')
  })

  test('end with the failure, and how far it came', () => {
    const refused = plain({ status: null, headMs: null, link: { ...PLAIN, used: '', connectMs: null } })
    const report = unseen('connect', 'connection to shop.example refused')
    assert.deepEqual(stepsOf([refused], { report }).slice(1), [
      'connection: not connected',
      'failure: connect: connection to shop.example refused'
    ])
  })

  test('are only the outcome where no trace is kept', () => {
    const observation = anObservation(aReport('v1', 'abc1234'))
    assert.deepEqual(
      explainProbe(observation, ENDPOINT, false).steps.map(({ text }) => text),
      [ENDPOINT, 'version v1, git SHA abc1234']
    )
  })

  test('say why they are not there', () => {
    assert.equal(explainProbe(null, null, false).note, 'the service has no endpoint')
    assert.equal(explainProbe(null, ENDPOINT, false).note, 'the endpoint has not been asked yet')
    assert.equal(explainProbe(anObservation(aReport()), ENDPOINT, false).note, '')
  })

  test('say what is left out where anybody may annotate', () => {
    const trace = { hops: [plain()], versionPointer: null, gitShaPointer: null, isDiscreet: true }
    assert.match(explainProbe(anObservation(aReport(), { trace }), ENDPOINT, false).note, /ENDPOINT_ALLOW/)
  })

  test('say where to look for the pods, whose steps are not kept', () => {
    const observation = anObservation(aReport())
    assert.match(explainProbe(observation, ENDPOINT, true).note, /^For pods the steps are not kept/)
    assert.match(explainProbe(null, null, true).note, /^the service has no endpoint\. For pods the steps are not kept/)
  })
})
