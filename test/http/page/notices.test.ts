import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { WHOLE } from '../../../src/domain/shard.ts'
import { type NoticesView, renderNotices } from '../../../src/http/page/notices.ts'
import { NOW } from '../fixtures.ts'

function notices(changes: Partial<NoticesView>): string {
  const well = { ready: true, checks: {} }
  const source = { up: true, lastSyncAt: NOW, problems: [] }
  return renderNotices({
    now: NOW,
    readiness: well,
    source,
    leftOut: null,
    warnings: [],
    shard: WHOLE,
    ...changes
  }).toString()
}

suite('notices', () => {
  test('are none when all is well', () => assert.equal(notices({}), ''))

  test('say how old the knowledge of a source is that is not up, and what to do', () => {
    const forbidden = { message: 'HTTP 403: grant <list>', withholds: 'workloads' } as const
    const source = { up: false, lastSyncAt: NOW - 7 * 60_000, problems: [forbidden] }
    const text = notices({ source })
    assert.match(text, /What is deployed may be old: last read in full <time [^>]*>7 min<\/time> ago/)
    assert.match(text, /<li>HTTP 403: grant &lt;list&gt;<\/li>/)
  })

  test('say what is left out of /metrics', () => {
    const leftOut = { services: new Set(['shop/a']), of: 3, namespace: '<shop>', inNamespace: 2 }
    assert.match(
      notices({ leftOut }),
      /data-level="critical"><strong>\/metrics is full<\/strong>.*1 of 3 targets .*&lt;shop&gt;/
    )
  })

  test('say what can be done without and cannot be seen, without an alarm', () => {
    const problem = { message: 'cannot list pods', withholds: 'pods' } as const
    const text = notices({ source: { up: true, lastSyncAt: NOW, problems: [problem] } })
    assert.match(text, /data-level="info"><strong>Some facts cannot be seen<.*<li>cannot list pods</)
  })

  test('say when a source was never read', () => {
    const source = { up: false, lastSyncAt: null, problems: [] }
    assert.match(notices({ source }), /What is deployed has never been read/)
  })

  test('say why the guard is not ready', () => {
    const checks = { kubernetes: { status: 'error', message: 'never read' }, cycle: { status: 'ok' } } as const
    const text = notices({ readiness: { ready: false, checks } })
    assert.match(text, /not ready<\/strong><ul><li>kubernetes: never read<\/li><\/ul>/)
  })

  test('say once what keeps the source from being read', () => {
    const source = {
      up: false,
      lastSyncAt: null,
      problems: [{ message: 'no access', withholds: 'workloads' as const }]
    }
    const checks = { kubernetes: { status: 'error', message: 'no access; no rights' } } as const
    const text = notices({ source, readiness: { ready: false, checks } })
    assert.equal(text.match(/no access/g)?.length, 1)
    assert.match(text, /not ready<\/strong><ul><li>kubernetes<\/li><\/ul>/)
  })

  test('say of which shard the page is', () => {
    const text = notices({ shard: { index: 0, total: 2 } })
    assert.match(
      text,
      /data-level="info"><strong>This is shard 0 of 2 \(0 to 1\): services of the other shards are not/
    )
    assert.doesNotMatch(text, /<ul/, 'no list without lines')
  })

  test('list what needs fixing in the configuration', () => {
    assert.match(notices({ warnings: ['one & two'] }), /data-level="warning".*<li>one &amp; two<\/li>/)
  })
})
