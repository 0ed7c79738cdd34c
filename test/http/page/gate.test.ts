import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { GateStanding } from '../../../src/domain/gate.ts'
import { headlineOf, renderGatePage } from '../../../src/http/page/gate.ts'
import { aGateReport, anItem, aStanding, LOOKED_AT, NO_GO } from '../../support/gate-report.ts'
import { NOW } from '../fixtures.ts'

const buildInfo = { version: '1.2.3', gitSha: null, buildDate: null }
const pageOf = (changes: Partial<GateStanding> = {}, now = NOW) =>
  renderGatePage({ standing: aStanding(changes), buildInfo, now })

const INTERVAL_MS = aStanding().intervalMs

suite("the gate's headline", () => {
  for (const [rule, changes, now, expected] of [
    ['says GO', {}, NOW, 'veza/veza-backend-api: GO'],
    ['says NO-GO', { report: NO_GO }, NOW, 'veza/veza-backend-api: NO-GO'],
    [
      'counts one reservation',
      { report: aGateReport({ reservations: ['a'] }) },
      NOW,
      'veza/veza-backend-api: GO with 1 reservation'
    ],
    [
      'counts reservations',
      { report: aGateReport({ reservations: ['a', 'b'] }) },
      NOW,
      'veza/veza-backend-api: GO with 2 reservations'
    ],
    ['says that it has not run yet', { report: null }, NOW, 'veza/veza-backend-api: the gate has not run yet'],
    ['is without the namespace where none is named', { namespace: null }, NOW, 'veza-backend-api: GO'],
    ['holds for three intervals', {}, LOOKED_AT + 3 * INTERVAL_MS, 'veza/veza-backend-api: GO'],
    [
      'has no verdict after three intervals',
      {},
      LOOKED_AT + 3 * INTERVAL_MS + 1,
      'veza/veza-backend-api: no verdict, for the last run is too old'
    ],
    [
      'has no verdict from the future',
      {},
      LOOKED_AT - 3 * INTERVAL_MS - 1,
      'veza/veza-backend-api: no verdict, for the last run is too old'
    ]
  ] as const) {
    test(rule, () => assert.equal(headlineOf(aStanding(changes), now), expected))
  }
})

suite("the gate's page", () => {
  test('shows every item with its evidence, below its section', () => {
    const page = pageOf({ report: NO_GO })
    assert.match(
      page,
      /<h2>Prometheus scrape <span class="detail">0 of 2 passed, 1 failed, 1 not looked at<\/span><\/h2>/
    )
    assert.match(page, /<li id="item-metrics-endpoint-answers" data-status="ERROR">/)
    assert.match(page, /<b>\/metrics answers<\/b><span class="message">connection refused<\/span>/)
    assert.match(page, /<li id="item-metrics-have-prefix" data-status="UNKNOWN">/)
    assert.match(page, /<li id="item-document-prometheus" data-status="WARNING">/)
    assert.match(page, /<span class="detail">document-prometheus, optional<\/span>/)
  })

  test('shows what to do, and what blocks', () => {
    const page = pageOf({ report: NO_GO })
    assert.match(
      page,
      /<li><strong>Blocks: <\/strong>Start the service <span class="detail">metrics-endpoint-answers, metrics-have-prefix<\/span><\/li>/
    )
    assert.match(page, /<li><strong><\/strong>Write the documentation/)
  })

  test('shows reservations and waivers, those that ended too', () => {
    const page = pageOf({ report: NO_GO })
    assert.match(page, /<li>drill-database-down is SKIP and waived by jane until 2026-11-30: no time yet<\/li>/)
    assert.match(page, /waived until 2026-11-30 by jane: no time yet/)
    assert.match(page, /waiver ended with 2026-10-01: moved/)
  })

  test('shows when it looked, for whom and at what', () => {
    assert.match(
      pageOf({ report: NO_GO }),
      /Looked <time [^>]*>1 min<\/time> ago · commit abc1234 · environment staging · validator jane\./
    )
    assert.doesNotMatch(pageOf(), /commit/)
  })

  test('leaves out what there is none of', () => {
    const page = pageOf()
    for (const absent of ['What to do', 'Reservations', 'is refused', 'Drills'])
      assert.ok(!page.includes(`>${absent}`), absent)
  })

  test('says that nothing is known before the first run', () => {
    assert.match(pageOf({ report: null }), /<p class="empty">The first run is under way/)
  })

  test('says what is wrong with a file that is refused, and what is in use', () => {
    const page = pageOf({ refusals: ['gate.yaml:3: no such key <b>'] })
    assert.match(
      page,
      /is refused; its last good version is in use<\/strong><ul><li>gate\.yaml:3: no such key &lt;b&gt;<\/li>/
    )
  })

  test('does not let an old GO look like one', () => {
    const page = pageOf({}, NOW + 4 * INTERVAL_MS)
    assert.match(page, /<title>No verdict · /)
    assert.match(page, /It said GO; that says nothing about now\./)
  })

  for (const [colour, rule, changes] of [
    ['1d7044', 'is green while it says GO', {}],
    ['b3261e', 'is red while it says NO-GO', { report: NO_GO }],
    ['b3261e', 'is red while its file is refused', { refusals: ['a'] }],
    ['b3261e', 'is red before the first run', { report: null }]
  ] as const) {
    test(rule, () => assert.ok(pageOf(changes).includes(`%23${colour}`)))
  }

  test('shows hostile strings as text', () => {
    const hostile = '"><script>alert(1)</script>'
    const report = aGateReport({
      commit: hostile,
      reservations: [hostile],
      items: [anItem({ item: hostile, evidence: hostile })],
      actions: [{ action: hostile, blocking: true, items: [hostile] }]
    })
    const page = pageOf({ service: hostile, report, refusals: [hostile] })
    assert.ok(!page.includes('<script>alert'))
  })
})
