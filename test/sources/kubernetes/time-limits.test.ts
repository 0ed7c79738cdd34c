import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { suite, test } from 'node:test'
import { untilAborted } from '../../../src/connect-options.ts'
import { backoffMs, SYSTEM_TIMER } from '../../../src/sources/backoff.ts'
import { ApiError } from '../../../src/sources/kubernetes/failure.ts'
import { createStepTimeout, retryAfterMs } from '../../../src/sources/kubernetes/time-limits.ts'

suite('backoff', () => {
  for (const [failures, least, most] of [
    [1, 250, 500],
    [2, 500, 1000],
    [3, 1000, 2000],
    [4, 2000, 4000],
    [5, 2000, 4000],
    [5000, 2000, 4000]
  ] as const) {
    test(`waits ${least} to ${most} ms after ${failures} failures`, () => {
      const waits = Array.from({ length: 200 }, () => backoffMs(failures, { baseMs: 500, maxMs: 4000 }))
      assert.ok(waits.every(wait => wait >= least && wait <= most))
      assert.ok(new Set(waits).size > 100, 'those who failed together do not come back together')
    })
  }
})

suite('Retry-After', () => {
  for (const [header, ms] of [
    ['3', 3_000],
    ['0', 0],
    ['1746036000', 30_000],
    ['9'.repeat(400), 30_000],
    ['-1', 0],
    ['1e3', 0],
    ['soon', 0],
    ['', 0],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 0],
    [undefined, 0]
  ] as const) {
    test(`of ${header} asks for ${ms} ms`, () => assert.equal(retryAfterMs(header, 30_000), ms))
  }
})

suite('a step of an exchange', () => {
  const timedOut = (afterMs: number | null) => new ApiError({ kind: 'timeout', afterMs, of: 'answer', proxy: '' })

  test('ends the exchange when it takes too long, and not a moment before', t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const timeout = createStepTimeout(new AbortController().signal)
    timeout.start(50)
    t.mock.timers.tick(49)
    assert.equal(timeout.signal.aborted, false)
    t.mock.timers.tick(1)
    assert.deepEqual(timeout.signal.reason, timedOut(50))
    assert.deepEqual(timeout.reasonOf(new Error('socket hang up')), timedOut(50))
  })

  test('has its own time, whatever the one before it had left', t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const timeout = createStepTimeout(new AbortController().signal)
    timeout.start(50)
    t.mock.timers.tick(40)
    timeout.start(50)
    t.mock.timers.tick(40)
    assert.equal(timeout.signal.aborted, false)
  })

  for (const end of ['pause', 'close'] as const) {
    test(`is not waited for after ${end}`, t => {
      t.mock.timers.enable({ apis: ['setTimeout'] })
      const timeout = createStepTimeout(new AbortController().signal)
      timeout.start(50)
      timeout[end]()
      t.mock.timers.tick(60)
      assert.notDeepEqual(timeout.signal.reason, timedOut(50))
      assert.equal(timeout.signal.aborted, end === 'close')
    })
  }

  test('ends when its caller stops the exchange, and at once if that was before', () => {
    const stop = new AbortController()
    const before = createStepTimeout(stop.signal)
    assert.equal(before.signal.aborted, false)
    stop.abort(new Error('stopped'))
    const after = createStepTimeout(stop.signal)
    assert.deepEqual([before.signal.reason, after.signal.reason], [new Error('stopped'), new Error('stopped')])
  })

  test('took too long for a caller with a limit for the whole exchange', () => {
    const timeout = createStepTimeout(AbortSignal.abort(new DOMException('aborted', 'TimeoutError')))
    assert.deepEqual(timeout.reasonOf(new Error('socket hang up')), timedOut(null))
  })

  test('leaves nothing behind at a signal that outlives it', () => {
    const stop = new AbortController()
    const timeout = createStepTimeout(stop.signal)
    assert.equal(getEventListeners(stop.signal, 'abort').length, 1)
    timeout.close()
    assert.equal(getEventListeners(stop.signal, 'abort').length, 0)
    const reason = timeout.signal.reason
    stop.abort(new Error('stopped'))
    assert.equal(timeout.signal.reason, reason)
  })

  test('keeps no process waiting once the exchange is over', () => {
    const timers = () => process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length
    const before = timers()
    const timeout = createStepTimeout(new AbortController().signal)
    timeout.start(600_000)
    assert.equal(timers(), before + 1)
    timeout.close()
    assert.equal(timers(), before)
  })

  test('gives the error itself as the reason where nobody ended the exchange', () => {
    const error = new Error('socket hang up')
    assert.equal(createStepTimeout(new AbortController().signal).reasonOf(error), error)
  })
})

suite('work that cannot be aborted', () => {
  test('is not waited for once its signal is, even before it began', async () => {
    const never = new Promise<never>(() => {})
    await assert.rejects(untilAborted(never, AbortSignal.abort(new Error('stopped'))), /stopped/)
    const stop = new AbortController()
    const waiting = untilAborted(never, stop.signal)
    stop.abort(new Error('stopped'))
    await assert.rejects(waiting, /stopped/)
  })

  test('gives the result of the work if nobody aborts it', async () => {
    const { signal } = new AbortController()
    assert.equal(await untilAborted(Promise.resolve('done'), signal), 'done')
    await assert.rejects(untilAborted(Promise.reject(new Error('failed')), signal), /failed/)
  })
})

suite('the timer of the system', () => {
  test('ends a pause when it is stopped, without an error', async () => {
    const stop = new AbortController()
    const pause = SYSTEM_TIMER.pause(600_000, stop.signal)
    stop.abort()
    await pause
  })
})
