import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard, untilReady, watching } from '../support/guard-process.ts'
import { manifests } from '../support/services.ts'
import { until } from '../support/until.ts'
import { limitMemory, memoryLimitMissing } from './memory.ts'
import { neighboursOf } from './neighbours.ts'
import { strangersAt } from './strangers.ts'

const MI = 1024 * 1024
// As many of these requests as one read takes from the kernel.
const REQUESTS = 5_000
// Answers of about 120 KiB, which are not large yet.
const SERVICES = 60

suite('while strangers send thousands of requests at once and read nothing', needs(memoryLimitMissing), () => {
  for (const path of ['/metrics', '/', '/live']) {
    test(`of ${path}, the guard lives in 512 Mi, and every probe and scrape succeeds`, async t => {
      const workloads = join(temporaryFolder(t), 'workloads.json')
      const names = Array.from({ length: SERVICES }, (_, index) => `shop-with-a-name-of-some-length-${index}`)
      const service = { image: 'registry.example/some/longer/path/app:v1.2.3', endpoint: 'http://127.0.0.1:1/' }
      writeFileSync(workloads, manifests(Object.fromEntries(names.map(name => [name, service]))))
      const limit = limitMemory(t, 512 * MI)
      const guard = await serveGuard(t, watching(workloads), limit.through)
      await untilReady(guard.url)
      const neighbours = neighboursOf(t, guard.url)
      const strangers = strangersAt(t, guard.url, {
        count: 20,
        sends: `GET ${path} HTTP/1.1\r\nHost: guard\r\n\r\n`.repeat(REQUESTS),
        addresses: ['127.0.0.2', '127.0.0.3']
      })
      await until(() => assert.ok(strangers.ended() > 40, `${strangers.ended()}`))
      await neighbours.ask(20)
      assert.equal(guard.child.exitCode, null)
      t.diagnostic(`at most ${Math.round(limit.most() / MI)} Mi; ${strangers.ended()} cut off`)
    })
  }
})
