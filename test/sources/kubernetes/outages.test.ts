import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { constants, createGzip, gzipSync } from 'node:zlib'
import { deployment } from '../../support/cluster-objects.ts'
import { workloadsOf } from '../../support/facts.ts'
import { forbid, kubeConfigFor, type Misbehaviour, refuse } from '../../support/fake-api-server.ts'
import { temporaryFolder } from '../../support/files.ts'
import { type FollowedSource, imageOf, problemsOf, sourceOnFake } from '../../support/followed-source.ts'

const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments'
const NAME = 'deployments.apps in namespace shop'

/** Whether a request is a list, or a watch, of deployments. */
const isList: Asked = ({ path, query }) => path === DEPLOYMENTS && !query.has('watch')
const isWatch: Asked = ({ path, query }) => path === DEPLOYMENTS && query.has('watch')

type Asked = (request: Parameters<Misbehaviour>[0]) => boolean

/** A change that is seen shows that the watch works. */
async function assertSees({ server, until }: FollowedSource, image: string): Promise<void> {
  server.put(deployment('web', { image }))
  await until(source => source.health().up && imageOf(source, 'web') === image)
}

suite('a watch', () => {
  test('asks for bookmarks, and to be ended when it is time to list again', async t => {
    const { server, follow } = await sourceOnFake(t, { timeLimits: { relistMs: 60_000 } })
    await follow()
    const query = server.requests.find(isWatch)?.query
    assert.equal(query?.get('allowWatchBookmarks'), 'true')
    const seconds = Number(query?.get('timeoutSeconds'))
    assert.ok(seconds > 0 && seconds <= 66, `${seconds} s`)
  })
})

suite('a watch that ends', () => {
  test('is resumed where the last bookmark stood', async t => {
    const followed = await sourceOnFake(t)
    const { server, follow } = followed
    server.put(deployment('web'))
    await follow()
    server.put({ ...deployment('other'), kind: 'StatefulSet' })
    server.bookmark()

    const resumed = server.nextRequest(isWatch)
    server.write('', 'end')
    assert.equal((await resumed).query.get('resourceVersion'), '3')
    assert.equal(server.requests.filter(isList).length, 1)
    await assertSees(followed, 'web:v2')
  })

  test('is resumed after it was cut in the middle of an event, which is sent again', async t => {
    const followed = await sourceOnFake(t)
    const { server, follow } = followed
    server.put(deployment('web'))
    await follow()

    const resumed = server.nextRequest(isWatch)
    server.write('{"type":"MODIFIED","object":{"metadata":{"name":"web","resourceVersion":"9', 'cut')
    assert.equal((await resumed).query.get('resourceVersion'), '2')
    assert.equal(server.requests.filter(isList).length, 1)
    await assertSees(followed, 'web:v2')
  })

  test('is resumed when it was silent for too long', async t => {
    const followed = await sourceOnFake(t, { timeLimits: { silenceMs: 50 } })
    const { server, follow } = followed
    await follow()
    await server.nextRequest(isWatch)
    await server.nextRequest(isWatch)
    assert.equal(server.requests.filter(isList).length, 1)
    await assertSees(followed, 'web:v2')
  })

  test('is not begun again and again without a pause when the server ends each at once', async t => {
    const timeLimits = { steadyMs: 60_000, backoff: { baseMs: 200, maxMs: 200 } }
    const { server, follow } = await sourceOnFake(t, { timeLimits })
    server.misbehave((request, response) => isWatch(request) && Boolean(response.writeHead(200).end()))
    await follow()
    const startedAt = performance.now()
    for (let count = 0; count < 3; count++) await server.nextRequest(isWatch)
    const waitedMs = performance.now() - startedAt
    assert.ok(waitedMs >= 200, `three watches in ${waitedMs} ms`)
  })

  for (const [rule, expire] of [
    ['told in the watch', undefined],
    ['told by the status', ((_request, response) => refuse(response, 410)) satisfies Misbehaviour]
  ] as const) {
    test(`is begun again with a list when its history has expired, ${rule}`, async t => {
      const followed = await sourceOnFake(t)
      const { server, follow, source } = followed
      await follow()
      let problems: readonly string[] = []
      server.compact()
      if (expire !== undefined) {
        let once = true
        server.misbehave((request, response) => {
          if (!once || !isWatch(request)) return false
          once = false
          return expire(request, response)
        })
      }
      const listed = server.nextRequest(isList).then(() => {
        problems = problemsOf(source)
      })
      server.write('', 'end')
      await listed
      assert.deepEqual(problems, [], 'which is no problem')
      await assertSees(followed, 'web:v2')
    })
  }

  test('is not resumed at a server that was gone: it may have another history', async t => {
    const followed = await sourceOnFake(t)
    const { server, follow, until } = followed
    for (let index = 0; index < 5; index++) server.put(deployment(`web-${index}`))
    await follow()

    server.misbehave((_request, response) => Boolean(response.socket?.destroy()))
    server.empty()
    await until(source => !source.health().up)
    server.put(deployment('web'))
    server.behave()
    await until(source => source.health().up && workloadsOf(source.snapshot()).length === 1)
    assert.equal(imageOf(followed.source, 'web'), 'web:v1')
  })

  test('is followed by a list when its time is over, which mends what was missed', async t => {
    const followed = await sourceOnFake(t, { timeLimits: { relistMs: 1 } })
    const { server, follow, until } = followed
    server.put(deployment('web'))
    await follow()
    server.misbehave(({ query }, response) => {
      if (!query.has('watch')) return false
      response.writeHead(200).flushHeaders()
      setImmediate(() => response.end())
      return true
    })
    server.put(deployment('web', { image: 'web:v2' }))
    await until(source => imageOf(source, 'web') === 'web:v2')
  })
})

