import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { suite, type TestContext, test } from 'node:test'
import { createAuthority } from '../support/certificates.ts'
import { needs } from '../support/component.ts'
import { serveHttp, serveRaw, serveTls } from '../support/hostile-servers.ts'
import { during, inShort, NO_ORDINARY_ADDRESS, ordinaryAddress, startProbing } from '../support/probing.ts'

const ANNOTATION = { origin: 'annotation' } as const
const NAMES = { 'shop.example': ['127.0.0.1'], 'login.example': ['127.0.0.1'] }
const ALLOW = ['shop.example', 'login.example']
const LOGIN = '<!doctype html><title>Sign in</title>'

/** A service at `/` that redirects to where the test says, and answers there. */
async function startRedirecting(
  t: TestContext,
  location: (port: number) => string,
  answer: (response: ServerResponse) => void
): Promise<string> {
  const { port } = await during(
    t,
    serveHttp((request, response) => {
      if (request.url !== '/') return answer(response)
      response.writeHead(302, { location: location(request.socket.localPort ?? 0) }).end()
    })
  )
  return `http://shop.example:${port}/`
}

suite('a failure behind a redirect', () => {
  for (const [what, location, answer, outcome] of [
    [
      'a login page of another host',
      (port: number) => `http://login.example:${port}/session?next=canary`,
      (response: ServerResponse) => response.end(LOGIN),
      /^not_json: redirected to login\.example, which answered an HTML page$/
    ],
    [
      'a login page of the same host',
      () => '/login;session=canary?next=canary',
      (response: ServerResponse) => response.end(LOGIN),
      /^not_json: redirected to \/login, which answered an HTML page$/
    ],
    [
      'no page',
      () => '/login',
      (response: ServerResponse) => response.end('oops'),
      /^not_json: redirected to \/login: not JSON: it begins with oops$/
    ],
    [
      'a status',
      (port: number) => `http://login.example:${port}/session`,
      (response: ServerResponse) => response.writeHead(403).end(),
      /^http_status: redirected to login\.example: HTTP 403 Forbidden$/
    ],
    [
      'no version',
      () => '/login',
      (response: ServerResponse) => response.end('{}'),
      /^no_version: redirected to \/login: no version at/
    ]
  ] as const) {
    test(`says where it led: ${what}`, async t => {
      const endpoint = await startRedirecting(t, location, answer)
      const outcome_ = inShort(await startProbing(t, { names: NAMES, allow: ALLOW }).probe(endpoint))
      assert.match(outcome_, outcome)
      assert.doesNotMatch(outcome_, /canary/)
    })
  }

  test('says nothing of a redirect where there was none', async t => {
    const { port } = await during(
      t,
      serveHttp((_, response) => response.end(LOGIN))
    )
    assert.equal(inShort(await startProbing(t).probe(`http://127.0.0.1:${port}/`)), 'not_json: not JSON: an HTML page')
  })
})

test('a redirect leads to the very bytes that it names', async t => {
  const { port } = await during(
    t,
    serveRaw((socket, path) => {
      socket.write(
        path === '/caf%c3%a9'
          ? 'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"version":"v1"}'
          : `HTTP/1.1 ${path === '/' ? 302 : 404} X\r\nLocation: /caf\u00e9\r\nContent-Length: 0\r\n\r\n`
      )
    })
  )
  assert.equal(inShort(await startProbing(t).probe(`http://127.0.0.1:${port}/`)), 'v1')
})

suite('a redirect from https to http', async () => {
  const authority = await createAuthority()
  const certificate = await authority.issue({ names: ['shop.example'] })
  const WARNING = 'its address redirects from https to http: anybody on the way can change the answer'

  async function startDowngrading(t: TestContext, body: string) {
    const plain = await during(
      t,
      serveHttp((_, response) => response.end(body))
    )
    const secure = await during(
      t,
      serveTls(certificate, (_, response) => {
        response.writeHead(302, { location: `http://shop.example:${plain.port}/report` }).end()
      })
    )
    const { probe } = startProbing(t, { names: NAMES, ca: authority.pem })
    return probe(`https://shop.example:${secure.port}/`)
  }

  test('is followed, with a warning', async t => {
    const outcome = await startDowngrading(t, '{"version":"v1"}')
    assert.deepEqual([inShort(outcome), outcome.warning], ['v1', WARNING])
  })

  test('is told where it led to no report', async t => {
    const outcome = await startDowngrading(t, LOGIN)
    assert.match(
      inShort(outcome),
      /^not_json: redirected from https to http:\/\/shop\.example, which answered an HTML page$/
    )
    assert.equal(outcome.warning, WARNING)
  })

  test('is no warning of an address that begins with http', async t => {
    const endpoint = await startRedirecting(
      t,
      () => '/report',
      response => response.end('{"version":"v1"}')
    )
    assert.equal((await startProbing(t, { names: NAMES }).probe(endpoint)).warning, undefined)
  })
})

