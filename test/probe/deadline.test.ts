import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { durationInWords, startDeadline } from '../../src/probe/deadline.ts'

suite('deadline', () => {
  for (const [ms, words] of [
    [0, '0 ms'],
    [0.4, '0 ms'],
    [500, '500 ms'],
    [999, '999 ms'],
    [1000, '1 s'],
    [1500, '1.5 s'],
    [9950, '10 s'],
    [10_000, '10 s'],
    [90_000, '90 s']
  ] as const) {
    test(`${ms} ms are ${words}`, () => assert.equal(durationInWords(ms), words))
  }

  test('aborts when the time is up, after what has come by then was read', async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { signal } = startDeadline(1500)
    t.mock.timers.tick(1499)
    assert.equal(signal.aborted, false)
    t.mock.timers.tick(1)
    assert.equal(signal.aborted, false)
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(signal.reason.message, 'no answer within 1.5 s')
  })

  test('does not take a very long time for none', t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { signal } = startDeadline(365 * 24 * 3_600_000)
    t.mock.timers.tick(24 * 3_600_000)
    assert.equal(signal.aborted, false)
  })

  test('aborts when it is stopped', () => {
    const { signal, stop, end } = startDeadline(60_000)
    stop()
    assert.deepEqual(signal.reason.failure, { seen: false, reason: 'timeout', message: 'stopped' })
    end()
  })

  test('aborts nothing once it has ended', t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { signal, end } = startDeadline(1000)
    end()
    t.mock.timers.tick(5000)
    assert.equal(signal.aborted, false)
  })
})
