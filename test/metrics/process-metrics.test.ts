import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createProcessMetrics, shareReading } from '../../src/metrics/process-metrics.ts'

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

test('what is known of the process is the same in both formats, in the words of each', async () => {
  const read = createProcessMetrics()
  const families = (exposition: string) => [...exposition.matchAll(/^# TYPE (\S+) \w+$/gm)].map(([, name]) => name)
  // One format does not change what the other one says afterwards.
  const openmetrics = await read('openmetrics')
  const text = await read('text')
  assert.ok(families(text).includes('process_cpu_seconds_total'))
  assert.ok(families(openmetrics).includes('process_cpu_seconds'))
  assert.deepEqual(
    families(openmetrics),
    families(text).map(name => name?.replace(/_total$/, ''))
  )
  const gauges = [...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name]) => name)
  assert.ok(gauges.includes('nodejs_active_handles'))
  assert.deepEqual(
    gauges.filter(name => name?.endsWith('_total')),
    [],
    'promtool takes no gauge for a counter'
  )
  assert.match(openmetrics, /^process_cpu_seconds_total [\d.]+$/m)
  assert.match(openmetrics, /^# HELP process_cpu_seconds [A-Z]/m)
  assert.doesNotMatch(openmetrics, /\n\n|^\n|# EOF/)
})
