import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createCycleEnd } from '../../src/check/cycle-end.ts'
import type { Lane } from '../../src/check/fair-slots.ts'

const LONGEST_MS = 1000
const SLOW_MS = 300

/** A cycle of these probes that somebody waits for; time passes when the test says so. */
function waitedFor(t: TestContext, ...lanes: readonly Lane[]) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const cycle = createCycleEnd(lanes)
  const over = cycle.over({ longestMs: LONGEST_MS, slowMs: SLOW_MS })
  let isOver = false
  over.then(
    () => {
      isOver = true
    },
    () => {}
  )
  return {
    cycle,
    over,
    pass: (ms: number) => t.mock.timers.tick(ms),
    isOver: async () => {
      await nextTurn()
      return isOver
    }
  }
}

suite('a cycle', () => {
  test('is over at once where nobody is asked', async t => {
    const { cycle, over } = waitedFor(t)
    await Promise.all([cycle.all, over])
  })

  test('waits for all that are quick, and for the others until their time is over', async t => {
    const { cycle, pass, isOver } = waitedFor(t, 'quick', 'slow', 'quick', 'unproven')
    cycle.ended('quick')
    pass(SLOW_MS)
    assert.equal(await isOver(), false)
    cycle.ended('quick')
    assert.equal(await isOver(), true)
  })

  test('waits for the others as well while they have time', async t => {
    const { cycle, over, pass, isOver } = waitedFor(t, 'slow', 'quick', 'unproven')
    cycle.ended('quick')
    cycle.ended('slow')
    pass(SLOW_MS - 1)
    assert.equal(await isOver(), false)
    cycle.ended('unproven')
    await Promise.all([over, cycle.all])
  })

  test('waits for nobody longer than the most', async t => {
    const { pass, isOver } = waitedFor(t, 'quick')
    pass(LONGEST_MS - 1)
    assert.equal(await isOver(), false)
    pass(1)
    assert.equal(await isOver(), true)
  })

  test('fails with the first that fails, while anybody is waited for', async t => {
    const { cycle, over, pass, isOver } = waitedFor(t, 'quick', 'slow')
    pass(SLOW_MS)
    assert.equal(await isOver(), false)
    cycle.failed(new Error('broken'))
    cycle.ended('slow')
    await assert.rejects(over, /broken/)
    await assert.rejects(cycle.all, /broken/)
  })
})