const address = ordinaryAddress()

suite(
  'an annotated endpoint that nothing binds',
  needs(address === undefined ? NO_ORDINARY_ADDRESS : undefined),
  () => {
    const names = { 'shop.example': [address ?? ''] }

    async function probeDiscreetly(t: TestContext, answer: (response: ServerResponse) => void): Promise<string> {
      const { port } = await during(
        t,
        serveHttp((_, response) => answer(response), address)
      )
      return inShort(await startProbing(t, { names }).probe(`http://shop.example:${port}/`, ANNOTATION))
    }

    test('says nothing of where another host is, though a connection to it is kept', async t => {
      const hidden = await during(
        t,
        serveHttp((_, response) => response.end('{"version":"v1"}'), address)
      )
      const { port } = await during(
        t,
        serveHttp((_, response) => {
          response.writeHead(302, { location: `http://canary.example:${hidden.port}/` }).end()
        }, address)
      )
      const { probe } = startProbing(t, { names: { ...names, 'canary.example': [address ?? ''] } })
      await probe(`http://canary.example:${hidden.port}/`, ANNOTATION)
      for (const connections of [2, 2]) {
        const { trace } = await probe(`http://shop.example:${port}/`, ANNOTATION)
        const { addresses, used } = trace?.hops[1]?.link ?? assert.fail()
        assert.deepEqual([addresses, used, hidden.connections()], [[], '', connections])
      }
    })

    for (const [what, location] of [
      ['another host', 'http://canary.example/'],
      ['another host that may not be reached', 'http://canary.localhost/'],
      ['an address that may not be reached', 'http://169.254.169.254/']
    ] as const) {
      test(`says nothing of ${what} to which it redirects`, async t => {
        const outcome = await probeDiscreetly(t, response => response.writeHead(302, { location }).end())
        assert.match(outcome, /^(dns|refused): .*the host of a redirect/)
        assert.doesNotMatch(outcome, /canary|169/)
      })
    }

    test('says nothing of a path to which it redirects', async t => {
      let asked = 0
      const outcome = await probeDiscreetly(t, response => {
        asked += 1
        if (asked === 1) response.writeHead(302, { location: '/canary' }).end()
        else response.end(LOGIN)
      })
      assert.equal(outcome, 'not_json: redirected to another path, which answered an HTML page')
    })

    test('shows no text of an answer', async t => {
      assert.equal(await probeDiscreetly(t, response => response.end('canary')), 'not_json: not JSON: text')
      assert.equal(await probeDiscreetly(t, response => response.end('{"version":"a canary"}')), '(not a version)')
      assert.equal(await probeDiscreetly(t, response => response.end('{"version":"v1"}')), 'v1')
    })

    test('shows no names of a certificate', async t => {
      const authority = await createAuthority()
      const certificate = await authority.issue({ names: ['canary.example'] })
      const { port } = await during(
        t,
        serveTls(certificate, (_, response) => response.end(), address)
      )
      const { probe } = startProbing(t, { names, ca: authority.pem })
      assert.equal(
        inShort(await probe(`https://shop.example:${port}/`, ANNOTATION)),
        'tls: certificate is not for shop.example'
      )
    })
  }
)

test('what an annotation names in ENDPOINT_ALLOW is shown', async t => {
  const { port } = await during(
    t,
    serveHttp((_, response) => response.end('two words'))
  )
  const { probe } = startProbing(t, { names: NAMES, allow: ALLOW })
  assert.equal(
    inShort(await probe(`http://shop.example:${port}/`, ANNOTATION)),
    'not_json: not JSON: it begins with two words'
  )
})
