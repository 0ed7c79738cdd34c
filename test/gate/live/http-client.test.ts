import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { HttpAccess } from '../../../src/gate/gate-config.ts'
import { createGateClient, type GateClientOptions, type HttpResult } from '../../../src/gate/live/http-client.ts'
import { readProxyRules } from '../../../src/proxy-environment.ts'
import { createAuthority, selfSigned } from '../../support/certificates.ts'
import { temporaryFolder } from '../../support/files.ts'
import {
  type HttpHandler,
  type RunningServer,
  serveHttp,
  serveRaw,
  serveTcp,
  serveTls
} from '../../support/hostile-servers.ts'

function clientOf(t: TestContext, access: Partial<HttpAccess>, options: Partial<GateClientOptions> = {}) {
  const client = createGateClient(
    { url: '', headers: async () => ({}), caFile: null, clientCertFile: null, clientKeyFile: null, ...access },
    { timeoutMs: 30_000, version: '1.2.3', ...options }
  )
  t.after(client.close)
  return client
}

async function running(t: TestContext, starting: Promise<RunningServer>): Promise<string> {
  const server = await starting
  t.after(server.close)
  return `http://127.0.0.1:${server.port}`
}

function serve(t: TestContext, handler: HttpHandler): Promise<string> {
  return running(t, serveHttp(handler))
}

/** The words for a failure, with `HOST` in place of the server that was asked. */
function failureOf(result: HttpResult): string {
  assert.ok(!result.answered, 'it was answered')
  return `${result.reason}: ${result.message}`.replace(/(127\.0\.0\.1|localhost):\d+/, 'HOST')
}

function answerOf(result: HttpResult) {
  assert.ok(result.answered, result.answered ? '' : result.message)
  return result
}

