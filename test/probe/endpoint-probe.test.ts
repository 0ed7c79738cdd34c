import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { LookupFunction, Socket } from 'node:net'
import { suite, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createEndpointProbe } from '../../src/probe/endpoint-probe.ts'
import { createAuthority } from '../support/certificates.ts'
import { targetAt } from '../support/facts.ts'
import { serveHttp, serveTcp, serveTls } from '../support/hostile-servers.ts'
import { during, inShort, startProbing } from '../support/probing.ts'

setFlagsFromString('--expose-gc')

const NO_RULES = { hosts: [], suffixes: [], networks: [] }

suite('endpoint probe', () => {
  test('sends one GET, for JSON as it is, and nothing else', async t => {
    let request = ''
    const server = await during(
      t,
      serveTcp(socket => {
        socket.on('data', data => {
          request += data
          socket.end('HTTP/1.1 200 OK\r\n\r\n{"version":"v1"}')
        })
      })
    )
    const { probe, close } = createEndpointProbe({
      allow: NO_RULES,
      ca: undefined,
      keepAliveMs: 1000,
      version: '1.2.3'
    })
    t.after(close)
    const result = await probe(targetAt(`http://127.0.0.1:${server.port}/debug/version?full=1#top`), 60_000)
    assert.equal(inShort(result), 'v1')
    assert.deepEqual(request.split('\r\n'), [
      'GET /debug/version?full=1 HTTP/1.1',
      `host: 127.0.0.1:${server.port}`,
      'connection: keep-alive',
      'accept: application/json, */*;q=0.1',
      'accept-encoding: identity',
      'user-agent: keybuzz-version-guard/1.2.3',
      '',
      ''
    ])
  })

  test('gives report, status and duration', async t => {
    const server = await during(
      t,
      serveHttp((_, response) => response.writeHead(203).end('{"version":"v1","gitSha":"abc1234"}'))
    )
    const { durationMs, trace, ...rest } = await startProbing(t).probe(`http://127.0.0.1:${server.port}/`)
    assert.deepEqual(rest, { report: { seen: true, value: { version: 'v1', gitSha: 'abc1234' } }, httpStatus: 203 })
    assert.ok(durationMs > 0)
    assert.equal(trace?.hops.length, 1)
  })

  for (const [status, found] of [
    [299, 'v1'],
    [300, 'http_status: HTTP 300 Multiple Choices']
  ] as const) {
    test(`takes ${status} for ${found === 'v1' ? 'an answer' : 'none'}`, async t => {
      const server = await during(
        t,
        serveHttp((_, response) => response.writeHead(status).end('{"version":"v1"}'))
      )
      assert.equal(inShort(await startProbing(t).probe(`http://127.0.0.1:${server.port}/`)), found)
    })
  }

  test('reads an answer only when it is its turn', async t => {
    const server = await during(
      t,
      serveHttp((_, response) => response.end('{"version":"v1"}'))
    )
    const wanted = Promise.withResolvers<void>()
    const turn = Promise.withResolvers<void>()
    const { probe, close } = createEndpointProbe({
      allow: NO_RULES,
      ca: undefined,
      keepAliveMs: 1000,
      pace: () => {
        wanted.resolve()
        return turn.promise
      }
    })
    t.after(close)
    let isRead = false
    const result = probe(targetAt(`http://127.0.0.1:${server.port}/`), 60_000).finally(() => {
      isRead = true
    })
    await Promise.race([wanted.promise, result])
    await nextTurn()
    assert.equal(isRead, false)
    turn.resolve()
    assert.equal(inShort(await result), 'v1')
  })

  test('gives the status of the last response, even when what came after it failed', async t => {
    const server = await during(
      t,
      serveHttp((request, response) => {
        if (request.url === '/gone') response.destroy()
        else response.writeHead(302, { location: '/gone' }).end()
      })
    )
    const result = await startProbing(t).probe(`http://127.0.0.1:${server.port}/`)
    assert.equal(inShort(result), 'connect: 127.0.0.1 closed the connection without answering')
    assert.equal(result.httpStatus, 302)
  })

  test('verifies TLS with the certificates that it is given', async t => {
    const authority = await createAuthority()
    const serverNames: unknown[] = []
    const server = await during(
      t,
      serveTls(await authority.issue({ names: ['client.example'] }), ({ socket }, response) => {
        serverNames.push(Reflect.get(socket, 'servername'))
        response.end('{"version":"v1"}')
      })
    )
    const names = { 'client.example': ['127.0.0.1'], 'client.example.': ['127.0.0.1'], 'other.example': ['127.0.0.1'] }
    const trusting = startProbing(t, { ca: authority.pem, names })
    const { port } = server
    assert.equal(inShort(await trusting.probe(`https://client.example:${port}/`)), 'v1')
    assert.equal(inShort(await trusting.probe(`https://client.example.:${port}/`)), 'v1')
    assert.deepEqual(serverNames, ['client.example', 'client.example'])
    assert.equal(
      inShort(await trusting.probe(`https://other.example:${port}/`)),
      'tls: certificate is for client.example, not for other.example'
    )
    assert.match(
      inShort(await startProbing(t, { names }).probe(`https://client.example:${port}/`)),
      /^tls: certificate is from an unknown authority/
    )
  })

  test('goes on to trust the authorities of the machine when it is given more', async t => {
    const [machine, given] = await Promise.all([createAuthority('machine'), createAuthority('given')])
    const defaults = getCACertificates('default')
    t.after(() => setDefaultCACertificates(defaults))
    setDefaultCACertificates([machine.pem])
    const probing = startProbing(t, { ca: given.pem })
    for (const authority of [machine, given]) {
      const certificate = await authority.issue({ names: ['127.0.0.1'] })
      const server = await during(
        t,
        serveTls(certificate, (_, response) => response.end('{"version":"v1"}'))
      )
      assert.equal(inShort(await probing.probe(`https://127.0.0.1:${server.port}/`)), 'v1')
    }
  })

  test('reads neither report nor redirect from an error', async t => {
    const server = await during(
      t,
      serveHttp((_, response) => response.writeHead(404, { location: '/other' }).end('{"version":"v1"}'))
    )
    assert.equal(
      inShort(await startProbing(t).probe(`http://127.0.0.1:${server.port}/`)),
      'http_status: HTTP 404 Not Found'
    )
  })

  const REPORT = '{"version":"v1"}'
  const CHUNKED = 'Transfer-Encoding: chunked\r\n'
  for (const [what, headers, body] of [
    ['a length beside a coding', `Content-Length: 16\r\n${CHUNKED}`, `10\r\n${REPORT}\r\n0\r\n\r\n`],
    ['chunks of a padded size', CHUNKED, `10  \r\n${REPORT}\r\n0   \r\n\r\n`],
    ['lines of chunks that end in a line feed alone', CHUNKED, `10\n${REPORT}\n0\nX: a\n\n`],
    ['white space in an extension of a chunk', CHUNKED, `10; a = b\r\n${REPORT}\r\n0;\r\n\r\n`],
    ['the same length twice', 'Content-Length: 16\r\ncontent-length: 16\r\n', REPORT],
    ['a length with a plus sign', 'Content-Length: +16\r\n', REPORT],
    ['a space behind a length', 'Content-Length: 16 \r\n', REPORT],
    ['a space behind a name', 'X-Powered-By : us\r\nContent-Length: 16\r\n', REPORT],
    ['a name that none can have', 'X-Build(1): 2\r\nContent-Length: 16\r\n', REPORT],
    ['a control character', 'X-Branch: main\u0007\r\nContent-Length: 16\r\n', REPORT]
  ] as const) {
    test(`reads an answer that has ${what}, and asks again on its connection`, async t => {
      const server = await during(
        t,
        serveTcp(socket => socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${headers}\r\n${body}`)))
      )
      const probing = startProbing(t)
      for (const connection of ['new', 'kept']) {
        const result = await probing.probe(`http://127.0.0.1:${server.port}/`)
        assert.deepEqual([inShort(result), result.trace?.hops[0]?.connection], ['v1', connection])
      }
    })
  }

  for (const [phase, sent] of [
    ['before the answer', ''],
    ['in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{']
  ] as const) {
    test(`destroys the connection when the time is up ${phase}`, async t => {
      const gone = Promise.withResolvers<void>()
      const server = await during(
        t,
        serveTcp(socket => {
          socket.on('close', () => gone.resolve()).on('data', () => socket.write(sent))
        })
      )
      const result = await startProbing(t, { timeoutMs: 200 }).probe(`http://127.0.0.1:${server.port}/`)
      assert.equal(inShort(result), 'timeout: no answer within 200 ms')
      await gone.promise
    })
  }

  test('destroys a connection that is still in the TLS handshake when the time is up', async t => {
    const accepted = Promise.withResolvers<Socket>()
    const server = await during(t, serveTcp(accepted.resolve))
    const probing = startProbing(t, { timeoutMs: 200 })
    const result = probing.probe(`https://127.0.0.1:${server.port}/`)
    const socket = await accepted.promise
    socket.resume()
    await once(socket, 'close')
    assert.equal(inShort(await result), 'timeout: no answer within 200 ms')
  })

  test('does not wait for a resolver that does not answer', async t => {
    const lookup: LookupFunction = () => {}
    const { probe, close } = createEndpointProbe({ allow: NO_RULES, ca: undefined, keepAliveMs: 1000, lookup })
    t.after(close)
    const result = await probe(targetAt('http://client.example/'), 100)
    assert.equal(inShort(result), 'dns: cannot resolve client.example: no answer within 100 ms')
  })

  for (const [origin, begun] of [
    ['annotation', 4],
    ['file', 6]
  ] as const) {
    test(`of 6 names of one namespace that nobody resolves, ${begun} are looked up for targets with the origin ${origin}`, async t => {
      let lookups = 0
      const lookup: LookupFunction = () => {
        lookups += 1
      }
      const { probe, close } = createEndpointProbe({ allow: NO_RULES, ca: undefined, keepAliveMs: 1000, lookup })
      t.after(close)
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, (_, number) => probe(targetAt(`http://${number}.example/`, { origin }), 100))
      )
      assert.equal(lookups, begun)
      assert.deepEqual(
        outcomes.map(inShort),
        outcomes.map(
          (_, number) =>
            `dns: cannot resolve ${number}.example: ${number < begun ? 'no answer within 100 ms' : 'other lookups of its namespace are still waiting'}`
        )
      )
    })
  }

  test('gives its timer back where what was given to it throws', async t => {
    const secretIn = () => assert.fail('no secrets today')
    const { probe, close } = createEndpointProbe({ allow: NO_RULES, ca: undefined, keepAliveMs: 1000, secretIn })
    t.after(close)
    const timers = () => process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length
    const before = timers()
    const target = targetAt('http://127.0.0.1/', { headers: [{ name: 'authorization', prefix: '', file: '/token' }] })
    await assert.rejects(probe(target, 60_000), { message: 'no secrets today' })
    assert.equal(timers(), before)
  })

  test('says stopped when it is closed, and when it had been closed before, and leaves no connection behind', async t => {
    const accepted = Promise.withResolvers<Socket>()
    const server = await during(t, serveTcp(accepted.resolve))
    const probing = startProbing(t)
    const result = probing.probe(`http://127.0.0.1:${server.port}/`)
    const socket = await accepted.promise
    const gone = once(socket.resume(), 'close')
    await probing.close()
    await gone
    assert.equal(inShort(await result), 'timeout: stopped')
    assert.equal(inShort(await probing.probe(`http://127.0.0.1:${server.port}/`)), 'timeout: stopped')
    assert.equal(server.connections(), 1)
  })

  for (const [code, connections] of [
    ['EMFILE', 2],
    ['ENFILE', 2],
    ['ENOMEM', 1],
    ['ENOTFOUND', 1]
  ] as const) {
    test(`${code} makes kept connections ${connections === 2 ? 'give way' : 'no trouble'}`, async t => {
      const server = await during(
        t,
        serveHttp((_, response) => response.end('{"version":"v1"}'))
      )
      const lookup: LookupFunction = (_host, _options, callback) => {
        setImmediate(callback, Object.assign(new Error(code), { code, syscall: 'getaddrinfo' }), [])
      }
      const { probe, close } = createEndpointProbe({ allow: NO_RULES, ca: undefined, keepAliveMs: 60_000, lookup })
      t.after(close)
      const endpoint = `http://127.0.0.1:${server.port}/`
      await probe(targetAt(endpoint), 60_000)
      await probe(targetAt('http://client.example/'), 60_000)
      assert.equal(inShort(await probe(targetAt(endpoint), 60_000)), 'v1')
      assert.equal(server.connections(), connections)
    })
  }

  test('keeps nothing of an answer in memory but what it says of it', async t => {
    const collectGarbage = runInNewContext('gc') as () => void
    const server = await during(
      t,
      serveHttp((_, response) => response.end(`oops ${'x'.repeat(60_000)}`))
    )
    const { probe } = startProbing(t)
    const ask = () => probe(`http://127.0.0.1:${server.port}/`)
    await ask()
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    const outcomes: unknown[] = []
    for (let check = 0; check < 200; check += 1) outcomes.push(await ask())
    collectGarbage()
    // 12 MB, were it kept.
    assert.ok(process.memoryUsage().heapUsed - before < 4_000_000)
    assert.equal(outcomes.length, 200)
  })

  test('never repeats credentials of an address', async t => {
    const server = await during(
      t,
      serveHttp((_, response) => response.writeHead(302, { location: 'http://canary:canary@127.0.0.1/' }).end())
    )
    const probing = startProbing(t)
    for (const endpoint of [
      `http://canary:canary@127.0.0.1:${server.port}/`,
      'canary:canary@127.0.0.1',
      'http://canary:canary@/',
      `http://127.0.0.1:${server.port}/`
    ]) {
      const result = await probing.probe(endpoint)
      assert.equal(result.report.seen ? 'seen' : result.report.reason, 'refused')
      assert.doesNotMatch(JSON.stringify(result), /canary/)
    }
    assert.equal(server.connections(), 1)
  })
})
