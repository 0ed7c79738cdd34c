import assert from 'node:assert/strict'
import { EventEmitter, on, once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { suite, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { greatestAgeMs } from '../../src/probe/endpoint-probe.ts'
import { createAuthority } from '../support/certificates.ts'
import { type HttpHandler, serveHttp, serveRaw, serveTcp, serveTls } from '../support/hostile-servers.ts'
import { during, inShort, startProbing } from '../support/probing.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"version":"v1"}'
const CLOSING = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 16\r\n\r\n'
const status = (line: string, headers: string) => `HTTP/1.1 ${line}\r\n${headers}Content-Length: 0\r\n\r\n`
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

  test('a kept TLS connection holds on to no certificate', async t => {
    const { getPeerCertificate } = TLSSocket.prototype
    const certificates: WeakRef<object>[] = []
    Object.assign(TLSSocket.prototype, {
      getPeerCertificate(this: TLSSocket, isDetailed: boolean) {
        const certificate = getPeerCertificate.call(this, isDetailed)
        certificates.push(new WeakRef(certificate))
        return certificate
      }
    })
    t.after(() => Object.assign(TLSSocket.prototype, { getPeerCertificate }))
    const authority = await createAuthority()
    const server = await during(t, serveTls(await authority.issue({ names: ['127.0.0.1'] }), respond))
    const { probe } = startProbing(t, { ca: authority.pem })
    const check = () => probe(`https://127.0.0.1:${server.port}/`)
    await check()
    // What a WeakRef was made of lives as long as the turn in which it was made.
    await nextTurn()
    collectGarbage()
    assert.ok(certificates.length > 0)
    assert.ok(certificates.every(certificate => certificate.deref() === undefined))
    await check()
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

  test('errors have their stacks again after answers that are the last of their connections', async t => {
    const held: ServerResponse[] = []
    const server = await during(
      t,
      serveHttp((_, response) => {
        held.push(response)
        // All at once, so that one may end while another does.
        if (held.length === 3) {
          for (const one of held) one.writeHead(200, { connection: 'close' }).end('{"version":"v1"}')
        }
      })
    )
    const { probe } = startProbing(t)
    const probes = await Promise.all(['a', 'b', 'c'].map(path => probe(`http://127.0.0.1:${server.port}/${path}`)))
    assert.deepEqual(probes.map(inShort), ['v1', 'v1', 'v1'])
    assert.match(String(new Error('one').stack), /\n {4}at /)
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
    assert.equal(inShort(result), 'connect: 127.0.0.1 closed the connection without answering')
    assert.equal(requests, 3)
  })

  for (const [what, goodbye] of [
    ['a FIN', (socket: Socket) => socket.end()],
    ['a reset', (socket: Socket) => socket.resetAndDestroy()],
    ['half a head', (socket: Socket) => socket.end('HTTP/1.1 20')],
    ['half an answer', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"ver')],
    ['half an answer and Connection: close', (socket: Socket) => socket.end(`${CLOSING}{"ver`)],
    ['half an answer and a reset', (socket: Socket) => socket.write(`${CLOSING}{"ver`, () => socket.resetAndDestroy())],
    ['no HTTP', (socket: Socket) => socket.end('bye\r\n')],
    [
      'a frame of HTTP/2',
      (socket: Socket) => socket.end(Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, ...Array(8).fill(0)]))
    ],
    ['408', (socket: Socket) => socket.end(status('408 Request Timeout', ''))],
    ['408 on a connection that it keeps', (socket: Socket) => socket.write(status('408 Request Timeout', ''))],
    ['421', (socket: Socket) => socket.write(status('421 Misdirected Request', ''))],
    ['400 and Connection: close', (socket: Socket) => socket.end(status('400 Bad Request', 'Connection: close\r\n'))],
    ['503 and Connection: close', (socket: Socket) => socket.end(status('503 Draining', 'Connection: Close\r\n'))]
  ] as const) {
    test(`a kept connection that ends with ${what} is no fault of the service`, async t => {
      let requests = 0
      const server = await during(
        t,
        serveRaw(socket => {
          requests += 1
          if (requests === 2) goodbye(socket)
          else socket.write(ANSWER)
        })
      )
      const { probe } = startProbing(t)
      await probe(`http://127.0.0.1:${server.port}/`)
      assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/`)), 'v1')
      assert.deepEqual([requests, server.connections()], [3, 2])
    })
  }

  for (const [what, answer, outcome] of [
    ['a failure of the service', status('503 Service Unavailable', ''), 'http_status: HTTP 503 Service Unavailable'],
    [
      'no report',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\noops',
      'not_json: not JSON: it begins with oops'
    ],
    [
      'too large a report',
      `HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n${' '.repeat(70_000)}`,
      'too_large: report is larger than 64 KiB'
    ]
  ] as const) {
    test(`what comes whole on a kept connection counts: ${what}`, async t => {
      let requests = 0
      const server = await during(
        t,
        serveRaw(socket => {
          requests += 1
          socket.write(requests === 1 ? ANSWER : answer)
        })
      )
      const { probe } = startProbing(t)
      await probe(`http://127.0.0.1:${server.port}/`)
      assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/`)), outcome)
      assert.equal(requests, 2)
    })
  }

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
    assert.equal(inShort(result), 'connect: 127.0.0.1 closed the connection without answering')
    assert.equal(requests, 1)
  })

  test('a kept connection that the network has forgotten is given up for a new one, within the same time', async t => {
    let requests = 0
    const gone = Promise.withResolvers<void>()
    const server = await during(
      t,
      serveRaw(socket => {
        requests += 1
        if (requests === 2) socket.once('close', gone.resolve)
        else socket.write(ANSWER)
      })
    )
    const { probe } = startProbing(t, { timeoutMs: 2000 })
    await probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/`)), 'v1')
    assert.equal(requests, 3)
    await gone.promise
  })

  test('the answer on a new connection beside a silent one ends the probe at once', async t => {
    let requests = 0
    const server = await during(
      t,
      serveRaw(socket => {
        requests += 1
        if (requests !== 2) socket.write(ANSWER)
      })
    )
    const mute = await during(
      t,
      serveRaw(() => {})
    )
    const { probe } = startProbing(t, { timeoutMs: 4000 })
    await probe(`http://127.0.0.1:${server.port}/`)
    // It begins first, so its time is up first.
    const silent = probe(`http://127.0.0.1:${mute.port}/`)
    const answered = probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(inShort(await Promise.race([silent, answered])), 'v1')
  })

  test('a kept connection is waited for when the new one beside it has failed', async t => {
    let first: Socket | undefined
    let requests = 0
    const server = await during(
      t,
      serveRaw(socket => {
        requests += 1
        first ??= socket
        if (requests === 1) socket.write(ANSWER)
        if (requests === 3) socket.once('close', () => first?.write(ANSWER)).end()
      })
    )
    const { probe } = startProbing(t, { timeoutMs: 4000 })
    await probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/`)), 'v1')
    assert.equal(requests, 3)
  })

  test('a kept connection that says good-bye beside a new one may serve another probe to its end', async t => {
    const server = await during(
      t,
      serveRaw((socket, path) => (path === '/warm' ? socket.write(ANSWER) : asking.emit('asked', socket)))
    )
    const asking = new EventEmitter()
    const asked = on(asking, 'asked')
    const next = async (): Promise<Socket> => (await asked.next()).value?.[0] ?? assert.fail()
    const { probe } = startProbing(t, { timeoutMs: 2000 })
    const endpoint = `http://127.0.0.1:${server.port}`
    await probe(`${endpoint}/warm`)
    const first = probe(`${endpoint}/first`)
    const kept = await next()
    // A quarter of the time is gone.
    const beside = await next()
    kept.write(status('421 Misdirected Request', ''))
    let other = probe(`${endpoint}/other`)
    // Until its answer has been read.
    for (let taken = await next(); taken !== kept; taken = await next()) {
      taken.write(`${CLOSING}{"version":"v1"}`)
      await other
      other = probe(`${endpoint}/other`)
    }
    beside.write(ANSWER)
    assert.equal(inShort(await first), 'v1')
    kept.write(ANSWER.replace('v1', 'v2'))
    assert.equal(inShort(await other), 'v2')
  })

  for (const [what, headers] of [
    ['without a length', 'Connection: close\r\n'],
    ['with a length', 'Connection: close\r\nContent-Length: 16\r\n'],
    ['in chunks', 'Connection: close\r\nTransfer-Encoding: chunked\r\n']
  ]) {
    const begun = `HTTP/1.1 200 OK\r\n${headers}\r\n${what === 'in chunks' ? '10\r\n' : ''}{"version`

    test(`an answer ${what} that is cut off by a reset is none`, async t => {
      const server = await during(
        t,
        serveRaw(socket => socket.write(begun, () => socket.resetAndDestroy()))
      )
      assert.match(inShort(await startProbing(t).probe(`http://127.0.0.1:${server.port}/`)), /^connect: /)
    })

    test(`an answer ${what} that is cut off by a reset is asked for again where the connection was kept`, async t => {
      let requests = 0
      const server = await during(
        t,
        serveRaw(socket => {
          requests += 1
          if (requests === 2) socket.write(begun, () => socket.resetAndDestroy())
          else socket.write(ANSWER)
        })
      )
      const { probe } = startProbing(t)
      await probe(`http://127.0.0.1:${server.port}/`)
      assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/`)), 'v1')
      assert.equal(requests, 3)
    })
  }

  test('a new connection that is silent after a kept one has ended is not tried again', async t => {
    let requests = 0
    const server = await during(
      t,
      serveRaw(socket => {
        requests += 1
        if (requests === 1) socket.write(ANSWER)
        if (requests === 2) socket.end()
      })
    )
    const { probe } = startProbing(t, { timeoutMs: 400 })
    await probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/`)), 'timeout: no answer within 400 ms')
    assert.deepEqual([requests, server.connections()], [3, 2])
  })

  test('a slow service may answer on the kept connection, though a new one was tried beside it', async t => {
    let first: Socket | undefined
    let requests = 0
    const server = await during(
      t,
      serveRaw(socket => {
        requests += 1
        first ??= socket
        // The new connection comes when a quarter of the time is gone; from then on the kept one has its answer.
        if (requests === 1 || requests === 3) first.write(ANSWER)
      })
    )
    const { probe } = startProbing(t, { timeoutMs: 4000 })
    await probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/`)), 'v1')
    assert.deepEqual([requests, server.connections()], [3, 2])
  })

  test('a new connection is tried for the address that is silent, not for one that has answered', async t => {
    const requests: string[] = []
    const server = await during(
      t,
      serveRaw((socket, path) => {
        requests.push(path)
        if (path === '/old') socket.write('HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n')
        else if (requests.length !== 4) socket.write(ANSWER)
      })
    )
    const { probe } = startProbing(t, { timeoutMs: 2000 })
    for (let check = 0; check < 2; check += 1) await probe(`http://127.0.0.1:${server.port}/old`)
    assert.deepEqual(requests, ['/old', '/new', '/old', '/new', '/new'])
  })

  test('a kept connection on which something has come is waited for', async t => {
    let requests = 0
    const server = await during(
      t,
      serveRaw(socket => {
        requests += 1
        socket.write(requests === 1 ? ANSWER : 'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"ver')
      })
    )
    const { probe } = startProbing(t, { timeoutMs: 400 })
    await probe(`http://127.0.0.1:${server.port}/`)
    const result = await probe(`http://127.0.0.1:${server.port}/`)
    assert.deepEqual([inShort(result), result.httpStatus], ['timeout: no answer within 400 ms', 200])
    assert.equal(requests, 2)
  })

  test('a service that answers nobody is reported as such, on a kept connection too', async t => {
    let requests = 0
    const server = await during(
      t,
      serveRaw(socket => {
        requests += 1
        if (requests === 1) socket.write(ANSWER)
      })
    )
    const { probe } = startProbing(t, { timeoutMs: 400 })
    await probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/`)), 'timeout: no answer within 400 ms')
    assert.equal(requests, 3)
  })

  test('a connection that has reached its greatest age is not asked again', async t => {
    const server = await during(t, serveHttp(respond))
    const ages = [1000, 60_000]
    let now = 0
    const { probe } = startProbing(t, { greatestAgeMs: () => ages.shift() ?? 60_000, monotonic: () => now })
    const ask = async (at: number) => {
      now = at
      await probe(`http://127.0.0.1:${server.port}/`)
      return server.connections()
    }
    assert.deepEqual([await ask(0), await ask(999), await ask(1000), await ask(60_999)], [1, 1, 2, 2])
    assert.equal(await ask(61_000), 3)
  })

  test('a connection that grows too old while it is asked is not kept', async t => {
    let now = 0
    const gone = Promise.withResolvers<void>()
    const server = await during(
      t,
      serveHttp((request, response) => {
        request.socket.once('close', gone.resolve)
        now = 1000
        response.end('{"version":"v1"}')
      })
    )
    const { probe } = startProbing(t, { greatestAgeMs: () => 1000, monotonic: () => now })
    assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/`)), 'v1')
    await gone.promise
  })

  test('connections grow half a minute to a minute old', () => {
    assert.deepEqual(
      [greatestAgeMs(() => 0), greatestAgeMs(() => 0.5), greatestAgeMs(() => 1)],
      [30_000, 45_000, 60_000]
    )
  })

  test('a server that speaks before it is asked is reported as such', async t => {
    const server = await during(
      t,
      serveTcp(socket => socket.write(ANSWER))
    )
    const result = await startProbing(t).probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(inShort(result), 'connect: 127.0.0.1 sends data before it is asked')
  })

  for (const [what, stray] of [
    ['what comes', ANSWER],
    // It would be held until its end comes, in front of the next answer.
    ['the beginning of a head that has to be repaired', 'HTTP/1.1 200 OK\nContent-'],
    ['the beginning of a first line', 'HTTP/1.1 20']
  ] as const)
    test(`${what} while a connection is idle ends it, and answers nothing`, async t => {
      const sockets: Socket[] = []
      const server = await during(
        t,
        serveRaw((socket, path) => {
          sockets.push(socket)
          socket.write(path === '/second' ? ANSWER.replace('v1', 'v2') : ANSWER)
        })
      )
      const { probe } = startProbing(t)
      await probe(`http://127.0.0.1:${server.port}/first`)
      const closed = once(sockets[0] ?? assert.fail(), 'close')
      sockets[0]?.write(stray)
      assert.equal(inShort(await probe(`http://127.0.0.1:${server.port}/second`)), 'v2')
      await closed
    })
})