suite('while the API server cannot be read', () => {
  const cut: Misbehaviour = (_request, response) => {
    response.writeHead(200, { 'Content-Length': 1000 }).write('{"kind":"List","items":[{"meta')
    setImmediate(() => response.socket?.destroy())
    return true
  }
  const endless: Misbehaviour = (_request, response) => {
    const piece = 'x'.repeat(1024 * 1024)
    const write = (): void => {
      while (!response.destroyed && response.write(piece));
    }
    response.on('drain', write).writeHead(200).write('{"items":["')
    write()
    return true
  }
  const send =
    (body: string, code = 200): Misbehaviour =>
    (_request, response) =>
      Boolean(response.writeHead(code, { 'Content-Type': 'text/html' }).end(body))
  const notJson = `its answer to list ${NAME} is not Kubernetes' JSON`

  for (const [fault, misbehaviour, problem] of [
    [
      'HTTP 500',
      (_request, response) => refuse(response, 500, 'etcd is gone'),
      `HTTP 500 to list ${NAME}: etcd is gone`
    ],
    ['HTTP 503 without a Status', send('<h1>503</h1>', 503), `HTTP 503 to list ${NAME}`],
    [
      'plain HTTP where TLS is spoken',
      send('Client sent an HTTP request to an HTTPS server.\n', 400),
      `HTTP 400 to list ${NAME}: Client sent an HTTP request to an HTTPS server.`
    ],
    [
      'a redirect to a login',
      (_request, response) =>
        Boolean(response.writeHead(302, { Location: 'https://sso.test/login?state=canary' }).end('Found')),
      `HTTP 302 to list ${NAME}: a redirect to https://sso.test/login`
    ],
    ['HTML', send('<html>Please log in</html>'), notJson],
    ['half a list', send('{"kind":"List","items":[{"meta'), notJson],
    ['a list without a version', send('{"kind":"List","items":[]}'), notJson],
    ['a list that is no list', send('{"metadata":{"resourceVersion":"1"},"items":{}}'), notJson],
    ['a body cut in the middle', cut, 'connection reset'],
    ['a connection closed at once', (_request, response) => Boolean(response.socket?.destroy()), 'connection reset'],
    ['a list without end', endless, `its answer to list ${NAME} is longer than 16777216 characters`]
  ] satisfies [string, Misbehaviour, string][]) {
    test(`what is known stays, with its age and the reason, and it recovers: ${fault}`, async t => {
      const followed = await sourceOnFake(t)
      const { source, server, follow, until } = followed
      server.put(deployment('web'))
      await follow()

      server.compact()
      server.misbehave((request, response) => isList(request) && misbehaviour(request, response))
      server.write('', 'end')
      await until(source => !source.health().up)
      const outageAt = Date.now()
      assert.deepEqual(problemsOf(source), [`Kubernetes API server: ${problem}`])
      assert.equal(imageOf(source, 'web'), 'web:v1')
      for (let count = 0; count < 4; count++) await server.nextRequest(isList)
      assert.ok((source.health().lastSyncAt ?? Number.NaN) <= outageAt + 2, 'it is getting old')

      server.behave()
      await assertSees(followed, 'web:v2')
    })
  }

  test('an endless silence ends in time', async t => {
    const followed = await sourceOnFake(t, { timeLimits: { answerTimeoutMs: 50 } })
    const { source, server, follow } = followed
    server.misbehave(isList)
    await follow()
    assert.ok(problemsOf(source).includes('Kubernetes API server: no answer within 0.05 s'))
    assert.equal(imageOf(source, 'web'), 'never_read: Kubernetes was never read')
  })

  test('an answer that drips ends in time', async t => {
    const followed = await sourceOnFake(t, { timeLimits: { pageTimeoutMs: 50 } })
    const { source, server, follow } = followed
    server.misbehave((request, response) => {
      if (!isList(request)) return false
      const timer = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(timer))
      return true
    })
    await follow()
    assert.ok(problemsOf(source).includes('Kubernetes API server: no answer within 0.05 s'))
  })

  test('one outage of fifty namespaces is one problem', async t => {
    const namespaces = Array.from({ length: 50 }, (_, index) => `team-${index}`)
    const { source, server, follow } = await sourceOnFake(t, { namespaces })
    server.misbehave((_request, response) => Boolean(response.socket?.destroy()))
    await follow()
    assert.deepEqual(problemsOf(source), ['Kubernetes API server: connection reset'])
  })

  test('missing rights in fifty namespaces are no more problems than one can read', async t => {
    const namespaces = Array.from({ length: 50 }, (_, index) => `team-${index}`)
    const { source, server, follow } = await sourceOnFake(t, { namespaces })
    server.misbehave((_request, response) => forbid(response, 'deployments.apps', 'in the namespace "team"'))
    await follow()
    assert.equal(problemsOf(source).length, 21)
    assert.equal(problemsOf(source).at(-1), '… and 130 more like these')
  })
})

