import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { repeat, throttle } from '../../src/check/schedule.ts'
import { singleFlight } from '../../src/check/single-flight.ts'

/** Runs work of the given lengths on a clock that only the work and the waits move; gives when each run started. */
async function startsOf(lengths: readonly number[], intervalMs: number) {
  const stop = new AbortController()
  const starts: number[] = []
  let now = 0
  const work = async () => {
    starts.push(now)
    now += lengths[starts.length - 1] ?? 0
    if (starts.length === lengths.length) stop.abort()
  }
  const wait = async (delayMs: number) => {
    now += delayMs
  }
  await repeat(work, { intervalMs, monotonic: () => now, signal: stop.signal, wait })
  return starts
}

suite('schedule', () => {
  test('starts at once, then at each interval, however long the work took within it', async () => {
    assert.deepEqual(await startsOf([5, 10, 0, 0], 20), [0, 20, 40, 60])
  })

  test('follows work that outlasts the interval at once, never overlapping it', async () => {
    assert.deepEqual(await startsOf([50, 5, 0], 20), [0, 50, 70])
  })

  test('ends while it waits when the signal is aborted', async () => {
    const stop = new AbortController()
    const running = repeat(async () => {}, { intervalMs: 3_600_000, monotonic: () => 0, signal: stop.signal })
    setImmediate(() => stop.abort())
    await running
  })

  test('fails with the work', async () => {
    const work = async () => {
      throw new Error('broken')
    }
    const { signal } = new AbortController()
    await assert.rejects(repeat(work, { intervalMs: 20, monotonic: () => 0, signal }), /broken/)
  })
})

suite('throttle', () => {
  test('runs the first call at once and those in the gap together after it', t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let runs = 0
    const { call } = throttle(() => {
      runs += 1
    }, 500)
    call()
    assert.equal(runs, 1)
    call()
    call()
    t.mock.timers.tick(499)
    assert.equal(runs, 1)
    t.mock.timers.tick(1)
    assert.equal(runs, 2)
    call()
    assert.equal(runs, 2)
    t.mock.timers.tick(500)
    assert.equal(runs, 3)
    t.mock.timers.tick(5000)
    assert.equal(runs, 3)
  })

  test('runs no more once stopped', t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let runs = 0
    const { call, stop } = throttle(() => {
      runs += 1
    }, 500)
    call()
    call()
    stop()
    t.mock.timers.tick(5000)
    assert.equal(runs, 1)
  })
})

suite('single flight', () => {
  test('shares a run, its failure too, and runs anew afterwards', async () => {
    let runs = 0
    const work = singleFlight(async (fails: boolean) => {
      runs += 1
      if (fails) throw new Error('broken')
      return runs
    })
    const both = [work(true), work(false)]
    for (const outcome of both) await assert.rejects(outcome, /broken/)
    assert.equal(await work(false), 2)
  })
})
