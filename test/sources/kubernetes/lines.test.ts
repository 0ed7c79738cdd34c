import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createLineSplitter } from '../../../src/sources/kubernetes/lines.ts'

suite('lines of a watch', () => {
  for (const [rule, chunks, lines] of [
    ['are one in a chunk', ['{"a":1}\n'], ['{"a":1}']],
    ['are several in a chunk', ['{"a":1}\n{"b":2}\n'], ['{"a":1}', '{"b":2}']],
    ['go over chunks', ['{"a"', ':', '1}', '\n{"b":2}', '\n'], ['{"a":1}', '{"b":2}']],
    ['are none before their end', ['{"a":1}'], []],
    ['are not the empty ones', ['\n\r\n', '{"a":1}\n\n'], ['{"a":1}']]
  ] as const) {
    test(rule, () => {
      const split = createLineSplitter(100, () => new Error('too long'))
      assert.deepEqual(
        chunks.flatMap(chunk => split(chunk)),
        lines
      )
    })
  }

  for (const [rule, chunks] of [
    ['that has not ended', ['12345', '67890', '1']],
    ['that has ended', ['12345678901\n']]
  ] as const) {
    test(`a line ${rule} is not gathered beyond the length`, () => {
      const split = createLineSplitter(10, () => new Error('too long'))
      assert.throws(() => chunks.map(chunk => split(chunk)), /too long/)
    })
  }
})