suite('a proxy that compresses unasked', () => {
  const GZIP = { 'Content-Encoding': 'gzip' }

  test('hides neither a list nor a watch', async t => {
    const { source, server, follow, until } = await sourceOnFake(t)
    const web = deployment('web')
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
    server.misbehave((request, response) => {
      if (request.path !== DEPLOYMENTS) return false
      response.writeHead(200, GZIP)
      if (isWatch(request)) gzip.pipe(response).flushHeaders()
      else response.end(gzipSync(JSON.stringify({ metadata: { resourceVersion: '1' }, items: [web] })))
      return true
    })
    await follow()
    assert.deepEqual([problemsOf(source), imageOf(source, 'web')], [[], 'web:v1'])
    gzip.write(`${JSON.stringify({ type: 'MODIFIED', object: deployment('web', { image: 'web:v2' }) })}\n`)
    await until(source => imageOf(source, 'web') === 'web:v2')
  })

  test('cannot make more of a list than is read', async t => {
    const { source, server } = await sourceOnFake(t)
    const bomb = gzipSync(JSON.stringify({ metadata: {}, items: ['x'.repeat(17 * 1024 * 1024)] }))
    server.misbehave((request, response) => isList(request) && Boolean(response.writeHead(200, GZIP).end(bomb)))
    await source.read(AbortSignal.timeout(60_000))
    assert.ok(
      problemsOf(source).includes(
        `Kubernetes API server: its answer to list ${NAME} is longer than 16777216 characters`
      )
    )
  })

  test('does not hide what a refusal says', async t => {
    const { source, server } = await sourceOnFake(t)
    const status = gzipSync(JSON.stringify({ kind: 'Status', message: 'etcd is gone', code: 500 }))
    server.misbehave((request, response) => isList(request) && Boolean(response.writeHead(500, GZIP).end(status)))
    await source.read(AbortSignal.timeout(60_000))
    assert.ok(problemsOf(source).includes(`Kubernetes API server: HTTP 500 to list ${NAME}: etcd is gone`))
  })

  test('is reported if an answer that claims gzip is not compressed', async t => {
    const { source, server } = await sourceOnFake(t)
    server.misbehave((request, response) => isList(request) && Boolean(response.writeHead(200, GZIP).end('{}')))
    await source.read(AbortSignal.timeout(60_000))
    assert.ok(problemsOf(source).includes(`Kubernetes API server: its answer to list ${NAME} is not Kubernetes' JSON`))
  })
})

