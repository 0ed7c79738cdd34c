import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { suite, type TestContext, test } from 'node:test'
import { createApp } from '../../src/http/app.ts'
import { somePorts } from './fixtures.ts'

async function listen(t: TestContext): Promise<number> {
  const app = createApp(somePorts())
  t.after(() => app.close())
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}

/** What the server sends back for these bytes, until the connection ends. */
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

  test('ends a connection behind the answer to a request with a body, which nobody reads', async t => {
    const port = await listen(t)
    for (const body of ['Content-Length: 9999999\r\n\r\nx', 'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n']) {
      assert.match(await exchange(port, `GET /live HTTP/1.1\r\nHost: guard\r\n${body}`), /^HTTP\/1\.1 200 /)
    }
  })

  test('ends a connection on which many requests come before their answers, and looks at no more of them', async t => {
    const app = createApp(somePorts())
    t.after(() => app.close())
    let requests = 0
    app.server.on('request', () => {
      requests += 1
    })
    const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
    const socket = connect({ port, host: '127.0.0.1' })
    socket.write('GET /metrics HTTP/1.1\r\nHost: guard\r\n\r\n'.repeat(1_000))
    socket.resume().on('error', () => {})
    await new Promise(resolve => socket.once('close', resolve))
    assert.equal(requests, 3)
  })

  test('answers two requests that come together', async t => {
    const request = 'GET /live HTTP/1.1\r\nHost: guard\r\n'
    const answer = await exchange(await listen(t), `${request}\r\n${request}Connection: close\r\n\r\n`)
    assert.equal(answer.split('HTTP/1.1 200 ').length, 3)
  })

  for (const [what, request, status] of [
    ['HTTP/0.9', 'GET /metrics\r\n\r\n', 505],
    ['HTTP/0.9 that says so', 'GET /metrics HTTP/0.9\r\n\r\n', 505],
    ['HTTP/2 in a request line', 'GET /metrics HTTP/2.0\r\nHost: guard\r\n\r\n', 505],
    ['HTTP/0.9 on a health path', 'GET /live\r\n\r\n', 505],
    ['HTTP/0.9 on a path that is not there', 'GET /nowhere\r\n\r\n', 505],
    ['two Host headers', 'GET /metrics HTTP/1.1\r\nHost: guard\r\nHost: other\r\n\r\n', 400],
    ['two Host headers that are the same', 'GET /live HTTP/1.1\r\nHost: guard\r\nhOST: guard\r\n\r\n', 400],
    ['two Host headers in HTTP/1.0', 'GET /metrics HTTP/1.0\r\nHost: guard\r\nHost: other\r\n\r\n', 400],
    ['HTTP/1.1 without a Host header', 'GET /metrics HTTP/1.1\r\n\r\n', 400]
  ] as const) {
    test(`refuses ${what}, and ends the connection`, async t => {
      const answer = await exchange(await listen(t), request)
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `))
      assert.doesNotMatch(answer, /keybuzz|text identity/)
    })
  }

  for (const request of [
    'GET /metrics HTTP/1.0\r\n\r\n',
    'GET /metrics HTTP/1.0\r\nHost: guard\r\n\r\n',
    'GET /metrics HTTP/1.1\r\nConnection: close\r\nHost: guard\r\nX-Host: guard\r\nX: Host\r\n\r\n'
  ]) {
    test(`answers ${JSON.stringify(request)}`, async t => {
      assert.match(await exchange(await listen(t), request), /^HTTP\/1\.1 200 [\s\S]*text identity/)
    })
  }

  test('cuts off a client that is slow with a request, and one that sends nothing', async t => {
    const port = await listen(t)
    const slow = connect({ port, host: '127.0.0.1' })
    slow.write('GET /metrics HTTP/1.1\r\nHost: guard\r\n')
    const silent = connect({ port, host: '127.0.0.1' })
    // Within less than the 30 s that Node lets pass between two looks at its connections.
    for (const socket of [slow, silent]) {
      socket.resume()
      await once(socket, 'close', { signal: AbortSignal.timeout(20_000) })
    }
  })

  test('bounds the time that a request and an idle connection take', t => {
    const app = createApp(somePorts())
    t.after(() => app.close())
    const { headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxConnections } = app.server
    assert.deepEqual([headersTimeout, requestTimeout, keepAliveTimeout, timeout], [5_000, 10_000, 75_000, 180_000])
    assert.equal(maxConnections, 512)
  })
})
