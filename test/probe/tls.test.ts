import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createPlainHttp2Server, createSecureServer } from 'node:http2'
import { createServer } from 'node:https'
import { suite, type TestContext, test } from 'node:test'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { Worker } from 'node:worker_threads'
import { type Certificate, createAuthority } from '../support/certificates.ts'
import { type HttpHandler, listen, serveHttp, serveRaw, serveTls } from '../support/hostile-servers.ts'
import { during, inShort, startProbing } from '../support/probing.ts'

const REPORT = '{"version":"v1"}'

async function startTls(t: TestContext, certificate: Certificate, options: TlsOptions = {}): Promise<string> {
  const server = createServer({ ...certificate, ...options }, (_, response) => response.end(REPORT))
  const { port } = await during(t, listen(server))
  return `https://127.0.0.1:${port}/`
}

/** In a thread of its own, which goes on while this one stands still; `refused` counts the handshakes that failed. */
async function startRefusing(t: TestContext, options: TlsOptions) {
  const refused = new Int32Array(new SharedArrayBuffer(4))
  const server = new Worker(
    `const { parentPort, workerData: { options, refused } } = require('node:worker_threads')
    const server = require('node:tls').createServer(options, () => {})
    server.on('tlsClientError', () => { Atomics.add(refused, 0, 1); Atomics.notify(refused, 0) })
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`,
    { eval: true, workerData: { options, refused } }
  )
  t.after(() => server.terminate())
  const [port] = await once(server, 'message')
  return { address: `https://127.0.0.1:${port}/`, refused }
}

suite('ENDPOINT_CA_FILE', async () => {
  const root = await createAuthority('root')
  const issuing = await root.issueAuthority('issuing')
  const leaf = await issuing.issue({ names: ['127.0.0.1'] })
  const withChain = { key: leaf.key, cert: `${leaf.cert}\n${issuing.pem}` }

  for (const [what, ca, served] of [
    ['the root', root.pem, withChain],
    ['the authority that issued the certificate', issuing.pem, withChain],
    ['the authority that issued the certificate, which the server does not send', issuing.pem, leaf],
    ['the certificate itself', leaf.cert, leaf],
    ['several, the right one among them', `${(await createAuthority()).pem}\n${issuing.pem}`, leaf]
  ] as const) {
    test(`may hold ${what}`, async t => {
      const endpoint = await startTls(t, served)
      assert.equal(inShort(await startProbing(t, { ca }).probe(endpoint)), 'v1')
    })
  }

  for (const [what, ca, served, message] of [
    ['another authority', (await createAuthority()).pem, withChain, 'from an unknown authority'],
    [
      'another certificate of the same authority',
      (await issuing.issue({ names: ['127.0.0.1'] })).cert,
      leaf,
      'from an unknown authority'
    ],
    [
      'the right authority, where the certificate is for another host',
      issuing.pem,
      await issuing.issue({ names: ['other.example'] }),
      'for other.example, not for 127.0.0.1'
    ],
    [
      'the certificate itself, where it has expired',
      issuing.pem,
      await issuing.issue({ names: ['127.0.0.1'], notAfter: new Date('2024-01-02') }),
      'expired 2024-01-02'
    ]
  ] as const) {
    test(`is not enough with ${what}`, async t => {
      const endpoint = await startTls(t, served)
      assert.match(
        inShort(await startProbing(t, { ca }).probe(endpoint)),
        new RegExp(`^tls: certificate (is )?${message}`)
      )
    })
  }
})

