import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, get, type RequestOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { suite, type TestContext, test } from 'node:test'
import type { SecureVersion } from 'node:tls'
import { describeNetworkError, isOfTls } from '../../src/sources/network-failure.ts'
import { createAuthority } from '../support/certificates.ts'

/** What asking a server that demands a client certificate fails by. */
async function failureOf(t: TestContext, port: number, options: RequestOptions): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const request = get({ host: '127.0.0.1', port, agent: false, ...options }, resolve)
  request.on('error', resolve)
  t.after(() => request.destroy())
  return promise
}

/** As Node gives the alert of a server, which servers in Go send and those in Node do not: recorded with Node 24. */
function alertOf(version: string, words: string): Error {
  const message = `405DC2D52B7F0000:error:0A000415:SSL routines:ssl3_read_bytes:${words}:ssl/record/rec_layer_s3.c:908:\n`
  return version === 'TLSv1.3'
    ? Object.assign(new Error(message), { code: `ERR_SSL_${words.replaceAll(' ', '_').toUpperCase()}` })
    : Object.assign(new Error(`write EPROTO ${message}`), { code: 'EPROTO', syscall: 'write' })
}

suite('a client certificate that a server refuses', async () => {
  for (const [rule, alert, words] of [
    [
      'has expired',
      'ssl/tls alert certificate expired',
      'it refuses the client certificate, which has expired: renew it'
    ],
    [
      'is a stranger’s',
      'tlsv1 alert unknown ca',
      'it refuses the client certificate, which is from an authority that it does not know'
    ],
    ['is not good', 'ssl/tls alert bad certificate', 'it refuses the client certificate, or wants one']
  ] as const) {
    for (const version of ['TLSv1.3', 'TLSv1.2']) {
      test(`is named with ${version} when it ${rule}, and may be read again`, () => {
        const error = alertOf(version, alert)
        assert.deepEqual([describeNetworkError(error), isOfTls(error)], [words, true])
      })
    }
  }

  const authority = await createAuthority()
  const served = await authority.issue({ names: ['127.0.0.1'] })
  for (const [version, words] of [
    ['TLSv1.3', 'it wants a client certificate'],
    ['TLSv1.2', 'it refuses the TLS handshake, and may want a client certificate']
  ] as const) {
    test(`is named with ${version} when it is missing`, async t => {
      const maxVersion: SecureVersion = version
      const demands = { ca: authority.pem, requestCert: true, rejectUnauthorized: true, maxVersion }
      const server = createServer({ ...served, ...demands }, (_, response) => response.end())
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      t.after(() => server.close())
      const error = await failureOf(t, (server.address() as AddressInfo).port, { ca: authority.pem })
      assert.deepEqual([describeNetworkError(error), isOfTls(error)], [words, true])
    })
  }
})

suite('a port without TLS', () => {
  test('is named', async t => {
    const server = createTcpServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const error = await failureOf(t, (server.address() as AddressInfo).port, {})
    assert.equal(describeNetworkError(error), 'it does not speak TLS on this port')
  })
})

suite('a tunnel that a proxy refuses', () => {
  for (const [rule, answer, words] of [
    ['tells its status', 'HTTP/1.1 503 Service Unavailable', 'the proxy cannot connect to it (HTTP 503)'],
    [
      'may be none of an HTTP proxy',
      'lorem ipsum',
      'the proxy cannot connect to it, it does not answer as an HTTP proxy does'
    ]
  ] as const) {
    test(rule, async t => {
      const proxy = createTcpServer(socket => socket.on('error', () => {}).end(`${answer}\r\n\r\n`))
      proxy.listen(0, '127.0.0.1')
      await once(proxy, 'listening')
      t.after(() => proxy.close())
      const HTTPS_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
      const error = await failureOf(t, 1, { agent: new Agent({ proxyEnv: { HTTPS_PROXY } }) })
      assert.equal(describeNetworkError(error), words)
    })
  }
})

suite('an error of anything else', () => {
  test('is told even if it has no words, as where both addresses of a SOCKS proxy fail', () =>
    assert.equal(describeNetworkError(new Error('')), 'connection failed'))

  for (const [rule, error, isTls] of [
    ['is not of TLS', Object.assign(new Error('write EPROTO'), { code: 'EPROTO' }), false],
    ['is of TLS by its code', Object.assign(new Error('no'), { code: 'CERT_HAS_EXPIRED' }), true],
    ['need not be an error', 'no', false]
  ] as const) {
    test(rule, () => assert.equal(isOfTls(error), isTls))
  }
})
