import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestOptions } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { before, suite, type TestContext, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { createApp } from '../../../src/http/app.ts'
import type { ListenerRules, TlsRules } from '../../../src/http/listener/rules.ts'
import { type Authority, type Certificate, createAuthority } from '../../support/certificates.ts'
import { ask } from '../../support/https.ts'
import { somePorts } from '../fixtures.ts'

let authority: Authority
let ofOthers: Authority
let server: Certificate
let client: Certificate
let stranger: Certificate

before(async () => {
  authority = await createAuthority('ours')
  ofOthers = await createAuthority('of others')
  server = await authority.issue({ names: ['127.0.0.1'] })
  client = await authority.issue({ names: ['prometheus.example'] })
  stranger = await ofOthers.issue({ names: ['prometheus.example'] })
})

type Changes = Partial<Omit<TlsRules, 'context'>> & { context?: Partial<TlsRules['context']> }

function rulesOf({ context, ...changes }: Changes): ListenerRules {
  const tls: TlsRules = {
    clientAuth: 'NoClientCert',
    clientAllowedSans: null,
    ...changes,
    context: { ...server, honorCipherOrder: true, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ...context }
  }
  return { tls, headers: {}, users: new Map(), rateLimit: null }
}

async function listen(t: TestContext, changes: Changes = {}) {
  let rules = rulesOf(changes)
  const app = createApp(somePorts({ listener: () => rules }))
  const sockets: TLSSocket[] = []
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await app.close()
  })
  const url = (await app.listen({ host: '127.0.0.1', port: 0 })).replace(/^http:/, 'https:')
  return {
    url,
    app,
    become: (next: Changes) => {
      rules = rulesOf(next)
    },
    /** The answer's status, or that there is none. */
    statusFor: async (options: ConnectionOptions & RequestOptions = {}) => {
      try {
        return (await ask(`${url}/metrics`, { ca: authority.pem, ...options })).status
      } catch {
        return 'cut off'
      }
    },
    handshake: async (options: ConnectionOptions = {}): Promise<TLSSocket> => {
      const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', ca: authority.pem, ...options })
      sockets.push(socket)
      await once(socket, 'secureConnect')
      return socket
    }
  }
}

