import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createChunkRepair } from '../../src/probe/repair-chunks.ts'

const STRICT = 'a\r\n{\n5 \r\n":1 \r\n3\r\n3 \r\r\n0\r\nX: 1 \r\n\r\n'
const PADDED = 'a \r\n{\n5 \r\n":1 \r\n3\t ;x=y\r\n3 \r\r\n0     \r\nX: 1 \r\n\r\n'
const BARE = 'a\n{\n5 \r\n":1 \n3\n3 \r\n0\nX: 1 \n\n'

/** What is passed on of a body that comes in these pieces; `null` for a piece after which nothing is. */
function passedOn(...pieces: readonly string[]): (string | null)[] {
  const repair = createChunkRepair()
  return pieces.map(piece => repair(Buffer.from(piece, 'latin1'))?.toString('latin1') ?? null)
}

suite('a body in chunks', () => {
  for (const [rule, given, expected] of [
    ['is passed on as it is', STRICT, STRICT],
    ['loses the spaces behind a size, and none within a chunk or a trailer', PADDED, STRICT],
    ['gets the carriage returns that its lines lack, and none within a chunk', BARE, STRICT],
    ['gets those that only some of its lines lack', STRICT.replace('a\r', 'a').replace('1 \r\n\r', '1 \r\n'), STRICT],
    ['loses extensions, whatever is in them', STRICT.replace('a', 'a;').replace('3', '3; x = "\u00e9 y";z'), STRICT],
    ['keeps an extension in which a line could end', 'a;\rx\r\n1 \r\n', 'a;\rx\r\n1 \r\n'],
    ['is left alone behind a chunk that is longer than its size', '1\r\nab\r\n1 \r\n', '1\r\nab\r\n1 \r\n'],
    ['is left alone behind its end', '0\n\n1 \n', '0\r\n\r\n1 \n'],
    [
      'has upper and lower case in a size',
      `A \r\n${'x'.repeat(10)}\r\n0 \r\n\r\n`,
      `A\r\n${'x'.repeat(10)}\r\n0\r\n\r\n`
    ],
    ['keeps the spaces of a trailer that could hold a size', '0 \r\nX:a \r\n\r\n', '0\r\nX:a \r\n\r\n'],
    ['is left alone behind what is no size', 'x \r\n1 \r\n', 'x \r\n1 \r\n'],
    [
      'is left alone behind a line that is too long',
      `1;${'x'.repeat(1022)}\r\n1 \r\n`,
      `1;${'x'.repeat(1022)}\r\n1 \r\n`
    ]
  ] as const) {
    test(rule, () => assert.deepEqual(passedOn(given), [expected]))
  }

  for (const [what, given] of [
    ['padded sizes', PADDED],
    ['bare line feeds', BARE]
  ] as const) {
    test(`is repaired wherever it was cut, with ${what}`, () => {
      for (let cut = 1; cut < given.length; cut += 1) {
        assert.equal(passedOn(given.slice(0, cut), given.slice(cut)).join(''), STRICT, `after ${cut} bytes`)
      }
      assert.equal(passedOn(...given).join(''), STRICT)
    })
  }

  test('is not waited for where more than an end is behind a chunk', () => {
    assert.deepEqual(passedOn('1\r\na', '\r', 'b'), ['1\r\na', null, '\rb'])
  })

  test('is waited for no longer than a line may be', () => {
    assert.deepEqual(passedOn(`1;${'x'.repeat(1021)}`, 'x', '\r\n1 \r\n'), [
      null,
      `1;${'x'.repeat(1022)}`,
      '\r\n1 \r\n'
    ])
  })
})
