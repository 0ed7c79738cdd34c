import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createPace, inSteps } from '../src/pace.ts'

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

  test('keeps nobody waiting who comes alone', async () => {
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

  test('counts those of earlier turns who wait before whoever comes now', async () => {
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

suite('work in steps', () => {
  test('takes a turn of the event loop for each, and gives what the last one returns', async () => {
    const order: string[] = []
    const done = inSteps(
      (function* () {
        order.push('first')
        yield
        order.push('second')
        yield
        order.push('third')
        return 'result'
      })()
    )
    setImmediate(() => order.push('another'))
    assert.equal(await done, 'result')
    assert.deepEqual(order, ['first', 'second', 'another', 'third'])
  })

  test('fails as a step does', async () => {
    const steps = (function* () {
      yield
      throw new Error('broken')
    })()
    await assert.rejects(inSteps(steps), /broken/)
  })
})