suite('TLS that the guard cannot speak', async () => {
  const authority = await createAuthority()
  const certificate = await authority.issue({ names: ['127.0.0.1'] })
  const ca = authority.pem

  test('is told where the certificate has no subjectAltName', async t => {
    const endpoint = await startTls(t, await authority.issue({ names: [] }))
    assert.equal(
      inShort(await startProbing(t, { ca }).probe(endpoint)),
      'tls: certificate has no subjectAltName, which must name 127.0.0.1'
    )
  })

  test('is told where the server wants a client certificate, under TLS 1.3', async t => {
    const endpoint = await startTls(t, certificate, { requestCert: true, ca: [ca], minVersion: 'TLSv1.3' })
    assert.equal(
      inShort(await startProbing(t, { ca }).probe(endpoint)),
      'tls: 127.0.0.1 wants a client certificate, and the guard has none'
    )
  })

  test('is told where a server that wants a client certificate refuses before it is asked anything', async t => {
    const { address, refused } = await startRefusing(t, { ...certificate, requestCert: true, ca: [ca] })
    // Each turn of the event loop lasts until the server has refused.
    const wait = (): void => {
      Atomics.wait(refused, 0, 0, 5)
      if (refused[0] === 0) setImmediate(wait)
    }
    setImmediate(wait)
    assert.equal(
      inShort(await startProbing(t, { ca }).probe(address)),
      'tls: 127.0.0.1 wants a client certificate, and the guard has none'
    )
  })

  test('is told where the server wants a client certificate, under TLS 1.2', async t => {
    const endpoint = await startTls(t, certificate, { requestCert: true, ca: [ca], maxVersion: 'TLSv1.2' })
    assert.match(
      inShort(await startProbing(t, { ca }).probe(endpoint)),
      /^tls: 127\.0\.0\.1 .*wants a client certificate/
    )
  })

  for (const [server, page] of [
    ['nginx', '<html><head><title>400 No required SSL certificate was sent</title></head></html>']
  ] as const) {
    test(`is told where ${server} answers that it wants a client certificate`, async t => {
      const { port } = await during(
        t,
        serveTls(certificate, (_, response) => response.writeHead(400).end(page))
      )
      assert.equal(
        inShort(await startProbing(t, { ca }).probe(`https://127.0.0.1:${port}/`)),
        'http_status: HTTP 400 Bad Request: it wants a client certificate, and the guard has none'
      )
    })
  }

  test('is told where the server speaks TLS 1.1 at most', async t => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const endpoint = await startTls(t, certificate, old)
    assert.equal(
      inShort(await startProbing(t, { ca }).probe(endpoint)),
      'tls: 127.0.0.1 speaks no TLS version that the guard supports (1.2 and 1.3)'
    )
  })

  test('is told where the server speaks HTTP/2 only', async t => {
    const server = await during(t, listen(createSecureServer(certificate)))
    assert.equal(
      inShort(await startProbing(t, { ca }).probe(`https://127.0.0.1:${server.port}/`)),
      'tls: 127.0.0.1 speaks only HTTP/2, and the guard only HTTP/1.1'
    )
  })

  test('is told where the server speaks HTTP/2 only, without TLS', async t => {
    const settings = Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100])
    const { port } = await during(
      t,
      serveRaw(socket => socket.write(settings))
    )
    assert.equal(
      inShort(await startProbing(t).probe(`http://127.0.0.1:${port}/`)),
      'connect: 127.0.0.1 speaks only HTTP/2, and the guard only HTTP/1.1'
    )
  })

  test('is told where the server speaks HTTP/2 only, without TLS and before it is asked', async t => {
    const server = await during(t, listen(createPlainHttp2Server()))
    assert.equal(
      inShort(await startProbing(t).probe(`http://127.0.0.1:${server.port}/`)),
      'connect: 127.0.0.1 speaks only HTTP/2, and the guard only HTTP/1.1'
    )
  })

  test('is told where the address should begin with https', async t => {
    const alert = Buffer.from([0x15, 3, 1, 0, 2, 2, 70])
    const { port } = await during(
      t,
      serveRaw(socket => socket.end(alert))
    )
    assert.equal(
      inShort(await startProbing(t).probe(`http://127.0.0.1:${port}/`)),
      'connect: 127.0.0.1 speaks TLS on this port: the address must begin with https'
    )
  })

  for (const [server, answer] of [
    [
      'nginx',
      'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<title>400 The plain HTTP request was sent to HTTPS port</title>'
    ],
    ['Go', 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n'],
    [
      'Apache',
      "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nYou're speaking plain HTTP to an SSL-enabled server port."
    ]
  ] as const) {
    test(`is told where ${server} answers that the address should begin with https`, async t => {
      const { port } = await during(
        t,
        serveRaw(socket => socket.end(answer))
      )
      assert.equal(
        inShort(await startProbing(t).probe(`http://127.0.0.1:${port}/`)),
        'http_status: HTTP 400 Bad Request: this port speaks TLS, so the address must begin with https'
      )
    })
  }

  const [WANTS_CERTIFICATE, WANTS_TLS] = [
    '<title>400 No required SSL certificate was sent</title>',
    '<title>400 The plain HTTP request was sent to HTTPS port</title>'
  ]
  for (const [protocol, statusCode, page, told] of [
    ['https', 403, WANTS_CERTIFICATE, 'HTTP 403 Forbidden'],
    ['http', 403, WANTS_TLS, 'HTTP 403 Forbidden'],
    ['https', 400, WANTS_TLS, 'HTTP 400 Bad Request'],
    ['http', 400, WANTS_CERTIFICATE, 'HTTP 400 Bad Request']
  ] as const) {
    test(`${told} over ${protocol} is told as it is, whatever its page says: ${page}`, async t => {
      const answer: HttpHandler = (_, response) => response.writeHead(statusCode).end(page)
      const { port } = await during(t, protocol === 'https' ? serveTls(certificate, answer) : serveHttp(answer))
      const endpoint = `${protocol}://127.0.0.1:${port}/`
      assert.equal(inShort(await startProbing(t, { ca }).probe(endpoint)), `http_status: ${told}`)
    })
  }

  test('is told where two lengths differ', async t => {
    const { port } = await during(
      t,
      serveRaw(socket => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 16\r\nContent-Length: 17\r\n\r\n${REPORT}`))
    )
    assert.equal(
      inShort(await startProbing(t).probe(`http://127.0.0.1:${port}/`)),
      'connect: 127.0.0.1 sends Content-Length twice'
    )
  })

  test('is not begun again in the middle of a connection', async t => {
    const outcome = Promise.withResolvers<unknown>()
    const server = createTlsServer({ ...certificate, maxVersion: 'TLSv1.2' }, socket => {
      socket.on('error', outcome.resolve)
      socket.once('data', () => {
        socket.renegotiate({}, () => outcome.resolve('begun again'))
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n${REPORT}`)
      })
    })
    const { port } = await during(t, listen(server))
    await startProbing(t, { ca }).probe(`https://127.0.0.1:${port}/`)
    assert.match(String(await outcome.promise), /no renegotiation/)
  })
})
