import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { cpuMs, peakMb } from '../../tools/bench/process-cost.ts'
import { wholeDeployment } from '../../tools/bench/whole-deployment.ts'
import { readWrk } from '../../tools/bench/wrk.ts'

const WRK = `Running 2s test @ http://127.0.0.1:9877/metrics
  1 threads and 4 connections
  Latency Distribution
     50%  612.00us
     75%    0.91ms
     90%    1.20ms
     99%    2.34ms
  12801 requests in 2.00s, 1.02GB read
Requests/sec:   6400.12
Transfer/sec:    522.24MB
`

suite('what a benchmark reads', () => {
  test('is what wrk says, in milliseconds', () => {
    assert.deepEqual(readWrk(WRK), { perSecond: 6400.12, p99Ms: 2.34 })
    assert.equal(readWrk(WRK.replace('2.34ms', '500.00us')).p99Ms, 0.5)
    assert.equal(readWrk(WRK.replace('2.34ms', '1.50s ')).p99Ms, 1500)
  })

  for (const [what, output] of [
    ['answers that were no success', `${WRK}  Non-2xx or 3xx responses: 3\n`],
    ['connections that broke', `${WRK}  Socket errors: connect 0, read 3, write 0, timeout 0\n`],
    ['no answer at all', WRK.replace('6400.12', '0.00')],
    ['nothing', '']
  ] as const) {
    test(`is no figure where wrk saw ${what}`, () => assert.throws(() => readWrk(output), /^Error: wrk: /))
  }

  test('is the CPU time and the peak memory of a process', () => {
    const { user, system } = process.cpuUsage()
    assert.ok(cpuMs(process) >= Math.floor((user + system) / 1000) - 20)
    assert.ok(cpuMs(process) < (user + system) / 1000 + 5000)
    assert.ok(peakMb(process) >= process.memoryUsage.rss() / 1024 ** 2 - 1)
  })

  test('is Deployments of about 7 KB', () => {
    const size = JSON.stringify(wholeDeployment(1234)).length
    assert.ok(size > 6500 && size < 7500, String(size))
  })
})
