import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type NoticesView, renderNotices } from '../../../src/http/page/notices.ts'
import { NOW } from '../fixtures.ts'

function notices(changes: Partial<NoticesView>): string {
  const well = { ready: true, checks: {} }
  const source = { up: true, lastSyncAt: NOW, problems: [] }
  return renderNotices({ now: NOW, readiness: well, source, warnings: [], ...changes }).toString()
}

suite('notices', () => {
  test('are none when all is well', () => assert.equal(notices({}), ''))

  test('say how old the knowledge of a source is that is not up, and what to do', () => {
    const source = { up: false, lastSyncAt: NOW - 7 * 60_000, problems: ['HTTP 403: grant <list>'] }
    const text = notices({ source })
    assert.match(text, /What is deployed may be old: last read in full <time [^>]*>7 min ago<\/time>/)
    assert.match(text, /<li>HTTP 403: grant &lt;list&gt;<\/li>/)
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

  test('list what is to be mended in the configuration', () => {
    assert.match(notices({ warnings: ['one & two'] }), /data-level="warning".*<li>one &amp; two<\/li>/)
  })
})
