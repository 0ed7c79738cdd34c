import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { encodingOf } from '../../src/text/encoding.ts'

const hex = (bytes: readonly number[]) => Buffer.from(bytes).toString('hex') || 'nothing'

suite('the encoding of a text', () => {
  for (const [bytes, encoding] of [
    [[], 'utf-8'],
    [[0xff, 0xfe], 'utf-16le'],
    [[0xfe, 0xff], 'utf-16be'],
    [[0xef, 0xbb, 0xbf], 'utf-8'],
    // Half of a byte order mark is none.
    [[0xff, 0x61], 'utf-8'],
    [[0xff, 0], 'utf-8'],
    [[0x61, 0xfe], 'utf-8'],
    [[0xfe, 0x61], 'utf-8'],
    [[0xfe, 0], 'utf-8'],
    [[0x61, 0xff], 'utf-8'],
    [[0, 0xff], 'utf-8'],
    [[0x61], 'utf-8'],
    [[0], 'utf-8'],
    [[0, 0], 'utf-8'],
    [[0x61, 0x62], 'utf-8']
  ] as const) {
    test(`that begins with ${hex(bytes)} is ${encoding}`, () => {
      assert.equal(encodingOf(Uint8Array.from(bytes)), encoding)
    })
  }

  for (const [what, characters, isTold] of [
    ['white space, a sign or a letter', [0x09, 0x0a, 0x0d, 0x20, 0x23, 0x7b, 0x7e], true],
    ['no text that a person writes', [0x01, 0x08, 0x0b, 0x0c, 0x0e, 0x1f, 0x7f, 0x80], false]
  ] as const) {
    test(`is ${isTold ? '' : 'not '}told by the zero beside its first character where that is ${what}`, () => {
      for (const character of characters) {
        const found = [encodingOf(Uint8Array.of(character, 0)), encodingOf(Uint8Array.of(0, character))]
        assert.deepEqual(found, isTold ? ['utf-16le', 'utf-16be'] : ['utf-8', 'utf-8'], hex([character]))
      }
    })
  }
})
