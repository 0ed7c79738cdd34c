import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { suite, test } from 'node:test'
import { createAuthority } from '../support/certificates.ts'
import { type HttpHandler, serveHttp, serveRaw, serveTls } from '../support/hostile-servers.ts'
import { during, inShort, startProbing } from '../support/probing.ts'

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"version":"v1"}'
const respond: HttpHandler = (_, response) => response.end('{"version":"v1"}')

suite('connections', () => {
  test('a connection is kept for the next check', async t => {
    const server = await during(t, serveHttp(respond))
    const { probe } = startProbing(t)
    for (let check = 0; check < 5; check += 1) {
      assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/${check}`)), 'v1')
    }
    assert.equal(server.connections(), 1)
  })

  test('a TLS connection is kept as well', async t => {
    const authority = await createAuthority()
    const server = await during(t, serveTls(await authority.issue({ names: ['127.0.0.1'] }), respond))
    const { probe } = startProbing(t, { ca: authority.pem })
    for (let check = 0; check < 5; check += 1) await probe(`https://127.0.0.1:${server.port}/`)
    assert.equal(server.connections(), 1)
  })

  test('checks at the same time have a connection each, so that none waits for another', async t => {
    const held: ServerResponse[] = []
    let isHolding = false
    const server = await during(
      t,
      serveHttp((request, response) => {
        if (isHolding && request.url === '/slow') held.push(response)
        else response.end('{"version":"v1"}')
      })
    )
    const { probe } = startProbing(t)
    const at = (path: string) => probe(`http://127.0.0.1:${server.port}/${path}`)
    await Promise.all([at('slow'), at('quick')])
    isHolding = true
    const slow = at('slow')
    assert.equal(inShort(await at('quick')), 'v1')
    for (const response of held) response.end('{"version":"v2"}')
    assert.equal(inShort(await slow), 'v2')
    assert.equal(server.connections(), 2)
  })

  for (const [what, status] of [
    ['an error', 503],
    ['no report', 200]
  ] as const) {
    test(`a connection is kept after ${what}, when its answer was complete`, async t => {
      const server = await during(
        t,
        serveHttp((_, response) => response.writeHead(status).end('oops'))
      )
      const { probe } = startProbing(t)
      await probe(`http://127.0.0.1:${server.port}/`)
      await probe(`http://127.0.0.1:${server.port}/`)
      assert.equal(server.connections(), 1)
    })
  }

  test('a redirect within a host uses the same connection', async t => {
    const server = await during(
      t,
      serveHttp((request, response) => {
        if (request.url === '/new') response.end('{"version":"v1"}')
        else response.writeHead(302, { location: '/new' }).end()
      })
    )
    assert.equal(inShort(await startProbing(t).probe(`http://127.0.0.1:${server.port}/`)), 'v1')
    assert.equal(server.connections(), 1)
  })

  test('a connection is not kept when the server says close', async t => {
    const server = await during(
      t,
      serveHttp((_, response) => response.writeHead(200, { connection: 'close' }).end('{"version":"v1"}'))
    )
    const { probe } = startProbing(t)
    await probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/`)), 'v1')
    assert.equal(server.connections(), 2)
  })

  test('a connection is not kept when the server keeps it for less than undici trusts', async t => {
    const server = await during(
      t,
      serveHttp((_, response) => response.writeHead(200, { 'keep-alive': 'timeout=1' }).end('{"version":"v1"}'))
    )
    const { probe } = startProbing(t)
    await probe(`http://127.0.0.1:${server.port}/`)
    await probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(server.connections(), 2)
  })

  test('a connection is not kept when its answer is too large', async t => {
    const server = await during(
      t,
      serveHttp((_, response) => response.end(' '.repeat(70_000)))
    )
    const { probe } = startProbing(t)
    await probe(`http://127.0.0.1:${server.port}/`)
    await probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(server.connections(), 2)
  })

  test('a kept connection that the server closes on the next request is tried once more, on a new one', async t => {
    const requests: string[] = []
    const server = await during(
      t,
      serveRaw((socket, path) => {
        requests.push(path)
        if (requests.length === 2) socket.end()
        else socket.write(ANSWER)
      })
    )
    const { probe } = startProbing(t)
    await probe(`http://127.0.0.1:${server.port}/first`)
    assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/second`)), 'v1')
    assert.deepEqual(requests, ['/first', '/second', '/second'])
    assert.equal(server.connections(), 2)
  })

  test('a kept TLS connection is tried once more as well', async t => {
    const authority = await createAuthority()
    const certificate = await authority.issue({ names: ['127.0.0.1'] })
    let requests = 0
    const server = await during(
      t,
      serveTls(certificate, (request, response) => {
        requests += 1
        if (requests === 2) request.socket.end()
        else response.end('{"version":"v1"}')
      })
    )
    const { probe } = startProbing(t, { ca: authority.pem })
    await probe(`https://127.0.0.1:${server.port}/`)
    assert.equal(inShort(await probe(`https://127.0.0.1:${server.port}/`)), 'v1')
    assert.equal(requests, 3)
  })

  test('the second try is the last', async t => {
    let requests = 0
    const server = await during(
      t,
      serveRaw(socket => {
        requests += 1
        if (requests === 1) socket.write(ANSWER)
        else socket.end()
      })
    )
    const { probe } = startProbing(t)
    await probe(`http://127.0.0.1:${server.port}/`)
    const result = await probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(inShort(result), 'connect: 127.0.0.1 closed without answering')
    assert.equal(requests, 3)
  })

  test('a kept connection that breaks in its answer is not tried again', async t => {
    let requests = 0
    const server = await during(
      t,
      serveRaw(socket => {
        requests += 1
        if (requests === 1) socket.write(ANSWER)
        else socket.end('HTTP/1.1 20')
      })
    )
    const { probe } = startProbing(t)
    await probe(`http://127.0.0.1:${server.port}/`)
    const result = await probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(result.report.seen ? 'seen' : result.report.reason, 'connect')
    assert.equal(requests, 2)
  })

  test('a new connection that fails is not tried again', async t => {
    let requests = 0
    const server = await during(
      t,
      serveRaw(socket => {
        requests += 1
        socket.end()
      })
    )
    const result = await startProbing(t).probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(inShort(result), 'connect: 127.0.0.1 closed without answering')
    assert.equal(requests, 1)
  })

  test('a kept connection that hangs is not tried again', async t => {
    let requests = 0
    const server = await during(
      t,
      serveRaw(socket => {
        requests += 1
        if (requests === 1) socket.write(ANSWER)
      })
    )
    const { probe } = startProbing(t, { timeoutMs: 500 })
    await probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/`)), 'timeout: no answer within 500 ms')
    assert.equal(requests, 2)
  })
})
