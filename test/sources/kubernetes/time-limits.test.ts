import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { backoffMs, retryAfterMs } from '../../../src/sources/kubernetes/time-limits.ts'

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
