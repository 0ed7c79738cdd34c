import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard, untilReady, watching } from '../support/guard-process.ts'
import { manifests, reporting, startService } from '../support/services.ts'
import { neighboursOf } from './neighbours.ts'

const SERVICES = 20
const SCRAPES = 300

suite('in scrape mode', () => {
  test('strangers who scrape without a pause and announce next to no time do not drive the fleet', async t => {
    let asked = 0
    const answer = reporting({ version: 'v1', gitSha: 'abc1234' })
    const endpoint = await startService(t, (request, response) => {
      asked += 1
      answer(request, response)
    })
    const path = join(temporaryFolder(t), 'workloads.json')
    const names = Array.from({ length: SERVICES }, (_, index) => `shop-${index}`)
    writeFileSync(path, manifests(Object.fromEntries(names.map(name => [name, { image: 'app:v1', endpoint }]))))
    const guard = await serveGuard(t, { ...watching(path), CHECK_MODE: 'scrape' })
    await untilReady(guard.url)
    const before = asked
    const start = performance.now()
    let scrapes = 0
    const strangers = ['0.001', '0.000001', '1e-300'].map(async timeout => {
      while (scrapes < SCRAPES) {
        assert.match(
          await guard.metrics({ 'x-prometheus-scrape-timeout-seconds': timeout }),
          /^keybuzz_version_consistent/m
        )
        scrapes += 1
      }
    })
    await neighboursOf(t, guard.url).ask(10)
    await Promise.all(strangers)
    const seconds = (performance.now() - start) / 1000
    const cycles = (asked - before) / SERVICES
    t.diagnostic(`${scrapes} scrapes in ${seconds.toFixed(1)} s made ${cycles} cycles`)
    // One of them begins at once; between the end of one and the beginning of the next is a second.
    assert.ok(cycles >= 1 && cycles <= 1 + seconds, `${cycles} cycles in ${seconds} s`)
  })
})
