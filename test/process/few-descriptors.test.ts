import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard } from '../support/guard-process.ts'
import { manifests, reporting } from '../support/services.ts'
import { until } from '../support/until.ts'

const SERVICES = 400
const DESCRIPTORS = 200

suite('a guard with fewer descriptors than services', () => {
  test('asks them all in turn, blames none, and answers', async t => {
    const server = createServer(reporting({ version: 'v1', gitSha: 'abc1234' }))
    server.listen(0, '0.0.0.0', 4096)
    await once(server, 'listening')
    t.after(() => {
      server.close()
      server.closeAllConnections()
    })
    const { port } = server.address() as AddressInfo
    // Each has a host of its own, so that no two share a kept connection.
    const workloads = Array.from({ length: SERVICES }, (_, index) => [
      `shop-${index}`,
      { image: 'app:v1', endpoint: `http://127.1.${index >> 8}.${index & 255}:${port}/debug/version` }
    ])
    const path = join(temporaryFolder(t), 'workloads.json')
    writeFileSync(path, manifests(Object.fromEntries(workloads)))
    const env = {
      WORKLOAD_SOURCE: 'file',
      WORKLOADS_FILE: path,
      ENDPOINT_ALLOW: '127.1.0.0/16',
      CHECK_INTERVAL: '200ms',
      CHECK_CONCURRENCY: '20'
    }
    const guard = await serveGuard(t, env, ['bash', '-c', `ulimit -n ${DESCRIPTORS}; exec "$@"`, 'bash'])
    await until(async () => {
      const { services } = (await (await guard.get('/api/v1/status')).json()) as { services: { status: string }[] }
      const counts = Object.groupBy(services, ({ status }) => status)
      assert.deepEqual([counts.OK?.length, counts.ERROR], [SERVICES, undefined])
    })
    assert.equal((await guard.get('/health')).status, 200)
  })
})
