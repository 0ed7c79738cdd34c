import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { suite, type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createAuthority } from '../support/certificates.ts'
import { serveHttp, serveRaw, serveTcp } from '../support/hostile-servers.ts'
import { type FakeServer, inShort, repositoryOf, startClient, startFake } from '../support/registry-fake.ts'

const TAGS = { name: 'shop/app', tags: ['1.0'] }
const TAGS_READ = { tags: ['1.0'], gap: null }

/** A server that is none of HTTP, seen as a registry. */
async function during(t: TestContext, starting: ReturnType<typeof serveTcp>): Promise<FakeServer> {
  const server = await starting
  t.after(server.close)
  return { host: `registry.test:${server.port}`, questions: [] }
}

suite('an answer', () => {
  for (const encoding of ['GZIP', 'x-gzip']) {
    test(`may be compressed, and is asked for so: ${encoding}`, async t => {
      const registry = await startFake(t, 'registry.test', () => ({
        headers: { 'content-encoding': encoding },
        body: gzipSync(JSON.stringify(TAGS))
      }))
      assert.deepEqual(inShort(await startClient(t, [registry]).listTags(repositoryOf(registry))), TAGS_READ)
      assert.equal(registry.questions[0]?.headers['accept-encoding'], 'gzip')
    })
  }

  const TOO_LARGE = 'sent a response larger than 16384 KiB'
  const large = Buffer.alloc(16 * 1024 * 1024 + 1, ' ')
  for (const [rule, answer, message] of [
    ['may not be larger than it may', { body: large }, TOO_LARGE],
    [
      'may not be larger when it is unpacked',
      { headers: { 'content-encoding': 'gzip' }, body: gzipSync(large) },
      TOO_LARGE
    ],
    [
      'may not be packed wrongly',
      { headers: { 'content-encoding': 'gzip' }, body: 'no gzip' },
      'sent a malformed response (Z_DATA_ERROR)'
    ],
    [
      'may not end in mid-packing',
      { headers: { 'content-encoding': 'gzip' }, body: gzipSync(large).subarray(0, 100) },
      'sent a malformed response (Z_BUF_ERROR)'
    ],
    [
      'may not have endless headers',
      { headers: { x: 'x'.repeat(65 * 1024) } },
      'sent a malformed response (UND_ERR_HEADERS_OVERFLOW)'
    ]
  ] as const) {
    test(rule, async t => {
      const registry = await startFake(t, 'registry.test', () => answer)
      const list = inShort(await startClient(t, [registry]).listTags(repositoryOf(registry)))
      assert.equal(list, `invalid: ${registry.host} ${message}`)
    })
  }

  test('may be as large as it may', async t => {
    const body = JSON.stringify(TAGS).padEnd(16 * 1024 * 1024)
    const registry = await startFake(t, 'registry.test', () => ({ body }))
    assert.deepEqual(inShort(await startClient(t, [registry]).listTags(repositoryOf(registry))), TAGS_READ)
  })
})

