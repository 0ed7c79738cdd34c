import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { suite, type TestContext, test } from 'node:test'
import { createApp } from '../../src/http/app.ts'
import { somePorts } from './fixtures.ts'

async function listen(t: TestContext): Promise<number> {
  const app = createApp(somePorts())
  t.after(() => app.close())
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}

/** What comes back, to the end of the connection, for these bytes. */
async function exchange(port: number, request: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.write(request)
  const answer: Buffer[] = []
  for await (const chunk of socket) answer.push(chunk)
  return Buffer.concat(answer).toString()
}

suite('limits', () => {
  test('refuses headers of more than 16 KiB', async t => {
    const port = await listen(t)
    const answer = await exchange(port, `GET /metrics HTTP/1.1\r\nHost: guard\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)
    assert.match(answer, /^HTTP\/1\.1 431 /)
  })

  test('refuses what is not HTTP', async t => {
    assert.match(await exchange(await listen(t), 'SSH-2.0-OpenSSH_9.2\r\n\r\n'), /^HTTP\/1\.1 400 /)
  })

  test('answers a method without reading the body that it announces', async t => {
    const request = 'POST /metrics HTTP/1.1\r\nHost: guard\r\nConnection: close\r\nContent-Length: 9999999\r\n\r\n'
    assert.match(await exchange(await listen(t), request), /^HTTP\/1\.1 405 /)
  })

  test('bounds the time that a request and an idle connection take', t => {
    const app = createApp(somePorts())
    t.after(() => app.close())
    const { headersTimeout, requestTimeout, keepAliveTimeout, timeout } = app.server
    assert.deepEqual([headersTimeout, requestTimeout, keepAliveTimeout, timeout], [5_000, 10_000, 75_000, 180_000])
  })
})
