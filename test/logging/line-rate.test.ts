import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createLineRate } from '../../src/logging/line-rate.ts'

suite('rate of lines', () => {
  function world() {
    const unwritten: [string, number][] = []
    let now = 0
    const rate = createLineRate({
      most: 2,
      windowMs: 1000,
      monotonic: () => now,
      onUnwritten: (key, lines) => unwritten.push([key, lines])
    })
    const at = (time: number, ...keys: string[]) => {
      now = time
      return keys.map(key => rate.admit(key))
    }
    return { at, unwritten }
  }

  test('admits a limited number of each kind in a window', () => {
    const { at } = world()
    assert.deepEqual(at(0, 'a', 'a', 'a', 'b'), [true, true, false, true])
    assert.deepEqual(at(999, 'a', 'b', 'b'), [false, true, false])
  })

  test('admits as many in the next window, and says first what was not written in the last', () => {
    const { at, unwritten } = world()
    at(0, 'a', 'a', 'a', 'a', 'a', 'b', 'b', 'b')
    assert.deepEqual(unwritten, [])
    assert.deepEqual(at(1000, 'a'), [true])
    assert.deepEqual(unwritten, [
      ['a', 3],
      ['b', 1]
    ])
    at(2000, 'a')
    assert.equal(unwritten.length, 2)
  })
})
