import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type LookupFunction, type Socket } from 'node:net'
import { suite, type TestContext, test } from 'node:test'
import { parseAllowRules } from '../../src/probe/allow.ts'
import { createEndpointProbe } from '../../src/probe/endpoint-probe.ts'
import { readProxyRules } from '../../src/proxy-environment.ts'
import { type Certificate, createAuthority } from '../support/certificates.ts'
import { targetAt } from '../support/facts.ts'
import { listen, serveHttp, serveTls } from '../support/hostile-servers.ts'
import { during, inShort, startProbing } from '../support/probing.ts'

const REPORT = '{"version":"v1"}'
const ANNOTATION = { origin: 'annotation' } as const

function rulesOf(environment: Readonly<Record<string, string>>) {
  const read = readProxyRules(environment)
  if (!read.ok) throw new Error(JSON.stringify(read.mistakes))
  return read.value
}

/** A proxy that leads every tunnel to one port of this machine, and answers what it is asked itself. */
async function startProxy(t: TestContext, tunnelTo: number, certificate?: Certificate) {
  const requests: string[] = []
  const note = ({ method, url, headers }: IncomingMessage) =>
    requests.push(`${method} ${url} ${headers.host} ${headers['proxy-authorization'] ?? '-'}`)
  const server = certificate === undefined ? createServer() : createTlsServer(certificate)
  server.on('request', (request, response) => {
    note(request)
    response.end(REPORT)
  })
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    note(request)
    const onward = connect(tunnelTo, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'))
    onward
      .on('error', () => client.destroy())
      .pipe(client)
      .on('error', () => onward.destroy())
      .pipe(onward)
  })
  const { port } = await during(t, listen(server))
  return { port, requests }
}

