import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createPace, inSlices } from '../src/event-loop.ts'

suite('pace', () => {
  test('lets a few go on in each turn of the event loop, in the order in which they came', async () => {
    const pace = createPace(2)
    const gone: string[] = []
    for (const name of ['a', 'b', 'c', 'd', 'e']) void pace().then(() => gone.push(name))
    const seen: string[] = []
    for (let turn = 0; turn < 4; turn += 1) {
      await Promise.resolve()
      seen.push(gone.join(''))
      await nextTurn()
    }
    assert.deepEqual(seen, ['ab', 'abcd', 'abcde', 'abcde'])
  })

  test('keeps no caller waiting who comes alone', async () => {
    const pace = createPace(1)
    for (let turn = 0; turn < 3; turn += 1) {
      let isGone = false
      void pace().then(() => {
        isGone = true
      })
      await Promise.resolve()
      assert.ok(isGone)
      await nextTurn()
    }
  })

  test('puts those who wait from earlier turns before those who come now', async () => {
    const pace = createPace(1)
    const gone: string[] = []
    const come = (name: string) => void pace().then(() => gone.push(name))
    come('a')
    come('b')
    await nextTurn()
    come('c')
    await Promise.resolve()
    assert.deepEqual(gone, ['a', 'b'])
    await nextTurn()
    assert.deepEqual(gone, ['a', 'b', 'c'])
  })
})

suite('work in slices', () => {
  test('does each item once, in order, and lets the loop turn when a slice of time is over', async () => {
    let now = 0
    const order: (number | string)[] = []
    const done = inSlices(
      [1, 2, 3, 4, 5],
      item => {
        order.push(item)
        now += 0.4
        setImmediate(() => order.push('turn'))
      },
      () => now
    )
    await done
    assert.deepEqual(
      order.filter(entry => entry !== 'turn'),
      [1, 2, 3, 4, 5]
    )
    assert.deepEqual(order.slice(0, 7), [1, 2, 3, 'turn', 'turn', 'turn', 4])
  })

  test('rejects as the work does, and does no more', async () => {
    const seen: number[] = []
    const fail = (item: number) => {
      seen.push(item)
      if (item === 2) throw new Error('broken')
    }
    await assert.rejects(inSlices([1, 2, 3], fail), /broken/)
    assert.deepEqual(seen, [1, 2])
  })
})