suite('a connection', () => {
  for (const [rule, serve, reason, message] of [
    [
      'that is closed at once',
      () => serveTcp(socket => socket.destroy()),
      'unreachable',
      'cannot be reached: the connection was closed before the response was complete'
    ],
    [
      'that is reset',
      () => serveTcp(socket => socket.resetAndDestroy()),
      'unreachable',
      'cannot be reached: the connection was closed before the response was complete'
    ],
    [
      'that talks nonsense',
      () => serveTcp(socket => socket.end('hello\r\n\r\n')),
      'invalid',
      'sent a malformed response (HTTPParserError)'
    ],
    ['that never answers', () => serveTcp(() => {}), 'unreachable', 'cannot be reached: timeout'],
    [
      'that drips for ever',
      () =>
        serveRaw(socket => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n')
          const timer = setInterval(() => socket.write(' '), 5)
          socket.on('close', () => clearInterval(timer))
        }),
      'unreachable',
      'cannot be reached: timeout'
    ]
  ] as const) {
    test(`${rule} has a reason and words`, async t => {
      const registry = await during(t, serve())
      const client = startClient(t, [registry], { timeoutMs: 200 })
      assert.equal(inShort(await client.listTags(repositoryOf(registry))), `${reason}: ${registry.host} ${message}`)
    })
  }

  for (const [rule, host, words] of [
    ['to a name that does not exist', 'nowhere.example', 'no such host'],
    ['to a port where nobody listens', 'registry.test:1', 'connection refused']
  ] as const) {
    test(`${rule} has a reason and words`, async t => {
      const registry = { host, questions: [] }
      const list = inShort(await startClient(t, [registry]).listTags(repositoryOf(registry)))
      assert.equal(list, `unreachable: ${host} cannot be reached: ${words}`)
    })
  }

  test('that was closed while it was kept is opened again', async t => {
    let count = 0
    const registry = await during(
      t,
      serveRaw(socket => {
        count += 1
        const body = JSON.stringify(TAGS)
        if (count === 2) socket.destroy()
        else socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
      })
    )
    const client = startClient(t, [registry])
    for (const _ of [1, 2]) assert.deepEqual(inShort(await client.listTags(repositoryOf(registry))), TAGS_READ)
    assert.equal(count, 3)
  })

  test('that is kept ends with the client', async t => {
    const ended = Promise.withResolvers<void>()
    const registry = await during(
      t,
      serveTcp(socket => {
        const body = JSON.stringify(TAGS)
        const head = `HTTP/1.1 200 OK\r\nkeep-alive: timeout=500\r\ncontent-length: ${body.length}\r\n\r\n`
        socket.on('data', () => socket.write(head + body))
        socket.on('close', ended.resolve)
      })
    )
    const client = startClient(t, [registry])
    await client.listTags(repositoryOf(registry))
    await client.close()
    await ended.promise
  })

  test('is none any more once the client is closed', async t => {
    const registry = await during(
      t,
      serveTcp(() => {})
    )
    const client = startClient(t, [registry])
    const list = client.listTags(repositoryOf(registry))
    await client.close()
    assert.equal(inShort(await list), `unreachable: ${registry.host} was not asked: shutting down`)
    assert.equal(
      inShort(await client.listTags(repositoryOf(registry))),
      `unreachable: ${registry.host} was not asked: shutting down`
    )
  })
})