suite('the client of the gate', () => {
  test('asks by GET, with its own name, and the headers of this moment', async t => {
    const seen: unknown[] = []
    const url = await serve(t, ({ method, url: path, headers }, response) => {
      seen.push([method, path, headers.authorization, headers.accept, headers['user-agent']])
      response.end('ok')
    })
    let count = 0
    const client = clientOf(t, { url, headers: async () => ({ authorization: `Bearer token-number-${++count}` }) })
    await client.get('/a?b=c', { accept: 'text/plain' })
    await client.get('d')
    assert.deepEqual(seen, [
      ['GET', '/a?b=c', 'Bearer token-number-1', 'text/plain', 'keybuzz-version-guard/1.2.3'],
      ['GET', '/d', 'Bearer token-number-2', 'application/json, */*;q=0.1', 'keybuzz-version-guard/1.2.3']
    ])
  })

  test('keeps the path of the address', async t => {
    const paths: unknown[] = []
    const url = await serve(t, ({ url: path }, response) => {
      paths.push(path)
      response.end()
    })
    const client = clientOf(t, { url: `${url}/prometheus/` })
    await client.get('/api/v1/query')
    assert.deepEqual(paths, ['/prometheus/api/v1/query'])
    assert.equal(client.url, `${url}/prometheus`)
  })

  test('gives what came', async t => {
    const url = await serve(t, (_, response) => {
      response.writeHead(503, { 'content-type': 'text/plain; version=0.0.4' }).end('up 1\n')
    })
    const { ms, ...answer } = answerOf(await clientOf(t, { url }).get('/metrics?secret=1'))
    assert.ok(ms >= 0)
    assert.deepEqual(answer, {
      answered: true,
      url: `${url}/metrics`,
      status: 503,
      contentType: 'text/plain; version=0.0.4',
      location: null,
      secureUrl: null,
      redirect: null,
      body: 'up 1\n',
      bytes: 5,
      isTruncated: false,
      isUtf8: true
    })
  })

  test('follows no redirect, and says where it leads', async t => {
    const asked: unknown[] = []
    const url = await serve(t, ({ url: path }, response) => {
      asked.push(path)
      response.writeHead(302, { location: asked.length === 1 ? 'https://login.example/?next=token' : '/here' }).end()
    })
    const client = clientOf(t, { url })
    assert.equal(answerOf(await client.get('/metrics')).location, 'https://login.example/')
    assert.equal(answerOf(await client.get('/metrics')).location, `${url}/here`)
    assert.equal(asked.length, 2)
  })

  for (const [rule, location, secureUrl] of [
    ['over https', 'https://127.0.0.1/base/metrics?a=b', 'https://127.0.0.1/base'],
    ['over https at another port', 'https://127.0.0.1:8443/base/metrics', 'https://127.0.0.1:8443/base'],
    ['without a password in it', 'https://jane:pa55word@127.0.0.1/base/metrics', 'https://127.0.0.1/base'],
    ['and not for a redirect to another host', 'https://login.example/base/metrics', null],
    ['and not for one to another path', 'https://127.0.0.1/login', null],
    ['and not for one over http', 'http://127.0.0.1:1/base/metrics', null]
  ] as const) {
    test(`says what its address should be ${rule}`, async t => {
      const url = await serve(t, (_, response) => response.writeHead(308, { location }).end())
      const client = clientOf(t, { url: `${url}/base/` })
      assert.equal(answerOf(await client.get('/metrics?a=b')).secureUrl, secureUrl)
    })
  }

  for (const [server, text] of [
    ['Go', 'Client sent an HTTP request to an HTTPS server.\n'],
    ['nginx', '<center>The plain HTTP request was sent to HTTPS port</center>'],
    ['Apache', "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"],
    ['Tomcat', 'Bad Request\r\nThis combination of host and port requires TLS.\r\n']
  ] as const) {
    test(`says that its address should be over https where ${server} waits for TLS`, async t => {
      const url = await serve(t, ({ url }, response) => response.writeHead(url === '/base/a' ? 400 : 500).end(text))
      const client = clientOf(t, { url: `${url}/base/` })
      assert.equal(answerOf(await client.get('/a')).secureUrl, `${url.replace('http:', 'https:')}/base`)
      assert.equal(answerOf(await client.get('/b')).secureUrl, null)
    })
  }

  test('cuts a body at its limit, and says so', async t => {
    const url = await serve(t, (_, response) => void response.end('123456'))
    const client = clientOf(t, { url })
    const { body, bytes, isTruncated } = answerOf(await client.get('/', { mostBytes: 5 }))
    assert.deepEqual({ body, bytes, isTruncated }, { body: '12345', bytes: 5, isTruncated: true })
    assert.equal(answerOf(await client.get('/', { mostBytes: 6 })).isTruncated, false)
  })

  test('decompresses, within the limit', async t => {
    const url = await serve(t, (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(1000)))
    })
    const client = clientOf(t, { url })
    assert.equal(answerOf(await client.get('/')).bytes, 1000)
    const { body, isTruncated } = answerOf(await client.get('/', { mostBytes: 999 }))
    assert.deepEqual({ body, isTruncated }, { body: 'x'.repeat(999), isTruncated: true })
  })

  test('keeps the beginning of a body that is too large even when it is compressed', async t => {
    const noise = randomBytes(2000).toString('hex')
    const url = await serve(t, (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(noise))
    })
    const { body, isTruncated } = answerOf(await clientOf(t, { url }).get('/', { mostBytes: 1000 }))
    assert.equal(isTruncated, true)
    assert.ok(body.length > 0 && noise.startsWith(body))
  })

  test('fails at a compressed body that was cut', async t => {
    const url = await serve(t, (_, response) => {
      const whole = gzipSync('x'.repeat(1000))
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(whole.subarray(0, -10))
    })
    assert.equal(failureOf(await clientOf(t, { url }).get('/')), 'connect: its answer is not compressed as it says')
  })

  test('says when a body is not UTF-8', async t => {
    const url = await serve(t, (_, response) => void response.end(Buffer.from([0x61, 0xff])))
    const { body, isUtf8 } = answerOf(await clientOf(t, { url }).get('/'))
    assert.deepEqual({ body, isUtf8 }, { body: 'a\ufffd', isUtf8: false })
  })

  test('repeats no secret that a server repeats', async t => {
    const secret = 'Bearer sesame-open'
    const url = await serve(t, ({ headers }, response) => {
      response.writeHead(302, { location: '/sesame-open', 'content-type': `a/${headers.authorization?.slice(7)}` })
      response.end(`you said ${headers.authorization}, that is sesame-open`)
    })
    const answer = answerOf(await clientOf(t, { url, headers: async () => ({ authorization: secret }) }).get('/'))
    assert.doesNotMatch(JSON.stringify(answer), /sesame/)
    assert.equal(answer.body, 'you said [redacted], that is [redacted]')
  })

  for (const [rule, body] of [
    ['whose slashes are escaped, as PHP does', String.raw`{"error":"bad header Basic abc\/def\/ghijk\"12"}`],
    ['of which any sign is escaped', String.raw`{"error":"bad header \u0042asic abc\u002Fdef\u002fgh\u0069jk\u002212"}`]
  ] as const) {
    test(`repeats no secret ${rule}`, async t => {
      const url = await serve(t, (_, response) => void response.end(body))
      const headers = async () => ({ authorization: 'Basic abc/def/ghijk"12' })
      const answer = answerOf(await clientOf(t, { url, headers }).get('/'))
      assert.equal(answer.body, '{"error":"bad header [redacted]"}')
    })
  }

  test('repeats no secret, however long', async t => {
    const secret = `Bearer ${'ab/"'.repeat(2_000)}c`
    const url = await serve(t, ({ headers }, response) => {
      response.end(`${headers.authorization} ${JSON.stringify(headers.authorization).replaceAll('/', String.raw`\/`)}`)
    })
    const { body } = answerOf(await clientOf(t, { url, headers: async () => ({ authorization: secret }) }).get('/'))
    assert.equal(body, '[redacted] "[redacted]"')
  })

  test('shows no credentials of the address', async t => {
    const url = await serve(t, (_, response) => void response.end())
    const client = clientOf(t, { url: url.replace('http://', 'http://user:sesame@') })
    assert.doesNotMatch(JSON.stringify([client.url, await client.get('/')]), /sesame/)
  })

  test('asks once more where a kept connection was closed', async t => {
    let count = 0
    const url = await running(
      t,
      serveRaw(socket => {
        count += 1
        if (count === 2) socket.destroy()
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      })
    )
    const client = clientOf(t, { url })
    for (const _ of [1, 2]) assert.equal(answerOf(await client.get('/')).body, 'ok')
    assert.equal(count, 3)
  })

  test('goes over the proxy that it is given, and over none otherwise', async t => {
    const asked: unknown[] = []
    const proxy = await serve(t, ({ url }, response) => {
      asked.push(url)
      response.end('by proxy')
    })
    const rules = readProxyRules({ http_proxy: proxy })
    assert.ok(rules.ok)
    const url = 'http://service.example'
    const answer = answerOf(await clientOf(t, { url }, { proxies: rules.value }).get('/metrics'))
    assert.equal(answer.body, 'by proxy')
    assert.ok(!(await clientOf(t, { url }).get('/metrics')).answered)
  })

  for (const [rule, url, start, words] of [
    [
      'refuses',
      'https://service.example',
      t =>
        running(
          t,
          serveTcp(socket => socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')))
        ),
      'connect: the proxy HOST refused the connection: HTTP 403'
    ],
    [
      'wants other credentials',
      'http://service.example',
      t => serve(t, (_, response) => response.writeHead(407).end()),
      'connect: the proxy HOST refused the connection: HTTP 407'
    ],
    [
      'is not there',
      'https://service.example',
      async () => 'http://127.0.0.1:1',
      'connect: connection to service.example over the proxy HOST refused'
    ]
  ] as readonly (readonly [string, string, (t: TestContext) => Promise<string>, string])[]) {
    test(`names the proxy that ${rule}`, async t => {
      const rules = readProxyRules({ http_proxy: await start(t), https_proxy: await start(t) })
      assert.ok(rules.ok)
      assert.equal(failureOf(await clientOf(t, { url }, { proxies: rules.value }).get('/metrics')), words)
    })
  }

  test('waits no longer for a silent proxy than for the server itself', async t => {
    const proxy = await running(
      t,
      serveTcp(() => {})
    )
    const rules = readProxyRules({ https_proxy: proxy })
    assert.ok(rules.ok)
    const client = clientOf(t, { url: 'https://service.example' }, { proxies: rules.value, timeoutMs: 300 })
    assert.equal(failureOf(await client.get('/metrics')), 'timeout: no answer within 300 ms over the proxy HOST')
  })
})

