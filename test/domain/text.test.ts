import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { printable, shown } from '../../src/domain/text.ts'

suite('shown text', () => {
  for (const [rule, text, expected] of [
    ['leaves what can be read', 'v1.2.3-dev_é漢', 'v1.2.3-dev_é漢'],
    ['replaces control characters', 'a\u0000b\rc\nd\u001b[31m', 'a\ufffdb\ufffdc\ufffdd\ufffd[31m'],
    ['replaces line separators and marks that reorder text', 'a\u2028b\u202ec\u200bd', 'a\ufffdb\ufffdc\ufffdd'],
    ['replaces spaces that look like a space', 'a\u00a0b\u2003c\u3000d e', 'a\ufffdb\ufffdc\ufffdd e'],
    ['leaves emoji that are made with such characters', '❤️ 👩‍💻 1️⃣ 👋🏽 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇩🇪', '❤️ 👩‍💻 1️⃣ 👋🏽 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇩🇪'],
    ['replaces them in emoji that look the same without', '😀\ufe0f 👩\u200d😀 ❤️\ufe0f', '😀\ufffd 👩\ufffd😀 ❤️\ufffd'],
    ['replaces them where an emoji is cut', `${'x'.repeat(126)}👩‍💻`, `${'x'.repeat(126)}👩\ufffd`],
    ['mends lone surrogates', 'a\ud800b', 'a\ufffdb'],
    ['leaves 128 characters', 'x'.repeat(128), 'x'.repeat(128)],
    ['cuts the 129th', 'x'.repeat(129), 'x'.repeat(128)],
    ['counts characters, not their halves', '😀'.repeat(200), '😀'.repeat(128)]
  ] as const) {
    test(rule, () => assert.equal(shown(text), expected))
  }

  test('is whole where it is a line of our own', () => {
    assert.equal(printable(`${'a'.repeat(300)}\u001b[31m\n`), `${'a'.repeat(300)}\ufffd[31m\ufffd`)
    assert.equal(printable('b\ud800'), 'b\ufffd')
  })

  test('has none of the characters that are formatting, or may be left out when they are shown', () => {
    const hidden = Array.from({ length: 0x110000 }, (_, point) => point)
      .filter(point => point < 0xd800 || point > 0xdfff)
      .map(point => String.fromCodePoint(point))
      .filter(character => /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]/u.test(character))
    assert.ok(hidden.length > 4_200)
    const left = hidden.filter(character => shown(`shop${character}dev`) !== 'shop\ufffddev')
    assert.deepEqual(left, [])
  })
})