suite('TLS', () => {
  test('is used unless the operator names the registry as one without, and trusts the CA that is given', async t => {
    const authority = await createAuthority()
    const certificate = await authority.issue({ names: ['registry.test'] })
    const registry = await startFake(t, 'registry.test', () => ({ body: TAGS }), certificate)
    const client = startClient(t, [registry], { insecure: [], ca: authority.pem })
    assert.deepEqual(inShort(await client.listTags(repositoryOf(registry))), TAGS_READ)
  })

  for (const [rule, names, isTrusted, words] of [
    ['an unknown authority', ['registry.test'], false, 'its certificate is from an unknown authority'],
    ['the name of another host', ['other.test'], true, 'its certificate is for another host']
  ] as const) {
    test(`with ${rule} is refused`, async t => {
      const authority = await createAuthority()
      const registry = await startFake(t, 'registry.test', () => ({}), await authority.issue({ names }))
      const client = startClient(t, [registry], { insecure: [], ...(isTrusted ? { ca: authority.pem } : {}) })
      const list = inShort(await client.listTags(repositoryOf(registry)))
      assert.equal(list, `unreachable: ${registry.host} cannot be reached: ${words}`)
    })
  }

  test('that a registry does not speak is reported, with the cure', async t => {
    const registry = await startFake(t, 'registry.test', () => ({ body: TAGS }))
    const list = inShort(await startClient(t, [registry], { insecure: [] }).listTags(repositoryOf(registry)))
    assert.equal(
      list,
      `unreachable: ${registry.host} cannot be reached: it does not speak TLS: to use it anyway, add it to REGISTRY_INSECURE`
    )
  })

  test('is left out for a registry that is named with its port or without', async t => {
    const registry = await startFake(t, 'registry.test', () => ({ body: TAGS }))
    for (const insecure of [[registry.host], ['registry.test'], ['REGISTRY.test']]) {
      const client = startClient(t, [registry], { insecure })
      assert.deepEqual(inShort(await client.listTags(repositoryOf(registry))), TAGS_READ)
    }
  })

  for (const [host, named, origin] of [
    ['registry.invalid:80', 'registry.invalid:80', 'http://registry.invalid'],
    ['registry.invalid', 'registry.invalid:80', 'http://registry.invalid'],
    ['registry.invalid:443', 'registry.invalid:443', 'http://registry.invalid:443'],
    ['registry.invalid', 'registry.invalid:443', 'https://registry.invalid']
  ] as const) {
    test(`is for ${host} as a default port has it: ${named} is named`, async t => {
      const origins = new Set<string>()
      const proxyFor = (url: URL) => {
        origins.add(url.origin)
        return null
      }
      const client = startClient(t, [], { insecure: [named], proxyFor })
      const list = await client.listTags({ registry: host, repository: 'shop/app', credential: null })
      assert.match(String(inShort(list)), /^unreachable: .*: no such host$/)
      assert.deepEqual([...origins], [origin])
    })
  }
})

suite('a question', () => {
  for (const [wish, userAgent] of [
    [{ version: '1.2.3' }, 'keybuzz-version-guard/1.2.3'],
    [{}, 'keybuzz-version-guard']
  ] as const) {
    test(`says who asks: ${userAgent}`, async t => {
      const registry = await startFake(t, 'registry.test', () => ({ body: TAGS }))
      await startClient(t, [registry], wish).listTags(repositoryOf(registry))
      assert.equal(registry.questions[0]?.headers['user-agent'], userAgent)
    })
  }
})

suite('an address', () => {
  for (const registry of ['registry.test:99999', '1.2.3.999']) {
    test(`that no URL can have is invalid: ${registry}`, async t => {
      const client = startClient(t, [])
      const repository = { registry, repository: 'shop/app', credential: null }
      const message = `invalid: ${registry}/shop/app: the registry has no valid address`
      assert.equal(inShort(await client.listTags(repository)), message)
      assert.equal(inShort(await client.digestOf(repository, '1.0')), message)
      assert.equal(inShort(await client.manifest(repository, `sha256:${'a'.repeat(64)}`)), message)
      assert.equal(inShort(await client.labels(repository, { digest: 'x', platform: null })), message)
    })
  }
})

suite('Docker Hub', () => {
  test('is asked by the name of its API', async t => {
    const client = startClient(t, [])
    const list = inShort(
      await client.listTags({ registry: 'docker.io', repository: 'library/nginx', credential: null })
    )
    assert.equal(list, 'unreachable: registry-1.docker.io cannot be reached: no such host')
  })
})

