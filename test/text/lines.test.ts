import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { atMost, compareText } from '../../src/text/lines.ts'

suite('bounded lines', () => {
  test('are all there up to the bound', () => assert.deepEqual(atMost(2, ['a', 'b']), ['a', 'b']))

  test('end with a count of those that are left out', () => {
    assert.deepEqual(atMost(1, ['a', 'b', 'c']), ['a', '… and 2 more of the kind'])
    assert.deepEqual(atMost(1, ['a', 'b'], 'mistakes'), ['a', '… and 1 more mistakes'])
  })
})

test('texts are in the order of their code units, on every machine', () => {
  assert.deepEqual(['b', 'ä', 'a', 'B', 'a'].sort(compareText), ['B', 'a', 'a', 'b', 'ä'])
})
