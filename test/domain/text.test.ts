import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { shown } from '../../src/domain/text.ts'

suite('shown text', () => {
  for (const [rule, text, expected] of [
    ['leaves what can be read', 'v1.2.3-dev_é漢', 'v1.2.3-dev_é漢'],
    ['replaces control characters', 'a\u0000b\rc\nd\u001b[31m', 'a\ufffdb\ufffdc\ufffdd\ufffd[31m'],
    ['replaces line separators and marks that reorder text', 'a\u2028b\u202ec\u200bd', 'a\ufffdb\ufffdc\ufffdd'],
    ['mends lone surrogates', 'a\ud800b', 'a\ufffdb'],
    ['leaves 128 characters', 'x'.repeat(128), 'x'.repeat(128)],
    ['cuts the 129th', 'x'.repeat(129), 'x'.repeat(128)],
    ['counts characters, not their halves', '😀'.repeat(200), '😀'.repeat(128)]
  ] as const) {
    test(rule, () => assert.equal(shown(text), expected))
  }
})
