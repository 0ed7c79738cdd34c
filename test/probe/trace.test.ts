import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Hop, Link } from '../../src/domain/probe-trace.ts'
import { createHeaderReader, describeTls } from '../../src/probe/trace.ts'
import { readProxyRules } from '../../src/proxy-environment.ts'
import { createAuthority } from '../support/certificates.ts'
import { needs } from '../support/component.ts'
import { serveHttp, serveTls } from '../support/hostile-servers.ts'
import { during, inShort, ordinaryAddress, startProbing } from '../support/probing.ts'

const REPORT = '{"build":{"version":"v1"},"commit":"abc1234"}'
const NAMES = { 'shop.example': ['127.0.0.1', '127.0.0.2'] }
const DATE = 'Tue, 03 Nov 2026 03:04:05 GMT'

const withoutTimes = ({ headMs, wholeMs, link, ...hop }: Hop) => hop
const linkOf = ({ lookupMs, connectMs, tlsMs, ...link }: Link) => link

suite('the trace of a probe', () => {
  test('tells the addresses, the one that was used, what answered, and where the version was', async t => {
    const headers = {
      date: DATE,
      'content-type': 'application/json',
      age: '61',
      via: '1.1 cache',
      'set-cookie': 'session=canary',
      'x-token': 'canary'
    }
    const { port } = await during(
      t,
      serveHttp((_request, response) => response.writeHead(200, headers).end(REPORT))
    )
    const probing = startProbing(t, { names: NAMES })
    const { trace } = await probing.probe(`http://shop.example:${port}/debug/version?token=canary`)
    assert.deepEqual(trace?.hops.map(withoutTimes), [
      {
        address: null,
        connection: 'new',
        status: 200,
        headers: ['content-type', 'application/json', 'via', '1.1 cache'],
        ageSeconds: 61,
        serverTime: Date.parse(DATE)
      }
    ])
    const [hop] = trace?.hops ?? []
    assert.ok(hop?.link != null && hop.headMs !== null && hop.wholeMs >= hop.headMs)
    assert.deepEqual(linkOf(hop.link), {
      addresses: ['127.0.0.1', '127.0.0.2'],
      moreAddresses: 0,
      used: '127.0.0.1',
      proxy: '',
      tls: null
    })
    assert.deepEqual([trace?.versionPointer, trace?.gitShaPointer], ['/build/version', '/commit'])
    assert.ok(!JSON.stringify(trace).includes('canary'))
  })

  for (const [age, seconds] of [
    ['0', 0],
    ['61 s', null],
    ['61, 62', null],
    ['-61', null],
    ['6.1e1', null],
    ['1234567890', null]
  ] as const) {
    test(`tells an age only where it is a count of seconds: ${age}`, async t => {
      const { port } = await during(
        t,
        serveHttp((_request, response) => response.writeHead(200, { age }).end(REPORT))
      )
      const { trace } = await startProbing(t).probe(`http://127.0.0.1:${port}/`)
      assert.equal(trace?.hops[0]?.ageSeconds, seconds)
    })
  }

  test('shares what is the same in the next one', async t => {
    const { port } = await during(
      t,
      serveHttp((_request, response) => response.end(REPORT))
    )
    const probing = startProbing(t)
    const ask = async () => (await probing.probe(`http://127.0.0.1:${port}/`)).trace?.hops[0]
    const [first, second] = [await ask(), await ask()]
    assert.deepEqual([first?.connection, second?.connection], ['new', 'kept'])
    assert.equal(second?.link, first?.link)
    assert.equal(second?.headers, first?.headers)
  })

  test('follows redirects, without their queries and sessions', async t => {
    const { port } = await during(
      t,
      serveHttp((request, response) => {
        if (request.url === '/login;session=canary?next=canary') response.writeHead(403).end()
        else response.writeHead(302, { location: '/login;session=canary?next=canary' }).end()
      })
    )
    const { trace } = await startProbing(t).probe(`http://127.0.0.1:${port}/`)
    assert.deepEqual(
      trace?.hops.map(({ address, status }) => [address, status]),
      [
        [null, 302],
        [`http://127.0.0.1:${port}/login`, 403]
      ]
    )
    assert.deepEqual([trace?.versionPointer, trace?.gitShaPointer], [null, null])
  })

  test('repeats no secret that a server sends back', async t => {
    const { port } = await during(
      t,
      serveHttp((request, response) => {
        response.writeHead(200, { via: `1.1 ${request.headers.authorization}` }).end(REPORT)
      })
    )
    const probing = startProbing(t, { secrets: { '/token': 'Canary/0123456789' } })
    const headers = [{ name: 'Authorization', prefix: 'Bearer ', file: '/token' }]
    const { trace } = await probing.probe(`http://127.0.0.1:${port}/`, { headers })
    assert.deepEqual(trace?.hops[0]?.headers, ['via', '1.1 Bearer [redacted]'])
  })

  test('tells who the certificate is for, who issued it and until when it holds, even where it is refused', async t => {
    const authority = await createAuthority('Root of shops')
    const certificate = await authority.issue({ names: ['shop.example'], notAfter: new Date('2031-02-03T04:05:06Z') })
    const { port } = await during(
      t,
      serveTls(certificate, (_request, response) => response.end(REPORT))
    )
    for (const [ca, isRefused] of [
      [authority.pem, false],
      [(await createAuthority()).pem, true]
    ] as const) {
      const result = await startProbing(t, { ca, names: NAMES }).probe(`https://shop.example:${port}/`)
      assert.equal(inShort(result).startsWith('tls: '), isRefused)
      const link = result.trace?.hops[0]?.link
      assert.equal(link?.tls?.version, 'TLSv1.3')
      assert.equal(link.tls.subject, 'shop.example')
      assert.match(link.tls.issuer, /Root of shops/)
      assert.equal(link.tls.validUntil, Date.parse('2031-02-03T04:05:06Z'))
      assert.equal(link.tlsMs === null, isRefused)
    }
  })

  test('tells how far it came where nobody listens', async t => {
    const { port, close } = await serveHttp(() => {})
    await close()
    const { trace } = await startProbing(t, { names: NAMES }).probe(`http://shop.example:${port}/`)
    const link = trace?.hops[0]?.link
    assert.deepEqual([link?.addresses, link?.used, link?.connectMs], [NAMES['shop.example'], '', null])
    assert.deepEqual([trace?.hops[0]?.status, trace?.hops[0]?.headMs], [null, null])
  })

  test('names the proxy, without its password', async t => {
    const { port } = await during(
      t,
      serveHttp((_request, response) => response.end(REPORT))
    )
    const read = readProxyRules({ HTTP_PROXY: `http://user:canary@127.0.0.1:${port}` })
    assert.ok(read.ok)
    const { trace } = await startProbing(t, { proxies: read.value, names: {} }).probe('http://shop.example/')
    assert.equal(trace?.hops[0]?.link?.proxy, `127.0.0.1:${port}`)
    assert.ok(!JSON.stringify(trace).includes('canary'))
  })

  test('is not kept of a pod', async t => {
    const { port } = await during(
      t,
      serveHttp((_request, response) => response.end(REPORT))
    )
    const pod = { name: 'shop-a', createdAt: 0, ip: '127.0.0.1', isOnHostNetwork: false }
    const probing = startProbing(t, { allow: ['127.0.0.0/8'] })
    const result = await probing.probe(`http://127.0.0.1:${port}/`, { pod })
    assert.deepEqual([result.report.seen, result.trace], [true, undefined])
  })

  const address = ordinaryAddress()
  test(
    'keeps what only the other side knows from whoever may annotate',
    needs(address ? undefined : 'no address'),
    async t => {
      const handler = serveHttp((request, response) => {
        if (request.url === '/') response.writeHead(302, { location: '/canary', via: 'canary', age: '5' }).end()
        else response.writeHead(200, { server: 'canary' }).end(REPORT)
      }, address)
      const { port } = await during(t, handler)
      const { trace } = await startProbing(t).probe(
        `http://${address?.includes(':') ? `[${address}]` : address}:${port}/`,
        { origin: 'annotation' }
      )
      assert.equal(trace?.isDiscreet, true)
      assert.deepEqual(
        trace.hops.map(({ address, headers, ageSeconds, serverTime }) => [address, headers, ageSeconds, serverTime]),
        [
          [null, [], null, null],
          ['another path', [], null, null]
        ]
      )
      assert.ok(!JSON.stringify(trace).includes('canary'))
    }
  )
})

