import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { atMost, compareText, counted, firstFew } from '../../src/text/lines.ts'

suite('bounded lines', () => {
  test('are all there up to the bound', () => assert.deepEqual(atMost(2, ['a', 'b']), ['a', 'b']))

  test('end with a count of those that are left out', () => {
    assert.deepEqual(atMost(1, ['a', 'b', 'c']), ['a', '… and 2 more like these'])
    assert.deepEqual(atMost(1, ['a', 'b'], { noun: 'mistake' }), ['a', '… and 1 more mistake'])
    assert.deepEqual(atMost(1, ['a', 'b', 'c'], { noun: 'mistake' }), ['a', '… and 2 more mistakes'])
  })

  test('count what was left out before', () => {
    assert.deepEqual(atMost(2, ['a'], { more: 3 }), ['a', '… and 3 more like these'])
    assert.deepEqual(atMost(1, ['a', 'b'], { more: 3 }), ['a', '… and 4 more like these'])
  })
})

test('things are counted as people count them', () => {
  assert.deepEqual([counted(1, 'pod'), counted(0, 'pod'), counted(8192, 'byte')], ['1 pod', '0 pods', '8,192 bytes'])
  assert.deepEqual([counted(100, 'byte'), counted(1_234_567, 'byte')], ['100 bytes', '1,234,567 bytes'])
  assert.equal(counted(2, 'registry', 'registries'), '2 registries')
})

test('texts are in the order of their code units, on every machine', () => {
  assert.deepEqual(['b', 'ä', 'a', 'B', 'a'].sort(compareText), ['B', 'a', 'a', 'b', 'ä'])
  assert.deepEqual([compareText('a', 'b'), compareText('b', 'a'), compareText('a', 'a')], [-1, 1, 0])
})

test('the first few of a list are told, and how many more there are', () => {
  assert.equal(firstFew([]), '')
  assert.equal(firstFew(['a', 'b', 'c']), 'a, b, c')
  assert.equal(firstFew(['a', 'b', 'c', 'd', 'e']), 'a, b, c and 2 more')
  assert.equal(firstFew(['a', 'b'], 1), 'a and 1 more')
})
