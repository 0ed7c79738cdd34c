import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { oneAtATime } from '../../src/check/one-at-a-time.ts'

suite('one at a time', () => {
  test('gives all callers during a run the next run, which they share', async () => {
    const ends: (() => void)[] = []
    const { run } = oneAtATime(() => new Promise(end => void ends.push(end)))
    const finished: string[] = []
    const call = (name: string) => void run().then(() => finished.push(name))
    call('first')
    await nextTurn()
    call('second')
    call('third')
    await nextTurn()
    assert.equal(ends.length, 1)
    ends[0]?.()
    await nextTurn()
    assert.deepEqual([ends.length, finished], [2, ['first']])
    ends[1]?.()
    await nextTurn()
    assert.deepEqual([ends.length, finished], [2, ['first', 'second', 'third']])
  })

  test('runs anew for a call after a run', async () => {
    let runs = 0
    const { run } = oneAtATime(async () => {
      runs += 1
    })
    await run()
    await run()
    assert.equal(runs, 2)
  })

  test('runs anew after a run that failed, which only its own callers are told', async () => {
    let runs = 0
    const { run, settled } = oneAtATime(async () => {
      runs += 1
      if (runs === 1) throw new Error('broken')
    })
    await assert.rejects(run(), /broken/)
    await settled()
    await run()
    assert.equal(runs, 2)
  })

  test('is not settled while a run is waited for', async () => {
    let runs = 0
    const { run, settled } = oneAtATime(async () => {
      await nextTurn()
      runs += 1
    })
    void run()
    await nextTurn()
    void run()
    await settled()
    assert.equal(runs, 2)
  })

  test('is settled when the run under way has ended, and at once where there is none', async () => {
    const { promise, resolve: end } = Promise.withResolvers<void>()
    const { run, settled } = oneAtATime(() => promise)
    await settled()
    const running = run()
    await nextTurn()
    let isSettled = false
    const settling = settled().then(() => {
      isSettled = true
    })
    await nextTurn()
    assert.equal(isSettled, false)
    end()
    await Promise.all([running, settling])
  })
})