suite('a proxy', async () => {
  const authority = await createAuthority()
  const certificate = await authority.issue({ names: ['shop.example', '127.0.0.1'] })
  const ca = authority.pem

  test('is told the whole address of an endpoint without TLS, and its name by nobody else', async t => {
    const { port, requests } = await startProxy(t, 0)
    const proxies = rulesOf({ HTTP_PROXY: `http://user:p%40ss@127.0.0.1:${port}` })
    const { probe } = startProbing(t, { proxies, names: {} })
    assert.equal(inShort(await probe('http://shop.example:8080/debug/version?full=1')), 'v1')
    const authorization = `Basic ${Buffer.from('user:p@ss').toString('base64')}`
    assert.deepEqual(requests, [`GET http://shop.example:8080/debug/version?full=1 shop.example:8080 ${authorization}`])
  })

  for (const [kind, scheme] of [
    ['a proxy', 'http'],
    ['a proxy with TLS of its own', 'https']
  ] as const) {
    test(`gives a tunnel to an endpoint with TLS, which sees a GET: ${kind}`, async t => {
      const seen: string[] = []
      const endpoint = await during(
        t,
        serveTls(certificate, ({ method, url, headers }, response) => {
          seen.push(`${method} ${url} ${headers.host} ${headers['proxy-authorization'] ?? '-'}`)
          response.end(REPORT)
        })
      )
      const { port, requests } = await startProxy(t, endpoint.port, scheme === 'https' ? certificate : undefined)
      const proxies = rulesOf({ HTTPS_PROXY: `${scheme}://user:secret@127.0.0.1:${port}` })
      const { probe } = startProbing(t, { proxies, names: {}, ca })
      for (let check = 0; check < 2; check += 1) {
        assert.equal(inShort(await probe('https://shop.example/debug/version')), 'v1')
      }
      assert.deepEqual(requests, ['CONNECT shop.example:443 shop.example:443 Basic dXNlcjpzZWNyZXQ='])
      assert.deepEqual(seen, Array(2).fill('GET /debug/version shop.example -'))
    })
  }

  for (const [address, authority] of [
    ['https://[fd12::1]/', '[fd12::1]:443'],
    ['https://10.1.2.3:8443/', '10.1.2.3:8443']
  ] as const) {
    test(`is asked for a tunnel to ${authority}`, async t => {
      const requests: string[] = []
      const server = createServer().on('connect', ({ url, headers }: IncomingMessage, client: Socket) => {
        requests.push(`${url} ${headers.host}`)
        client.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      })
      const { port } = await during(t, listen(server))
      const { probe } = startProbing(t, { proxies: rulesOf({ HTTPS_PROXY: `http://127.0.0.1:${port}` }) })
      await probe(address)
      assert.deepEqual(requests, [`${authority} ${authority}`])
    })
  }

  test('keeps connections to different endpoints apart', async t => {
    const { port, requests } = await startProxy(t, 0)
    const { probe } = startProbing(t, { proxies: rulesOf({ http_proxy: `127.0.0.1:${port}` }), names: {} })
    for (const host of ['a.example', 'b.example', 'a.example']) await probe(`http://${host}/`)
    assert.deepEqual(
      requests.map(request => request.split(' ')[1]),
      ['http://a.example/', 'http://b.example/', 'http://a.example/']
    )
  })

  test('is not asked for what NO_PROXY names', async t => {
    const { port, requests } = await startProxy(t, 0)
    const endpoint = await during(
      t,
      serveHttp((_, response) => response.end(REPORT))
    )
    const proxies = rulesOf({ HTTP_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: 'shop.example' })
    const { probe } = startProbing(t, { proxies, names: { 'shop.example': ['127.0.0.1'] } })
    assert.equal(inShort(await probe(`http://shop.example:${endpoint.port}/`)), 'v1')
    assert.deepEqual(requests, [])
  })

  for (const [allow, host, isProxied] of [
    [[], 'shop.example', false],
    [['shop.example'], 'shop.example', true],
    [['*.example'], 'shop.example', true],
    [['10.0.0.0/8'], 'shop.example', false],
    [['10.0.0.0/8'], '10.1.2.3', true]
  ] as const) {
    test(`is ${isProxied ? '' : 'not '}asked for ${host} of an annotation with ENDPOINT_ALLOW=${allow}`, async t => {
      const { port, requests } = await startProxy(t, 0)
      const proxies = rulesOf({ HTTP_PROXY: `http://127.0.0.1:${port}` })
      const { probe } = startProbing(t, { proxies, names: {}, allow })
      const outcome = inShort(await probe(`http://${host}/`, ANNOTATION))
      assert.equal(outcome, isProxied ? 'v1' : 'dns: cannot resolve shop.example: no such host')
      assert.equal(requests.length, isProxied ? 1 : 0)
    })
  }

  test('that is not there is reported as such, without its password', async t => {
    const gone = await serveHttp(() => {})
    await gone.close()
    const proxies = rulesOf({ HTTP_PROXY: `http://user:canary@127.0.0.1:${gone.port}` })
    assert.equal(
      inShort(await startProbing(t, { proxies }).probe('http://shop.example/')),
      `connect: connection to the proxy 127.0.0.1:${gone.port} refused`
    )
  })

  test('whose name is unknown is reported as such', async t => {
    const proxies = rulesOf({ HTTP_PROXY: 'http://user:canary@proxy.corp:3128' })
    assert.equal(
      inShort(await startProbing(t, { proxies, names: {} }).probe('http://shop.example/')),
      'dns: cannot resolve the proxy proxy.corp:3128: no such host'
    )
  })

  test('is the operator’s, so its name is looked up whatever a tenant’s silent names hold up', async t => {
    const { port } = await startProxy(t, 0)
    const lookup: LookupFunction = (hostname, _options, callback) => {
      if (hostname === 'proxy.corp') setImmediate(callback, null, [{ address: '127.0.0.1', family: 4 }])
    }
    const proxies = rulesOf({ HTTP_PROXY: `http://proxy.corp:${port}`, NO_PROXY: '.silent.example' })
    const allow = parseAllowRules(['*.example'])
    assert.ok(allow.ok)
    const { probe, close } = createEndpointProbe({
      allow: allow.value,
      ca: undefined,
      keepAliveMs: 1000,
      lookup,
      proxies
    })
    t.after(close)
    const ask = (host: string) => probe(targetAt(`http://${host}/`, ANNOTATION), 60_000)
    // As many as one namespace may look up at once.
    const silent = Array.from({ length: 4 }, (_, number) => ask(`${number}.silent.example`))
    assert.equal(inShort(await ask('shop.example')), 'v1')
    await close()
    await Promise.all(silent)
  })

  for (const [status, line] of [
    [407, 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n'],
    [403, 'HTTP/1.1 403 Forbidden\r\n\r\nAccess denied']
  ] as const) {
    test(`that refuses a tunnel is reported as such: ${status}`, async t => {
      const server = createServer().on('connect', (_, client: Socket) => client.end(line))
      const { port } = await during(t, listen(server))
      const proxies = rulesOf({ HTTPS_PROXY: `http://127.0.0.1:${port}` })
      assert.equal(
        inShort(await startProbing(t, { proxies }).probe('https://shop.example/')),
        `connect: the proxy 127.0.0.1:${port} refused the connection: HTTP ${status}`
      )
    })
  }

  test('that hangs is given up in time, and leaves no connection behind', async t => {
    const gone = Promise.withResolvers<void>()
    const server = createServer().on('connect', (_, client: Socket) => {
      client
        .on('error', () => {})
        .once('end', gone.resolve)
        .resume()
    })
    const { port } = await during(t, listen(server))
    const proxies = rulesOf({ HTTPS_PROXY: `http://127.0.0.1:${port}` })
    const { probe } = startProbing(t, { proxies, timeoutMs: 200 })
    assert.equal(
      inShort(await probe('https://shop.example/')),
      `timeout: no answer within 200 ms over the proxy 127.0.0.1:${port}`
    )
    await gone.promise
  })

  for (const [rule, answer, expected] of [
    ['says nothing', '', 'shop.example over the proxy PROXY closed the connection without answering'],
    ['speaks something else', 'SSH-2.0\r\n', 'malformed HTTP answer from shop.example over the proxy PROXY']
  ] as const) {
    test(`that ${rule} where there is no TLS is named beside the endpoint`, async t => {
      const server = createServer().on('connection', (socket: Socket) => socket.once('data', () => socket.end(answer)))
      const { port } = await during(t, listen(server))
      const proxies = rulesOf({ HTTP_PROXY: `http://user:canary@127.0.0.1:${port}` })
      const said = inShort(await startProbing(t, { proxies }).probe('http://shop.example/'))
      assert.equal(said, `connect: ${expected.replace('PROXY', `127.0.0.1:${port}`)}`)
    })
  }

  test('that answers without HTTP is reported as such', async t => {
    const server = createServer().on('connection', (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
    const { port } = await during(t, listen(server))
    const proxies = rulesOf({ HTTPS_PROXY: `http://127.0.0.1:${port}` })
    assert.match(inShort(await startProbing(t, { proxies }).probe('https://shop.example/')), /^connect: .*the proxy/)
  })

  test('does not change who is verified', async t => {
    const other = await authority.issue({ names: ['other.example'] })
    const endpoint = await during(
      t,
      serveTls(other, (_, response) => response.end(REPORT))
    )
    const { port } = await startProxy(t, endpoint.port)
    const proxies = rulesOf({ HTTPS_PROXY: `http://127.0.0.1:${port}` })
    assert.equal(
      inShort(await startProbing(t, { proxies, ca }).probe('https://shop.example/')),
      'tls: certificate is for other.example, not for shop.example'
    )
  })
})
