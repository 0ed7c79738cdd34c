import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createCycleEnd } from '../../src/check/cycle-end.ts'

const NEVER_MS = 60_000

/** Whether a cycle is over by the time at which timers of 0 ms, set before, have gone off. */
async function isOver(over: Promise<void>): Promise<boolean> {
  let is = false
  over.then(
    () => {
      is = true
    },
    () => {}
  )
  await wait(1)
  return is
}

suite('a cycle', () => {
  // Its own timers keep no process alive.
  const alive = setInterval(() => {}, NEVER_MS)
  after(() => clearInterval(alive))

  test('is over at once where nobody is asked', async () => {
    const cycle = createCycleEnd([])
    await Promise.all([cycle.all, cycle.over({ longestMs: NEVER_MS, slowMs: NEVER_MS })])
  })

  test('waits for all that are quick, and no longer for the others once their time is over', async () => {
    const cycle = createCycleEnd(['quick', 'slow', 'quick', 'unproven'])
    const over = cycle.over({ longestMs: NEVER_MS, slowMs: 0 })
    cycle.ended('quick')
    assert.equal(await isOver(over), false)
    cycle.ended('quick')
    assert.equal(await isOver(over), true)
  })

  test('waits for the others as well while they have time', async () => {
    const cycle = createCycleEnd(['slow', 'quick', 'unproven'])
    const over = cycle.over({ longestMs: NEVER_MS, slowMs: NEVER_MS })
    cycle.ended('quick')
    cycle.ended('slow')
    assert.equal(await isOver(over), false)
    cycle.ended('unproven')
    await Promise.all([over, cycle.all])
  })

  test('waits for nobody longer than the most', async () => {
    await createCycleEnd(['quick']).over({ longestMs: 0, slowMs: NEVER_MS })
  })

  test('fails with the first that fails, while anybody is waited for', async () => {
    const cycle = createCycleEnd(['quick', 'slow'])
    const over = cycle.over({ longestMs: NEVER_MS, slowMs: 0 })
    assert.equal(await isOver(over), false)
    cycle.failed(new Error('broken'))
    cycle.ended('slow')
    await assert.rejects(over, /broken/)
    await assert.rejects(cycle.all, /broken/)
  })
})
