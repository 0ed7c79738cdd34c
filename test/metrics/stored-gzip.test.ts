import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { storedGzip } from '../../src/metrics/stored-gzip.ts'

suite('a text that is stored in a gzip stream', () => {
  for (const [what, text] of [
    ['an empty text', ''],
    ['a short text', 'keybuzz_version_guard_targets 3\n'],
    ['more than one byte for a character', 'é'.repeat(100)],
    ['all that a block holds', 'x'.repeat(0xffff)],
    ['one byte more than a block holds', 'x'.repeat(0x10000)],
    ['several blocks', 'abc'.repeat(100_000)]
  ] as const) {
    test(`comes out as it went in: ${what}`, () => assert.equal(gunzipSync(storedGzip(text)).toString(), text))
  }

  test('follows a member that was compressed', () => {
    assert.equal(gunzipSync(Buffer.concat([gzipSync('first,'), storedGzip('second')])).toString(), 'first,second')
  })
})