suite('TLS', () => {
  test('is what is spoken on the port, HTTP/1.1 inside, and nothing else', async t => {
    const { url, statusFor, handshake } = await listen(t)
    assert.equal(await statusFor(), 200)
    assert.equal((await handshake({ ALPNProtocols: ['h2', 'http/1.1'] })).alpnProtocol, 'http/1.1')
    await assert.rejects(fetch(url.replace('https', 'http')))
  })

  test('bounds the time that a request and an idle connection take, as plain HTTP does', async t => {
    const { app } = await listen(t)
    const { headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxConnections } = app.server
    assert.deepEqual([headersTimeout, requestTimeout, keepAliveTimeout, timeout], [5_000, 10_000, 75_000, 180_000])
    assert.equal(maxConnections, 512)
  })

  test('cuts off a client that is slow with a request, as plain HTTP does', async t => {
    const slow = await (await listen(t)).handshake()
    slow.resume().write('GET /metrics HTTP/1.1\r\nHost: guard\r\n')
    await once(slow, 'close', { signal: AbortSignal.timeout(20_000) })
  })

  // What a client sends: no certificate, one of another authority, one of ours.
  for (const [clientAuth, expected] of [
    ['NoClientCert', [200, 200, 200]],
    ['RequestClientCert', [200, 200, 200]],
    ['RequireAnyClientCert', ['cut off', 200, 200]],
    ['VerifyClientCertIfGiven', [200, 'cut off', 200]],
    ['RequireAndVerifyClientCert', ['cut off', 'cut off', 200]]
  ] as const) {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      test(`lets clients in by ${clientAuth} (${maxVersion})`, async t => {
        const { statusFor } = await listen(t, { clientAuth, context: { ca: authority.pem, maxVersion } })
        assert.deepEqual([await statusFor(), await statusFor(stranger), await statusFor(client)], expected)
      })
    }
  }

  test('lets clients in by the names of their certificates', async t => {
    const context = { ca: authority.pem }
    const clientAuth = 'RequireAndVerifyClientCert'
    const { statusFor, become } = await listen(t, { clientAuth, context, clientAllowedSans: ['prometheus.example'] })
    assert.deepEqual([await statusFor(client), await statusFor(stranger)], [200, 'cut off'])
    become({ clientAuth, context, clientAllowedSans: ['other.example'] })
    assert.equal(await statusFor(client), 'cut off')
  })

  test('shows a rotated certificate to the next connection, and keeps those that there are', async t => {
    const { handshake, become } = await listen(t)
    const before = await handshake()
    const rotated = await authority.issue({ names: ['127.0.0.1', 'rotated.example'] })
    become({ context: rotated })
    const after = await handshake()
    assert.doesNotMatch(before.getPeerX509Certificate()?.subjectAltName ?? '', /rotated/)
    assert.match(after.getPeerX509Certificate()?.subjectAltName ?? '', /rotated/)
    before.write('GET /live HTTP/1.1\r\nHost: guard\r\n\r\n')
    const [chunk] = await once(before, 'data')
    assert.match(String(chunk), /^HTTP\/1\.1 200 /)
  })

  test('asks for certificates, and no longer, when the rules change', async t => {
    const { statusFor, become } = await listen(t)
    assert.equal(await statusFor(), 200)
    become({ clientAuth: 'RequireAndVerifyClientCert', context: { ca: authority.pem } })
    assert.deepEqual(
      [await statusFor(), await statusFor(client), await statusFor(stranger)],
      ['cut off', 200, 'cut off']
    )
    become({ clientAuth: 'RequireAndVerifyClientCert', context: { ca: ofOthers.pem } })
    assert.deepEqual(
      [await statusFor(), await statusFor(client), await statusFor(stranger)],
      ['cut off', 'cut off', 200]
    )
    become({})
    assert.equal(await statusFor(), 200)
  })

  test('judges a client whose handshake is under way when the rules change by those of its beginning', async t => {
    const strict = { clientAuth: 'RequireAndVerifyClientCert', context: { ca: authority.pem } } as const
    for (const [before, after, options, expected] of [
      [{}, strict, {}, 'answered'],
      [{ ...strict, clientAllowedSans: ['other.example'] }, strict, client, 'cut off']
    ] as const) {
      const { url, app, become } = await listen(t, before)
      const taken = once(app.server, 'connection')
      const socket = connectTcp({ port: Number(new URL(url).port), host: '127.0.0.1' })
      await taken
      become(after)
      const secured = connect({ socket, host: '127.0.0.1', ca: authority.pem, ...options }).on('error', () => {})
      t.after(() => secured.destroy())
      secured.write('GET /live HTTP/1.1\r\nHost: guard\r\n\r\n')
      const answered = once(secured, 'data').then(() => 'answered')
      assert.equal(await Promise.race([answered, once(secured, 'close').then(() => 'cut off')]), expected)
    }
  })

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`does not take a session of the old rules for a certificate (${maxVersion})`, async t => {
      const { statusFor, handshake, become } = await listen(t, { context: { maxVersion } })
      const socket = await handshake()
      const sessions = [socket.getSession()]
      socket.on('session', session => sessions.push(session))
      socket.write('GET /live HTTP/1.1\r\nHost: guard\r\n\r\n')
      await once(socket, 'data')
      become({ clientAuth: 'RequireAndVerifyClientCert', context: { ca: authority.pem, maxVersion } })
      for (const session of sessions) assert.equal(await statusFor({ session }), 'cut off')
    })
  }

  // With TLS 1.2 a client is cut off before it has a session.
  test('does not take a session of a client without a certificate for a certificate', async t => {
    const { statusFor, handshake } = await listen(t, { clientAuth: 'RequireAnyClientCert' })
    const socket = await handshake()
    const sessions = [socket.getSession()]
    socket.on('session', session => sessions.push(session)).on('error', () => {})
    await new Promise(resolve => socket.on('close', resolve).resume())
    for (const session of sessions) assert.equal(await statusFor({ session }), 'cut off')
  })

  test('has the versions, suites and curves that the rules name, in their order', async t => {
    const ciphers = 'TLS_AES_256_GCM_SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256'
    const { handshake } = await listen(t, { context: { ciphers, ecdhCurve: 'secp384r1' } })
    const offered = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384'
    const tls12 = await handshake({ maxVersion: 'TLSv1.2', ciphers: offered })
    assert.equal(tls12.getCipher().name, 'ECDHE-ECDSA-AES256-GCM-SHA384')
    assert.deepEqual(tls12.getEphemeralKeyInfo(), { type: 'ECDH', name: 'secp384r1', size: 384 })
    assert.equal((await handshake()).getCipher().name, 'TLS_AES_256_GCM_SHA384')
    await assert.rejects(handshake({ ecdhCurve: 'prime256v1' }))
    await assert.rejects(handshake({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' }))
  })

  test("follows the client's order of suites where the rules say so, and its least version", async t => {
    const { handshake } = await listen(t, { context: { honorCipherOrder: false, maxVersion: 'TLSv1.2' } })
    const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384'
    const reversed = ciphers.split(':').reverse().join(':')
    assert.equal((await handshake({ ciphers })).getCipher().name, 'ECDHE-ECDSA-AES128-GCM-SHA256')
    assert.equal((await handshake({ ciphers: reversed })).getCipher().name, 'ECDHE-ECDSA-AES256-GCM-SHA384')
    await assert.rejects(handshake({ minVersion: 'TLSv1.3' }))
  })
})
