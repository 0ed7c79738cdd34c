import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { LookupFunction } from 'node:net'
import { connect } from 'node:net'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createTransport } from '../../src/registry/transport.ts'

// It answers nobody until it is told to. Then it answers everybody: its kernel has dropped who came meanwhile, and is asked
// again a second later, as where the network is slow.
const SERVER = `
  import { readSync } from 'node:fs'
  import { createServer } from 'node:http'
  const server = createServer((request, response) => response.end('{}'))
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    process.stdout.write(String(server.address().port))
    setTimeout(() => readSync(0, Buffer.alloc(1)), 100)
  })`
const BACKLOG = 2

async function startSlow(t: TestContext): Promise<{ port: number; go: () => void }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', SERVER], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  t.after(() => child.kill())
  const [port] = await once(child.stdout.setEncoding('utf8'), 'data')
  await wait(300)
  for (let count = 0; count < BACKLOG; count += 1) {
    const waiting = connect(Number(port), '127.0.0.1')
    t.after(() => waiting.destroy())
    await once(waiting, 'connect')
  }
  return { port: Number(port), go: () => child.stdin.write('!') }
}

// As glibc answers on a machine without a route for IPv6; nobody listens at the second.
const lookup: LookupFunction = (_host, _options, found) => {
  found(null, [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 }
  ])
}

suite('a registry with addresses of both families', () => {
  test('is reached however far away it is', async t => {
    const { port, go } = await startSlow(t)
    const transport = createTransport({ userAgent: 'test', timeoutMs: 10_000, proxyFor: () => null, lookup })
    t.after(transport.close)
    const url = new URL(`http://far.test:${port}/v2/`)
    const answer = transport.send({ method: 'GET', url, headers: {}, mostBytes: 1000 })
    await wait(500)
    go()
    const found = await answer
    assert.deepEqual(found.seen ? found.value.status : found.message, 200)
  })
})
