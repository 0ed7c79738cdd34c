import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { suite, type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { secretHeaders } from '../../src/probe/secret-headers.ts'
import { createAuthority } from '../support/certificates.ts'
import { aTarget } from '../support/facts.ts'
import { type HttpHandler, serveHttp, serveTcp, serveTls } from '../support/hostile-servers.ts'
import { during, inShort, startProbing } from '../support/probing.ts'

const SECRET = 'Canary/0123456789+abc=='
const HEADERS = { headers: [{ name: 'Authorization', prefix: 'Bearer ', file: '/token' }] }
const REPORT = '{"version":"v1"}'

/** A server that notes the header of each request, by its path. */
async function noting(t: TestContext, answer: HttpHandler) {
  const noted: (readonly [path: string | undefined, authorization: string | undefined])[] = []
  const handler = (request: IncomingMessage, response: ServerResponse) => {
    noted.push([request.url, request.headers.authorization])
    answer(request, response)
  }
  const server = await during(t, serveHttp(handler))
  return { noted, origin: `http://127.0.0.1:${server.port}` }
}

const redirectTo = (location: () => string): HttpHandler => {
  return (request, response) => {
    if (request.url === '/') response.writeHead(302, { location: location() }).end()
    else response.end(REPORT)
  }
}

suite('a header with a secret', () => {
  test('is sent with its prefix, as the file has it at that moment', async t => {
    const { noted, origin } = await noting(t, (_, response) => response.end(REPORT))
    const secrets = { '/token': SECRET }
    const probing = startProbing(t, { secrets })
    assert.equal(inShort(await probing.probe(origin, HEADERS)), 'v1')
    secrets['/token'] = 'rotated-secret'
    await probing.probe(origin, HEADERS)
    assert.deepEqual(noted, [
      ['/', `Bearer ${SECRET}`],
      ['/', 'Bearer rotated-secret']
    ])
  })

  test('is not sent for another target of the same host, on the same connection', async t => {
    const { noted, origin } = await noting(t, (_, response) => response.end(REPORT))
    const probing = startProbing(t, { secrets: { '/token': SECRET } })
    await probing.probe(origin, HEADERS)
    await probing.probe(`${origin}/other`)
    assert.deepEqual(noted[1], ['/other', undefined])
  })

  test('keeps the endpoint from being asked while it is not known', async t => {
    const { noted, origin } = await noting(t, (_, response) => response.end(REPORT))
    assert.equal(
      inShort(await startProbing(t).probe(origin, HEADERS)),
      'refused: the file of a header has not been read'
    )
    assert.deepEqual(noted, [])
  })

  test('follows a redirect within its origin', async t => {
    const { noted, origin } = await noting(
      t,
      redirectTo(() => '/report')
    )
    await startProbing(t, { secrets: { '/token': SECRET } }).probe(origin, HEADERS)
    assert.deepEqual(noted[1], ['/report', `Bearer ${SECRET}`])
  })

  test('does not follow to another port, nor to another name of the same host', async t => {
    const other = await noting(t, (_, response) => response.end(REPORT))
    const secrets = { '/token': SECRET }
    const names = { 'home.example': ['127.0.0.1'], 'other.example': ['127.0.0.1'] }
    const probing = startProbing(t, { secrets, names, allow: ['other.example', '127.0.0.1'] })
    const byPort = await noting(
      t,
      redirectTo(() => `${other.origin}/report`)
    )
    assert.equal(inShort(await probing.probe(byPort.origin, HEADERS)), 'v1')
    const byName = await noting(
      t,
      redirectTo(() => `${byName.origin.replace('127.0.0.1', 'other.example')}/report`)
    )
    await probing.probe(byName.origin.replace('127.0.0.1', 'home.example'), HEADERS)
    assert.deepEqual(
      [other.noted[0], byName.noted[1]],
      [
        ['/report', undefined],
        ['/report', undefined]
      ]
    )
  })

  test('does not come back with a redirect that was abroad', async t => {
    const abroad = await noting(t, (_, response) => response.writeHead(302, { location: `${home.origin}/admin` }).end())
    const home = await noting(
      t,
      redirectTo(() => abroad.origin)
    )
    const probing = startProbing(t, { secrets: { '/token': SECRET }, allow: ['127.0.0.1'] })
    await probing.probe(home.origin, HEADERS)
    assert.deepEqual(home.noted, [
      ['/', `Bearer ${SECRET}`],
      ['/admin', undefined]
    ])
  })

  test('does not go down from https to http, be it on the same port', async t => {
    const authority = await createAuthority()
    const plain = await noting(t, (_, response) => response.end(REPORT))
    const secure = await during(
      t,
      serveTls(await authority.issue({ names: ['127.0.0.1'] }), (_, response) =>
        response.writeHead(301, { location: plain.origin }).end()
      )
    )
    const probing = startProbing(t, { secrets: { '/token': SECRET }, ca: authority.pem })
    await probing.probe(`https://127.0.0.1:${secure.port}`, HEADERS)
    assert.deepEqual(plain.noted, [['/', undefined]])

    const tls = await during(
      t,
      serveTls(await authority.issue({ names: ['127.0.0.1'] }), (_, response) =>
        response.writeHead(301, { location: `http://127.0.0.1:${both.port}/plain` }).end()
      )
    )
    // The first byte of TLS is that of a handshake.
    const both = await during(
      t,
      serveTcp(socket =>
        socket.once('data', first => {
          const port = Buffer.from(first)[0] === 22 ? tls.port : Number(new URL(plain.origin).port)
          const server = connect(port, '127.0.0.1').on('error', () => {})
          server.write(first)
          socket.pipe(server).pipe(socket)
        })
      )
    )
    assert.equal(inShort(await probing.probe(`https://127.0.0.1:${both.port}`, HEADERS)), 'v1')
    assert.deepEqual(plain.noted[1], ['/plain', undefined])
  })
})

suite('an endpoint that repeats the secret', () => {
  const report = (version: string, more: object = {}) => JSON.stringify({ version, ...more })
  for (const [rule, answer, expected] of [
    ['in its version', report(`v1 ${SECRET}`), 'v1 [redacted]'],
    ['with its prefix', report(`Bearer ${SECRET}`), 'Bearer [redacted]'],
    ['in capitals', report(SECRET.toUpperCase()), '[redacted]'],
    ['with escaped slashes, as PHP does', report(SECRET).replaceAll('/', '\\/'), '[redacted]'],
    ['as in a URL', report(encodeURIComponent(SECRET)), '[redacted]'],
    ['as in a URL, in small letters', report(encodeURIComponent(SECRET).toLowerCase()), '[redacted]'],
    ['in JSON inside of JSON', report(JSON.stringify(SECRET).replaceAll('/', '\\/')), '"[redacted]"'],
    ['with escaped slashes in what is no JSON', `no ${SECRET.replaceAll('/', '\\/')}`, /begins with no \[redacted\]/],
    ['as code points', `{"version":"\\u0043${SECRET.slice(1)}"}`, '[redacted]'],
    [
      'in what is no JSON, cut in the middle of it',
      `authorization: Bearer ${SECRET}`,
      /begins with authorization: Bearer \[redacted/
    ]
  ] as const) {
    test(`${rule} does not get it into the outcome`, async t => {
      const { origin } = await noting(t, (_, response) => response.end(answer))
      const outcome = await startProbing(t, { secrets: { '/token': SECRET } }).probe(origin, HEADERS)
      if (typeof expected === 'string') assert.equal(inShort(outcome), expected)
      else assert.match(inShort(outcome), expected)
      assert.doesNotMatch(JSON.stringify(outcome), /canary|0123456789/i)
    })
  }

  test('as its git SHA has none', async t => {
    const secret = '0123456789abcdef0123456789abcdef'
    const { origin } = await noting(t, (_, response) =>
      response.end(`{"version":"v1","gitSha":"\\u0030${secret.slice(1)}"}`)
    )
    const { report } = await startProbing(t, { secrets: { '/token': secret } }).probe(origin, HEADERS)
    assert.deepEqual(report, { seen: true, value: { version: 'v1', gitSha: null } })
  })

  for (const [rule, headers, body] of [
    ['as the encoding of its body', { 'content-encoding': SECRET }, Buffer.from([0xff])],
    ['in a compressed body', { 'content-encoding': 'gzip' }, gzipSync(report(SECRET))],
    ['as one part of several', {}, report('session Part-of-it-1234')]
  ] as const) {
    test(`${rule} does not get it into the outcome`, async t => {
      const { origin } = await noting(t, (_, response) => response.writeHead(200, headers).end(body))
      const secrets = { '/token': `session=Part-of-it-1234; key=${SECRET}` }
      const outcome = await startProbing(t, { secrets }).probe(origin, HEADERS)
      assert.match(inShort(outcome), /\[redacted\]/)
      assert.doesNotMatch(JSON.stringify(outcome), /canary|part-of-it|0123456789/i)
    })
  }

  for (const [rule, prefix, secret, version] of [
    ['of Basic as user and password', 'Basic ', btoa('monitor:canary-password'), 'as monitor:canary-password'],
    ['of Basic as the password alone', 'Basic ', btoa('monitor:canary-password'), 'with canary-password'],
    ['of Basic in a URL', '', `Basic ${btoa('monitor:canary password')}`, 'with canary%20password'],
    [
      'as the signature of a JWT',
      'Bearer ',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.canary-signature',
      'canary-signature'
    ]
  ] as const) {
    test(`${rule} does not get it into the outcome`, async t => {
      const { origin } = await noting(t, (_, response) => response.end(report(version)))
      const headers = [{ name: 'Authorization', prefix, file: '/token' }]
      const outcome = await startProbing(t, { secrets: { '/token': secret } }).probe(origin, { headers })
      assert.match(inShort(outcome), /\[redacted\]$/)
      assert.doesNotMatch(inShort(outcome), /canary/)
    })
  }

  test('as the host of a redirect does not get it into the outcome', async t => {
    const secret = SECRET.replaceAll(/[^a-z0-9]/gi, '')
    const { origin } = await noting(t, (_, response) =>
      response.writeHead(302, { location: `http://${secret}.example/` }).end()
    )
    const outcome = await startProbing(t, { secrets: { '/token': secret }, names: {} }).probe(origin, HEADERS)
    assert.doesNotMatch(JSON.stringify(outcome), /canary|0123456789/i)
  })
})

suite('a redacted text', () => {
  const redactorOf = (secret: string, prefix = '') => {
    const found = secretHeaders(aTarget({ headers: [{ name: 'X-Token', prefix, file: '/token' }] }), () => secret)
    assert.ok(found)
    return found.redact
  }
  const point = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  const percent = (character: string) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  const SPELLINGS: readonly (readonly [how: string, spell: (secret: string) => string])[] = [
    ['as it is', secret => secret],
    ['in JSON', secret => JSON.stringify(secret)],
    ['in JSON in JSON', secret => JSON.stringify(JSON.stringify(secret))],
    ['in JSON, every character a code point', secret => [...secret].map(point).join('')],
    ['in a URL', secret => encodeURIComponent(secret)],
    ['in a URL, every character escaped', secret => [...secret].map(percent).join('')],
    ['in a form', secret => new URLSearchParams({ a: secret }).toString()],
    ['in a URL in a URL', secret => encodeURIComponent(encodeURIComponent(secret))],
    ['in HTML', secret => secret.replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)],
    ['in HTML, in hexadecimal', secret => secret.replace(/[&<>"']/g, sign => `&#x${sign.charCodeAt(0).toString(16)};`)],
    ['in HTML, by name', secret => secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')]
  ]

  for (const [how, spell] of SPELLINGS) {
    test(`has no secret ${how}, whatever it is made of`, () => {
      // White space at its ends is no part of it.
      const secrets = fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 60 }).map(text => `x${text}x`)
      fc.assert(
        fc.property(secrets, secret => {
          const redacted = redactorOf(secret)(`before ${spell(secret)} after`)
          assert.match(redacted, /^before .*\[redacted\].* after$/)
          assert.ok(!redacted.includes(spell(secret)))
        }),
        { numRuns: 300 }
      )
    })
  }

  for (const [what, unit] of [
    ['one sign', '!'],
    ['every sign', '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'],
    ['letters and signs', 'a!B/c+'],
    ['what looks like escapes', '%41\\u0041&amp;'],
    ['backslashes', '\\']
  ] as const) {
    test(`has no secret of the greatest length, made of ${what}`, () => {
      const secret = unit.repeat(8192).slice(0, 8192)
      for (const [how, spell] of SPELLINGS) {
        const redacted = redactorOf(secret)(`before ${spell(secret)} after`)
        assert.ok(redacted.length < 100, `${how}: ${redacted.slice(0, 100)}`)
      }
    })
  }

  test('keeps everything else as it was written', () => {
    const text = '50% of %41 \\u0041 &amp; a+b "ÄÖ" 😀 İ'
    assert.equal(redactorOf('another-secret')(`${text} another-secret ${text}`), `${text} [redacted] ${text}`)
    assert.equal(redactorOf('another-secret')(text), text)
  })

  test('has no secret that overlaps with itself', () => {
    assert.equal(redactorOf('abcabcab')('x abcabcabcabcab y'), 'x [redacted] y')
    assert.equal(redactorOf('!'.repeat(8))(`x ${'!'.repeat(1000)} y`), 'x [redacted] y')
  })

  test('says once that something is left out where two secrets touch', () => {
    assert.equal(redactorOf('first-secret second-secret')('first-secretsecond-secret'), '[redacted]')
    assert.equal(redactorOf('first-secret second-secret')('first-secret, second-secret'), '[redacted], [redacted]')
  })

  test('has no parts of fewer than eight characters left out', () => {
    assert.equal(redactorOf('session=1234567; key=12345678')('1234567 12345678'), '1234567 [redacted]')
  })
})
