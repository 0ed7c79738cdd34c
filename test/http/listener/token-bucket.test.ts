import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createTokenBucket } from '../../../src/http/listener/token-bucket.ts'

const LIMIT = { intervalMs: 1000, burst: 2 }

suite('token bucket', () => {
  test('gives a burst, then one for each interval, and never more than a burst', () => {
    let now = 0
    const take = createTokenBucket(() => now)
    const takeThree = () => [take(LIMIT), take(LIMIT), take(LIMIT)]
    assert.deepEqual(takeThree(), [true, true, false])
    now += 999
    assert.equal(take(LIMIT), false)
    now += 1
    assert.deepEqual(takeThree(), [true, false, false])
    now += 1_000_000
    assert.deepEqual(takeThree(), [true, true, false])
  })

  test('is full again when its limit changes, and not when a new version of the file has the same', () => {
    const take = createTokenBucket(() => 0)
    assert.deepEqual([take(LIMIT), take({ ...LIMIT }), take({ ...LIMIT })], [true, true, false])
    assert.equal(take({ ...LIMIT, burst: 1 }), true)
  })

  test('always gives without a limit', () => {
    const take = createTokenBucket(() => 0)
    assert.deepEqual([take(null), take(null)], [true, true])
  })
})