suite('a Deployment that is too large to be read', () => {
  const LARGE = 'x'.repeat(16 * 1024 * 1024)

  test('hides no other, is named, and is read once it is small again', async t => {
    const followed = await sourceOnFake(t)
    const { source, server, follow, until } = followed
    for (let index = 0; index < 20; index++) server.put(deployment(`web-${index}`))
    const large = deployment('large')
    server.put({ ...large, spec: { ...large.spec, large: LARGE } })
    server.put(deployment('web'))
    await follow()

    assert.equal(source.snapshot().known.length, 21)
    assert.equal(
      imageOf(source, 'large'),
      'unreadable: Deployment large could not be read: longer than 16777216 characters'
    )
    assert.deepEqual(source.health().problems, [
      { message: `longer than 16777216 characters, so not read: large (${NAME})`, withholds: 'workloads' }
    ])
    assert.equal(source.health().up, true, 'for one who makes one must not blind all others')
    await assertSees(followed, 'web:v2')

    server.put(large)
    await until(source => imageOf(source, 'large') === 'web:v1')
    assert.deepEqual(problemsOf(source), [])
  })

  test('that becomes so while it is watched is no outage, and what was known of it is not shown as true', async t => {
    const { source, server, follow, until } = await sourceOnFake(t)
    server.put(deployment('web'))
    const large = deployment('large')
    server.put(large)
    await follow()
    const wasUp: boolean[] = []
    server.put({ ...large, spec: { ...large.spec, large: LARGE } })
    await until(source => {
      wasUp.push(source.health().up)
      return imageOf(source, 'large').startsWith('unreadable')
    })
    assert.deepEqual(new Set(wasUp), new Set([true]))
    assert.equal(imageOf(source, 'web'), 'web:v1')
  })
})

