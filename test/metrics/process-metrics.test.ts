import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { shareReading } from '../../src/metrics/process-metrics.ts'

suite('a shared reading', () => {
  test('is made on the first question, and anew when it is a second old', async () => {
    let now = 5
    let readings = 0
    const read = shareReading(
      async () => {
        readings += 1
        return String(readings)
      },
      () => now
    )
    assert.equal(readings, 0)
    assert.equal(await read(), '1')
    now += 999
    assert.equal(await read(), '1')
    now += 1
    assert.equal(await read(), '2')
    now += 1000
    assert.equal(await read(), '3')
  })
})
