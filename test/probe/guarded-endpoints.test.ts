import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { serveHttp } from '../support/hostile-servers.ts'
import { during, inShort, startProbing } from '../support/probing.ts'

const ANNOTATION = { origin: 'annotation' } as const
const NAMES = {
  'client.example': ['127.0.0.1'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'six.example': ['::1'],
  'both.example': ['127.0.0.1', '::1'],
  'metadata.example': ['169.254.169.254'],
  'nat64.example': ['64:ff9b::a9fe:a9fe'],
  'nowhere.example': ['0.0.0.0']
}

suite('endpoints from annotations', () => {
  for (const host of [
    ...['127.0.0.1', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '017700000001'],
    ...['127.0.0.1.', '127.255.255.254', '0.0.0.0', '0', '①②⑦.⓪.⓪.①', '%31%32%37.0.0.1', '127。0。0。1'],
    ...['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]'],
    ...['[64:ff9b::127.0.0.1]', '[2002:7f00:1::]', '[fe80::1]', '[fd00:ec2::254]', '[::ffff:a9fe:a9fe]'],
    ...['169.254.169.254', '0xa9fea9fe', '2852039166', '0251.0376.0251.0376', '100.100.100.200', '168.63.129.16'],
    ...['192.0.0.192', 'localhost', 'LOCALHOST', 'localhost.', 'client.localhost', 'client.localhost.'],
    ...Object.keys(NAMES)
  ]) {
    test(`may not reach ${host}`, async t => {
      const server = await during(
        t,
        serveHttp((_, response) => response.end('{"version":"v1"}'))
      )
      const probing = startProbing(t, { names: NAMES })
      const { report, httpStatus } = await probing.probe(`http://${host}:${server.port}/`, ANNOTATION)
      assert.equal(report.seen ? 'seen' : report.reason, 'refused')
      assert.match(report.seen ? '' : report.message, /may not be reached: name it in ENDPOINT_ALLOW to allow it$/)
      assert.equal(httpStatus, null)
      assert.equal(server.connections(), 0)
    })
  }

  for (const [allow, host, outcome] of [
    ['127.0.0.1', '2130706433', 'v1'],
    ['127.0.0.0/8', 'client.example', 'v1'],
    ['client.example', 'client.example', 'v1'],
    ['127.0.0.1', 'both.example', 'v1'],
    [
      '*.example',
      'client.example',
      'refused: client.example resolves to 127.0.0.1, which may not be reached: name it in ENDPOINT_ALLOW to allow it'
    ],
    ['10.0.0.0/8', 'unknown.example', 'dns: cannot resolve unknown.example: no such host']
  ] as const) {
    test(`with ENDPOINT_ALLOW=${allow}, ${host} is ${outcome}`, async t => {
      const server = await during(
        t,
        serveHttp((_, response) => response.end('{"version":"v1"}'))
      )
      const probing = startProbing(t, { names: NAMES, allow: [allow] })
      assert.equal(inShort(await probing.probe(`http://${host}:${server.port}/`, ANNOTATION)), outcome)
    })
  }

  test('a name that is not allowed is not even resolved', async t => {
    const probing = startProbing(t, { names: {}, allow: ['*.keybuzz.io'] })
    assert.equal(
      inShort(await probing.probe('http://unknown.example/', ANNOTATION)),
      'refused: unknown.example may not be reached: name it in ENDPOINT_ALLOW to allow it'
    )
  })

  test('no connection of a trusted target is borrowed', async t => {
    const server = await during(
      t,
      serveHttp((_, response) => response.end('{"version":"v1"}'))
    )
    const probing = startProbing(t, { names: NAMES })
    const endpoint = `http://client.example:${server.port}/`
    assert.equal(inShort(await probing.probe(endpoint)), 'v1')
    assert.match(
      inShort(await probing.probe(endpoint, ANNOTATION)),
      /^refused: client\.example resolves to 127\.0\.0\.1/
    )
    assert.equal(inShort(await probing.probe(endpoint)), 'v1')
    assert.equal(server.connections(), 1)
  })
})

suite('redirects of a trusted target', () => {
  for (const [rule, location, allow, outcome] of [
    ['stay trusted on the same host', (port: number) => `http://Client.Example.:${port}/report`, [], 'v1'],
    [
      'are guarded to another host, by its name',
      (port: number) => `http://localhost:${port}/report`,
      [],
      'refused: localhost may not be reached: name it in ENDPOINT_ALLOW to allow it'
    ],
    [
      'are guarded to another host, by its address',
      (port: number) => `http://other.example:${port}/report`,
      [],
      'refused: other.example resolves to 127.0.0.1, which may not be reached: name it in ENDPOINT_ALLOW to allow it'
    ],
    ['reach another host that is allowed', (port: number) => `http://other.example:${port}/report`, ['127.0.0.1'], 'v1']
  ] as const) {
    test(rule, async t => {
      const server = await during(
        t,
        serveHttp((request, response) => {
          if (request.url === '/report') response.end('{"version":"v1"}')
          else response.writeHead(307, { location: location(request.socket.localPort ?? 0) }).end()
        })
      )
      const names = { ...NAMES, 'client.example.': ['127.0.0.1'], 'other.example': ['127.0.0.1'] }
      const probing = startProbing(t, { names, allow })
      assert.equal(inShort(await probing.probe(`http://client.example:${server.port}/`)), outcome)
    })
  }
})