suite('when the API server refuses', () => {
  test('missing rights are named with their cure, and once granted it recovers', async t => {
    const followed = await sourceOnFake(t)
    const { source, server, follow, until } = followed
    server.put(deployment('web'))
    server.misbehave((_request, response) => forbid(response, 'deployments.apps', 'in the namespace "shop"'))
    await follow()
    const account = 'system:serviceaccount:monitoring:guard'
    assert.equal(
      imageOf(source, 'web'),
      `never_read: forbidden: ${account} cannot list ${NAME}; grant get, list, watch`
    )
    server.behave()
    await until(source => source.health().up)
    assert.equal(imageOf(source, 'web'), 'web:v1')
  })

  test('a list without the right to watch is kept, and not repeated', async t => {
    const { source, server, follow } = await sourceOnFake(t)
    server.put(deployment('web'))
    server.misbehave((request, response) => isWatch(request) && forbid(response, 'deployments.apps', 'in "shop"'))
    await follow()
    for (let count = 0; count < 3; count++) await server.nextRequest(isWatch)
    assert.equal(imageOf(source, 'web'), 'web:v1')
    assert.match(problemsOf(source).join(), /cannot watch deployments.apps in namespace shop/)
    assert.equal(server.requests.filter(isList).length, 1)
  })

  test('a token that was rotated is read again', async t => {
    const folder = temporaryFolder(t)
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, 'old\n')
    const user = { tokenFile }
    const followed = await sourceOnFake(t, { loadKubeConfig: () => kubeConfigFor(followed.server, user) })
    const { source, server, follow, until } = followed
    let valid = 'Bearer old'
    server.misbehave((request, response) => request.headers.authorization !== valid && refuse(response, 401))
    await follow()
    assert.equal(source.health().up, true)

    valid = 'Bearer new'
    server.write('', 'end')
    await until(source => !source.health().up)
    assert.match(problemsOf(source).join(), /unauthorized: it does not accept the token or certificate/)
    await writeFile(tokenFile, 'new\n')
    await until(source => source.health().up)
    assert.equal(server.requests.filter(isList).length, 1, 'the watch goes on where it stood')
  })

  test('a Retry-After is obeyed', async t => {
    const { server, follow, until } = await sourceOnFake(t)
    let refusedAt = 0
    server.misbehave((request, response) => {
      if (!isList(request) || refusedAt > 0) return false
      refusedAt = performance.now()
      return refuse(response.setHeader('Retry-After', '1'), 429)
    })
    const again = server.nextRequest(request => isList(request) && refusedAt > 0)
    await follow()
    await again
    const waitedMs = performance.now() - refusedAt
    assert.ok(waitedMs >= 990, `waited ${waitedMs} ms`)
    await until(source => source.health().up)
  })

  for (const absurd of ['1746036000', '-7', 'soon', '9'.repeat(400)]) {
    test(`a Retry-After of ${absurd.slice(0, 12)} does not end it`, async t => {
      const { server, follow, until } = await sourceOnFake(t, { timeLimits: { retryAfterMaxMs: 5 } })
      server.misbehave((request, response) => {
        if (!isList(request)) return false
        server.behave()
        return refuse(response.setHeader('Retry-After', absurd), 429)
      })
      await follow()
      await until(source => source.health().up)
    })
  }

  test('pages whose rest has expired are read again from the first', async t => {
    const { source, server } = await sourceOnFake(t)
    for (let index = 0; index < 300; index++) server.put(deployment(`web-${index}`))
    server.misbehave(({ query }, response) => {
      if (!query.has('continue')) return false
      server.behave()
      return refuse(response, 410, 'The provided continue parameter is too old')
    })
    await source.read(AbortSignal.timeout(60_000))
    assert.equal(workloadsOf(source.snapshot()).length, 300)
    assert.equal(server.requests.filter(isList).length, 4)
  })

  test('no configuration is a problem of its own', async t => {
    const loadKubeConfig = () => {
      throw new Error('ENOENT: no such file: config')
    }
    const { source } = await sourceOnFake(t, { loadKubeConfig })
    await source.read(AbortSignal.timeout(60_000))
    assert.deepEqual(problemsOf(source), ['Kubernetes configuration: ENOENT: no such file: config'])
  })

  test('a server that is gone is left for the one that the configuration names by now', async t => {
    const other = await sourceOnFake(t)
    other.server.put(deployment('web', { image: 'web:v2' }))
    const followed = await sourceOnFake(t, { loadKubeConfig: () => kubeConfigFor(named) })
    let named: Parameters<typeof kubeConfigFor>[0] = followed.server
    followed.server.put(deployment('web'))
    await followed.follow()
    assert.equal(imageOf(followed.source, 'web'), 'web:v1')

    named = other.server
    await followed.server.close()
    await followed.until(source => source.health().up && imageOf(source, 'web') === 'web:v2')
  })

  test('a certificate of somebody else is not trusted, until the CA that signed it is read', async t => {
    const stranger = await sourceOnFake(t)
    let { caPem } = stranger.server
    const followed = await sourceOnFake(t, { loadKubeConfig: () => kubeConfigFor({ ...followed.server, caPem }) })
    await followed.follow()
    assert.match(problemsOf(followed.source).join(), /its certificate is not signed by the CA/)
    assert.equal(followed.server.requests.length, 0)

    caPem = followed.server.caPem
    await followed.until(source => source.health().up)
  })
})