suite('a failure of the gate to ask', () => {
  for (const [rule, start, words] of [
    ['refused', async () => 'http://127.0.0.1:1', 'connect: connection to HOST refused'],
    ['no such host', async () => 'http://nowhere.invalid', 'dns: cannot resolve nowhere.invalid: no such host'],
    ['no URL', async () => 'http://:1', 'not_asked: the address is not a URL'],
    [
      'closed',
      t =>
        running(
          t,
          serveTcp(socket => socket.destroy())
        ),
      'connect: HOST closed the connection without answering'
    ],
    [
      'nonsense',
      t =>
        running(
          t,
          serveTcp(socket => socket.end('hello\r\n\r\n'))
        ),
      'connect: malformed HTTP answer from HOST'
    ],
    [
      'silence',
      t =>
        running(
          t,
          serveTcp(() => {})
        ),
      'timeout: no answer within 300 ms'
    ],
    [
      'silence where TLS is spoken to',
      async t =>
        (
          await running(
            t,
            serveTcp(() => {})
          )
        ).replace('http:', 'https:'),
      'timeout: no answer within 300 ms'
    ],
    [
      'a drip',
      t =>
        running(
          t,
          serveRaw(socket => {
            socket.write('HTTP/1.1 200 OK\r\n\r\n')
            const timer = setInterval(() => socket.write(' '), 5)
            socket.on('close', () => clearInterval(timer))
          })
        ),
      'timeout: no answer within 300 ms'
    ],
    [
      'an answer that breaks off',
      t =>
        running(
          t,
          serveRaw(socket => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'))
        ),
      'connect: connection closed by HOST mid-answer'
    ],
    [
      'a wrong compression',
      t => serve(t, (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain')),
      'connect: its answer is not compressed as it says'
    ],
    [
      'plain HTTP where TLS is spoken to',
      async t => (await serve(t, (_, response) => void response.end())).replace('http:', 'https:'),
      'tls: HOST does not speak TLS on this port'
    ]
  ] as readonly (readonly [string, (t: TestContext) => Promise<string>, string])[]) {
    test(`has a reason and words: ${rule}`, async t => {
      // Only what never comes is waited for in vain: a slow machine must not make a failure of another kind late.
      const timeoutMs = words.startsWith('timeout') ? 300 : 30_000
      const client = clientOf(t, { url: await start(t) }, { timeoutMs })
      assert.equal(failureOf(await client.get('/')), words)
    })
  }

  test('is a stop when somebody stops it', async t => {
    const url = await running(
      t,
      serveTcp(() => {})
    )
    const stop = new AbortController()
    const asked = clientOf(t, { url }).get('/', { signal: stop.signal })
    stop.abort()
    assert.equal(failureOf(await asked), 'not_asked: stopped')
  })

  test('is a stop when the client is closed', async t => {
    const url = await running(
      t,
      serveTcp(() => {})
    )
    const client = clientOf(t, { url })
    const asked = client.get('/')
    await client.close()
    assert.equal(failureOf(await asked), 'not_asked: stopped')
  })

  test('names the headers or the file that cannot be read', async t => {
    const file = join(temporaryFolder(t), 'ca.pem')
    writeFileSync(file, 'no certificate')
    const url = 'https://127.0.0.1:1'
    const unreadable = clientOf(t, { url, headers: () => Promise.reject(new Error('/run/token: no such file')) })
    assert.equal(failureOf(await unreadable.get('/')), 'not_asked: /run/token: no such file')
    const broken = clientOf(t, { url, caFile: file })
    assert.equal(failureOf(await broken.get('/')), `not_asked: ${file}: contains no PEM certificate`)
  })
})

suite('TLS of the gate', () => {
  test('trusts the CA of the file, and shows a client certificate', async t => {
    const authority = await createAuthority()
    const server = await authority.issue({ names: ['127.0.0.1'] })
    const own = await authority.issue({ names: ['gate'] })
    const folder = temporaryFolder(t)
    const files = { ca: join(folder, 'ca'), cert: join(folder, 'cert'), key: join(folder, 'key') }
    for (const [file, text] of [
      [files.ca, authority.pem],
      [files.cert, own.cert],
      [files.key, own.key]
    ] as const) {
      writeFileSync(file, text)
    }
    const handler: HttpHandler = (_, response) => void response.end('secure')
    const demanding = { ...server, ca: authority.pem, requestCert: true, rejectUnauthorized: true }
    const url = (await running(t, serveTls(demanding, handler))).replace('http:', 'https:')
    const withBoth = { url, caFile: files.ca, clientCertFile: files.cert, clientKeyFile: files.key }
    assert.equal(answerOf(await clientOf(t, withBoth).get('/')).body, 'secure')
    const alone = await clientOf(t, { url, caFile: files.ca }).get('/')
    // With TLS 1.3 the server refuses once the request is under way.
    assert.match(failureOf(alone), /wants a client certificate|closed the connection without answering/)
  })

  test('trusts the authority that issued a certificate, whoever issued its own', async t => {
    const issuing = await (await createAuthority('root')).issueAuthority('issuing')
    const caFile = join(temporaryFolder(t), 'ca')
    writeFileSync(caFile, issuing.pem)
    const server = serveTls(await issuing.issue({ names: ['127.0.0.1'] }), (_, response) => void response.end('secure'))
    const url = (await running(t, server)).replace('http:', 'https:')
    assert.equal(answerOf(await clientOf(t, { url, caFile }).get('/')).body, 'secure')
  })

  test('trusts an authority that follows another one on the same line', async t => {
    const authority = await createAuthority()
    const caFile = join(temporaryFolder(t), 'ca')
    writeFileSync(caFile, (await createAuthority('another')).pem.trim() + authority.pem)
    const server = serveTls(
      await authority.issue({ names: ['127.0.0.1'] }),
      (_, response) => void response.end('secure')
    )
    const url = (await running(t, server)).replace('http:', 'https:')
    assert.equal(answerOf(await clientOf(t, { url, caFile }).get('/')).body, 'secure')
  })

  test('says how to trust a certificate', async t => {
    const certificate = await selfSigned({ names: ['127.0.0.1'] })
    const url = await running(
      t,
      serveTls(certificate, (_, response) => void response.end())
    )
    const result = await clientOf(t, { url: url.replace('http:', 'https:') }).get('/')
    assert.equal(failureOf(result), 'tls: certificate is self-signed (HOST): to trust it, add it to caFile')
  })
})