suite('a proxy', () => {
  test('is asked for what has no TLS, with its own credentials, and told nothing of ours', async t => {
    const lines: string[] = []
    const proxy = await serveHttp((request, response) => {
      lines.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`)
      response.end(JSON.stringify(TAGS))
    })
    t.after(proxy.close)
    const registry = { host: 'registry.test', questions: [] }
    const proxyFor = () => ({ url: new URL(`http://127.0.0.1:${proxy.port}`), authorization: 'Basic x' })
    const client = startClient(t, [registry], { proxyFor })
    assert.deepEqual(inShort(await client.listTags(repositoryOf(registry))), TAGS_READ)
    assert.deepEqual(lines, ['GET http://registry.test/v2/shop/app/tags/list?n=1000 Basic x'])
  })

  test('is passed through to what has TLS, and does without credentials where it has none', async t => {
    const authority = await createAuthority()
    const registry = await startFake(
      t,
      'registry.test',
      () => ({ body: TAGS }),
      await authority.issue({ names: ['registry.test'] })
    )
    const asked: (string | undefined)[] = []
    const proxy = await serveTcp(client => {
      client.once('data', data => {
        const [line = '', ...headers] = String(data).split('\r\n')
        asked.push(
          line,
          headers.find(header => /^proxy-authorization/i.test(header))
        )
        const server = connect(Number(registry.host.split(':')[1]), '127.0.0.1')
        server
          .on('error', () => {})
          .once('connect', () => {
            client.write('HTTP/1.1 200 OK\r\n\r\n')
            client.pipe(server).pipe(client)
          })
        client.on('close', () => server.destroy())
      })
    })
    t.after(proxy.close)
    const proxyFor = () => ({ url: new URL(`http://127.0.0.1:${proxy.port}`), authorization: null })
    const client = startClient(t, [registry], { insecure: [], ca: authority.pem, proxyFor })
    assert.deepEqual(inShort(await client.listTags(repositoryOf(registry))), TAGS_READ)
    assert.deepEqual(asked, [`CONNECT ${registry.host} HTTP/1.1`, undefined])
  })

  test('that says nothing is waited for no longer than a registry', async t => {
    const proxy = await serveTcp(() => {})
    t.after(proxy.close)
    const proxyFor = () => ({ url: new URL(`http://127.0.0.1:${proxy.port}`), authorization: null })
    const client = startClient(t, [], { proxyFor, timeoutMs: 300 })
    const list = inShort(await client.listTags({ registry: 'registry.test', repository: 'a/b', credential: null }))
    assert.equal(list, `unreachable: registry.test cannot be reached over the proxy 127.0.0.1:${proxy.port}: timeout`)
  })

  for (const [rule, answer, words] of [
    ['refuses', 'HTTP/1.1 403 Forbidden\r\n\r\n', 'refused the connection: HTTP 403'],
    ['closes the connection', '', 'closed the connection']
  ] as const) {
    test(`that ${rule} is reported, and the registry is not blamed`, async t => {
      const proxy = await serveTcp(socket => socket.once('data', () => socket.end(answer)))
      t.after(proxy.close)
      const proxyFor = () => ({ url: new URL(`http://127.0.0.1:${proxy.port}`), authorization: null })
      const client = startClient(t, [], { proxyFor })
      const list = inShort(await client.listTags({ registry: 'registry.test', repository: 'a/b', credential: null }))
      assert.equal(list, `unreachable: registry.test cannot be reached: the proxy 127.0.0.1:${proxy.port} ${words}`)
    })
  }

  test('that wants other credentials is reported, even for a registry without TLS', async t => {
    const proxy = await serveHttp((_, response) => response.writeHead(407).end())
    t.after(proxy.close)
    const proxyFor = () => ({ url: new URL(`http://127.0.0.1:${proxy.port}`), authorization: 'Basic canary' })
    const registry = { host: 'registry.test', questions: [] }
    const list = inShort(await startClient(t, [registry], { proxyFor }).listTags(repositoryOf(registry)))
    const words = `the proxy 127.0.0.1:${proxy.port} refused the connection: HTTP 407`
    assert.equal(list, `unreachable: registry.test cannot be reached: ${words}`)
  })

  test('that is not there is named beside the registry', async t => {
    const proxyFor = () => ({ url: new URL('http://127.0.0.1:1'), authorization: null })
    const client = startClient(t, [], { proxyFor })
    const list = inShort(await client.listTags({ registry: 'registry.test', repository: 'a/b', credential: null }))
    assert.equal(list, 'unreachable: registry.test cannot be reached over the proxy 127.0.0.1:1: connection refused')
  })
})