suite('headers of a trace', () => {
  test('are the same list for equal answers, and cut where they are long', () => {
    const read = createHeaderReader()
    const long = { server: 'x'.repeat(500), via: ['1.1 a', '1.1 b'] }
    assert.equal(read(long), read({ ...long }))
    assert.deepEqual(read(long), ['via', '1.1 a, 1.1 b', 'server', 'x'.repeat(128)])
  })

  test('are made anew for each answer where they are more than a thousand characters', () => {
    const read = createHeaderReader()
    const server = (length: number) => ({ server: 'x'.repeat(length - 'server:\n'.length) })
    assert.equal(read(server(1_024)), read(server(1_024)))
    assert.notEqual(read(server(1_025)), read(server(1_025)))
    assert.deepEqual(read(server(1_025)), read(server(1_024)), 'and cut like any')
  })

  test('are forgotten, the oldest first, where somebody sends others each time', () => {
    const read = createHeaderReader()
    const first = read({ server: 'first' })
    for (let count = 1; count < 1_000; count += 1) read({ server: String(count) })
    assert.equal(read({ server: 'first' }), first, 'a thousand are kept')
    read({ server: '1000' })
    assert.notEqual(read({ server: 'first' }), first)
  })
})

suite('a certificate in a trace', () => {
  for (const [what, certificate, facts] of [
    ['nothing in it', {}, ['', '', null]],
    ['a date that is none', { valid_to: 'tomorrow' }, ['', '', null]],
    ['names, and no subject', { subjectaltname: 'DNS:a.example, DNS:b.example' }, ['a.example', '', null]],
    ['a subject of several names', { subject: { CN: ['a', 'b'] } }, ['a', '', null]],
    ['an organisation', { issuer: { O: "Let's Encrypt", CN: 'R3' } }, ['', "Let's Encrypt R3", null]]
  ] as const) {
    test(`is told as far as it goes: ${what}`, () => {
      const { version, subject, issuer, validUntil } = describeTls(null, certificate as object)
      assert.deepEqual([version, subject, issuer, validUntil], ['', ...facts])
    })
  }
})
