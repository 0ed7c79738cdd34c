import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { WHOLE } from '../../../src/domain/shard.ts'
import { type PageView, renderPage } from '../../../src/http/page/page.ts'
import { aMismatch, aReport, aService, LINKS, NOW } from '../fixtures.ts'

function page(changes: Partial<PageView> = {}): Promise<string> {
  return renderPage({
    report: aReport([aMismatch(), aService({ service: 'billing' })]),
    shard: WHOLE,
    readiness: { ready: true, checks: {} },
    buildInfo: { version: '1.2.3', gitSha: 'abc1234def5678', buildDate: null },
    now: NOW,
    filter: '',
    showAll: false,
    links: LINKS,
    canCheck: true,
    refreshSeconds: 20,
    ...changes
  })
}

suite('page', async () => {
  for (const [rule, changes, expected] of [
    ['carries the count in its title', {}, /<title>\(1\) Version Guard<\/title>/],
    ['carries no count when all is well', { report: aReport([aService()]) }, /<title>Version Guard<\/title>/],
    ['says of which moment it is', {}, /As of <time [^>]*>2026-11-03 03:04:05 UTC<\/time>; refreshes every 20 s/],
    ['reloads itself where there is no script', {}, /<noscript><meta http-equiv="refresh" content="20"><\/noscript>/],
    ['does not refresh faster than people read', { refreshSeconds: 0.5 }, /data-refresh-seconds="5"/],
    [
      'says how to add the first service',
      { report: aReport([]) },
      /TARGETS_FILE.*version-guard\.keybuzz\.io\/endpoint/s
    ],
    ['says how much a filter leaves', { filter: 'billing' }, /<output [^>]*>1 of 2 found<\/output>/],
    ['says that a filter leaves nothing', { filter: 'nowhere' }, /No service matches the filter/],
    ['has a button that asks for a check', {}, /<form id="check-now" action="check-now"><button>Check now/],
    ['says of which moment it is, to its script', {}, /<html [^>]*data-now="1793675045000"/],
    [
      'does not pass a part for the whole',
      { report: aReport([aService()]), shard: { index: 2, total: 3 } },
      /The one service is consistent in this shard<.*This is shard 2 of 3 \(0 to 2\): services of the other shards are not/s
    ],
    ['keeps the filter as text', { filter: '"><script>' }, /value="&quot;&gt;&lt;script&gt;"/],
    ['links to the answers for machines', {}, /href="metrics".*href="api\/v1\/status".*href="readyz"/s],
    ['says which version of the guard it is', {}, /Version 1\.2\.3 \(abc1234\)/],
    ['warns above the table', { readiness: { ready: false, checks: {} } }, /not ready.*<table/s]
  ] as const) {
    test(rule, async () => assert.match(await page(changes), expected))
  }

  test('has a green icon only when all is well and seen to be so', async () => {
    const well = { report: aReport([aService()]) }
    const green = '%231d7044'
    assert.ok((await page(well)).includes(green))
    assert.ok(!(await page()).includes(green))
    assert.ok(!(await page({ ...well, readiness: { ready: false, checks: {} } })).includes(green))
  })

  test('marks a check as old after three intervals', async () => {
    const report = aReport([aService({ reported: { checkedAt: NOW - 61_000 } })])
    assert.match(await page({ report, refreshSeconds: 20 }), /class="checked stale"/)
    assert.doesNotMatch(await page({ report, refreshSeconds: 30 }), /class="checked stale"/)
  })

  test('has one style and one script, and no other way to run anything', async () => {
    assert.equal((await page()).match(/<script/g)?.length, 1)
    assert.equal((await page()).match(/<style/g)?.length, 1)
    assert.doesNotMatch(await page(), /\sstyle=|\son\w+=/)
  })

  test('asks for no services where it could not read which there are', async () => {
    const problems = [{ message: 'Docker at unix:///x: there is no such socket', withholds: 'workloads' as const }]
    const text = await page({ report: aReport([], { source: { up: false, lastSyncAt: null, problems } }) })
    assert.match(text, /What is deployed has never been read/)
    assert.match(text, /What is guarded is not known yet/)
    assert.doesNotMatch(text, /Nothing is guarded|Add a service/)
  })
})
