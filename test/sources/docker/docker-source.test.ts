import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import type { WorkloadSource } from '../../../src/domain/ports.ts'
import { createDockerSource, type DockerLimits } from '../../../src/sources/docker/docker-source.ts'
import { createEngineClient } from '../../../src/sources/docker/engine-client.ts'
import { createHostReader } from '../../../src/sources/docker/read-host.ts'
import { createAuthority } from '../../support/certificates.ts'
import type { deployment } from '../../support/cluster-objects.ts'
import { aContainer, type FakeEngine, startFakeEngine } from '../../support/fake-engine.ts'
import { until } from '../../support/until.ts'
import { describeSource } from '../source-contract.ts'

const NOWHERE = { hostname: 'guard', mounts: '' }
const QUICK: DockerLimits = {
  answerTimeoutMs: 60_000,
  relistMs: 600_000,
  imagesMs: 600_000,
  settleMs: 1,
  steadyMs: 600_000,
  backoff: { baseMs: 1, maxMs: 10 }
}
const WEB = { namespace: 'shop', kind: 'Container', name: 'web' } as const

function sourceOn({ socketPath }: Pick<FakeEngine, 'socketPath'>, limits: Partial<DockerLimits> = {}): WorkloadSource {
  const engine = { address: { socketPath }, tls: null }
  return createDockerSource({ engine, clock: () => 1000, ownTraces: NOWHERE, limits: { ...QUICK, ...limits } })
}

// As Compose makes it of a service with that name.
function asContainer(workload: object) {
  const { metadata, spec } = workload as ReturnType<typeof deployment>
  return aContainer({
    Id: Buffer.from(metadata.name).toString('hex').padEnd(64, '0'),
    Names: [`/shop-${metadata.name}-1`],
    Image: spec.template.spec.containers[0]?.image,
    Labels: {
      'com.docker.compose.project': metadata.namespace,
      'com.docker.compose.service': metadata.name,
      ...metadata.annotations
    }
  })
}

describeSource(
  'docker source',
  async t => {
    const engine = await startFakeEngine(t)
    const containers = new Map<string, object>()
    const change = async () => {
      engine.world.containers = [...containers.values()]
      engine.tell()
    }
    return {
      source: sourceOn(engine),
      put: workload => {
        const container = asContainer(workload)
        containers.set(container.Id, container)
        return change()
      },
      remove: workload => {
        containers.delete(asContainer(workload).Id)
        return change()
      },
      break: engine.stop,
      mend: engine.start
    }
  },
  'Container'
)

async function readOnce(t: TestContext, engine: FakeEngine): Promise<WorkloadSource> {
  const source = sourceOn(engine)
  t.after(() => source.close())
  await source.read(AbortSignal.timeout(60_000))
  return source
}

function problemsOf(source: WorkloadSource): string[] {
  return source.health().problems.map(({ message, withholds }) => `${withholds}: ${message}`)
}

suite('docker source', () => {
  test('asks the paths that it needs by GET, and no others', async t => {
    const lost = aContainer({ Image: `sha256:${'a'.repeat(64)}` })
    const engine = await startFakeEngine(t, {
      containers: [lost],
      inspections: { [lost.Id]: { Config: { Image: 'ghcr.io/shop/web:v1', Env: ['TOKEN=secret'] } } },
      images: { [lost.ImageID]: { Id: lost.ImageID, Config: { Env: ['TOKEN=secret'] } } }
    })
    const source = sourceOn(engine)
    t.after(() => source.close())
    await source.follow(() => {})
    await until(() => assert.ok(engine.requests.includes('GET /events')))
    assert.deepEqual(engine.requests.toSorted(), [
      `GET /containers/${lost.Id}/json`,
      'GET /containers/json',
      'GET /events',
      `GET /images/${lost.ImageID}/json`
    ])
    assert.doesNotMatch(JSON.stringify(source.snapshot().known), /secret/)
  })

  test('finds the name of an image whose tag has moved on, once for each container', async t => {
    const lost = aContainer({ Image: `sha256:${'a'.repeat(64)}` })
    const engine = await startFakeEngine(t, {
      containers: [lost],
      inspections: { [lost.Id]: { Config: { Image: 'ghcr.io/shop/web:v1' } } }
    })
    const source = await readOnce(t, engine)
    engine.world.inspections = {}
    await source.read(AbortSignal.timeout(60_000))
    const found = source.snapshot().find(WEB)
    assert.deepEqual(found.seen && found.value.workload.containers, [{ name: 'web', image: 'ghcr.io/shop/web:v1' }])
  })

  for (const [rule, written] of [
    ['short as `docker images` prints it', '0f8d4e1e0202'],
    ['shorter', '0f8d4e1'],
    ['short with its algorithm', 'sha256:0f8d4e1e'],
    ['whole without its algorithm', '0f8d4e1e'.padEnd(64, '02')]
  ] as const)
    test(`gives the whole id of an image that was started by its id, ${rule}`, async t => {
      const ImageID = `sha256:${'0f8d4e1e'.padEnd(64, '02')}`
      const web = aContainer({ Image: written, ImageID })
      const inspections = { [web.Id]: { Config: { Image: written } } }
      const source = await readOnce(t, await startFakeEngine(t, { containers: [web], inspections }))
      const found = source.snapshot().find(WEB)
      assert.deepEqual(found.seen && found.value.workload.containers, [{ name: 'web', image: ImageID }])
    })

  test('takes a name for a name, although it is made of the digits of ids', async t => {
    const engine = await startFakeEngine(t, {
      containers: [aContainer({ Image: 'facade', ImageID: `sha256:${'f'.repeat(64)}` })]
    })
    const found = (await readOnce(t, engine)).snapshot().find(WEB)
    assert.deepEqual(found.seen && found.value.workload.containers, [{ name: 'web', image: 'facade' }])
  })

  test('leaves out a container that goes between the list and its inspection', async t => {
    const engine = await startFakeEngine(t, { containers: [aContainer({ Image: `sha256:${'a'.repeat(64)}` })] })
    const source = await readOnce(t, engine)
    assert.deepEqual([source.snapshot().known, source.health().up], [[], true])
  })

  test('says which path a proxy refuses, and what that keeps from being seen', async t => {
    const lost = aContainer({ Image: `sha256:${'a'.repeat(64)}` })
    const engine = await startFakeEngine(t, { containers: [lost] })
    engine.answer = (path, response) => {
      if (path === '/containers/json') return false
      response.writeHead(403, { 'Content-Type': 'text/html' }).end('<html>403 Forbidden</html>')
      return true
    }
    const source = sourceOn(engine)
    t.after(() => source.close())
    await source.follow(() => {})
    await until(() => assert.equal(source.health().problems.length, 3))
    const where = `Docker at unix://${engine.socketPath}`
    const cure = 'the proxy in front of the engine must allow this path'
    assert.deepEqual(problemsOf(source), [
      `workloads: ${where}: GET /containers/…/json is refused (HTTP 403); ${cure}`,
      `pods: ${where}: GET /images/sha256:…/json is refused (HTTP 403); ${cure}`,
      `workloads: ${where}: GET /events is refused (HTTP 403); ${cure}; changes are seen after 600 s`
    ])
    assert.equal(source.health().up, true)
    const found = source.snapshot().find(WEB)
    assert.equal(!found.seen && found.reason, 'unreadable')
  })

  test('sees everything else while the engine never answers about one container and one image', async t => {
    const web = aContainer({ Id: '2'.repeat(64), ImageID: `sha256:${'2'.repeat(64)}` })
    const stuck = aContainer({
      Image: `sha256:${'a'.repeat(64)}`,
      Labels: {},
      Names: ['/stuck'],
      ImageID: `sha256:${'3'.repeat(64)}`
    })
    const engine = await startFakeEngine(t, {
      containers: [stuck, web],
      images: { [web.ImageID]: { Id: web.ImageID, Os: 'linux', Architecture: 'arm64' } }
    })
    engine.answer = path => path.includes(stuck.Id) || path.includes(stuck.ImageID)
    const source = sourceOn(engine, { answerTimeoutMs: 500 })
    t.after(() => source.close())
    await source.read(AbortSignal.timeout(60_000))
    const where = `Docker at unix://${engine.socketPath}`
    assert.deepEqual(problemsOf(source), [
      `workloads: ${where}: no answer to GET /containers/${stuck.Id.slice(0, 12)}/json within 0.5 s`,
      `pods: ${where}: no answer to GET /images/sha256:333333333333/json within 0.5 s`
    ])
    assert.equal(source.health().up, true)
    const found = source.snapshot().find(WEB)
    assert.equal(found.seen && found.value.pods.seen && found.value.pods.value[0]?.architecture, 'arm64')
    const lost = source.snapshot().find({ namespace: 'default', kind: 'Container', name: 'stuck' })
    assert.equal(!lost.seen && lost.reason, 'unreadable')
  })

  test('sees everything else while one container hangs until the time for the whole check is over', async t => {
    const stuck = aContainer({ Id: '2'.repeat(64), Image: `sha256:${'a'.repeat(64)}`, Labels: {}, Names: ['/stuck'] })
    const engine = await startFakeEngine(t, { containers: [stuck, aContainer()] })
    const deadline = new AbortController()
    engine.answer = path => {
      if (!path.includes(stuck.Id)) return false
      deadline.abort()
      return true
    }
    const source = sourceOn(engine)
    t.after(() => source.close())
    await source.read(deadline.signal)
    const why = `Docker at unix://${engine.socketPath}: no answer to GET /containers/222222222222/json in its part of CHECK_DEADLINE`
    assert.deepEqual(problemsOf(source), [`workloads: ${why}`, `pods: ${why}`])
    assert.deepEqual([source.health().up, source.snapshot().find(WEB).seen], [true, true])
  })

  test('asks again, list after list, for an image that it knew and could not read again', async t => {
    const web = aContainer()
    const engine = await startFakeEngine(t, {
      containers: [web],
      images: { [web.ImageID]: { Id: web.ImageID, Os: 'linux', Architecture: 'arm64' } }
    })
    const client = createEngineClient({ address: { socketPath: engine.socketPath }, tls: null }, 60_000)
    const readHost = createHostReader({ client, engine: 'unix:///run/docker.sock' })
    const { signal } = new AbortController()
    await readHost(true, signal)
    engine.answer = (path, response) => {
      if (!path.includes(web.ImageID)) return false
      response.writeHead(500).end()
      return true
    }
    const first = await readHost(true, signal)
    assert.equal(first.problems.length, 1)
    const second = await readHost(false, signal)
    assert.deepEqual(second.problems, first.problems)
    assert.equal(second.images.get(web.ImageID)?.architecture, 'arm64')
    engine.answer = undefined
    const last = await readHost(false, signal)
    assert.deepEqual(last.problems, [])
  })

  test('knows no digest of an image that could not be read, which is not to say that it has none', async t => {
    const engine = await startFakeEngine(t, { containers: [aContainer()] })
    engine.answer = (path, response) => {
      if (!path.startsWith('/images/')) return false
      response.writeHead(403).end()
      return true
    }
    const source = await readOnce(t, engine)
    const [one] = source.snapshot().known
    assert.ok(one?.pods.seen)
    assert.deepEqual(
      one.pods.value.map(({ containers }) => containers.map(({ digest, digests }) => [digest, digests])),
      [[['', undefined]]]
    )
  })

  test('lists again when a stream of events ends, because nobody tells what happened meanwhile', async t => {
    const engine = await startFakeEngine(t, { containers: [aContainer()] })
    const source = sourceOn(engine)
    t.after(() => source.close())
    await source.follow(() => {})
    await until(() => assert.ok(engine.requests.includes('GET /events')))
    engine.world.containers = []
    engine.endStreams()
    await until(() => assert.equal(source.snapshot().known.length, 0))
    assert.equal(source.health().up, true)
  })

  test('lists anew after an event that comes while it lists', async t => {
    const engine = await startFakeEngine(t, { containers: [aContainer()] })
    const old = JSON.stringify(engine.world.containers)
    const held = Promise.withResolvers<void>()
    engine.answer = (path, response) => {
      if (path !== '/containers/json') return false
      engine.answer = undefined
      void held.promise.then(() => response.end(old))
      return true
    }
    const source = sourceOn(engine)
    t.after(() => source.close())
    const followed = source.follow(() => {})
    await until(() => assert.ok(engine.requests.includes('GET /events')))
    engine.world.containers = []
    engine.tell()
    held.resolve()
    await followed
    await until(() => assert.equal(source.snapshot().known.length, 0))
  })

  test('lists again from time to time, because a silent stream may be dead', async t => {
    const engine = await startFakeEngine(t, { containers: [aContainer()] })
    const source = sourceOn(engine, { relistMs: 5 })
    t.after(() => source.close())
    await source.follow(() => {})
    engine.world.containers = []
    await until(() => assert.equal(source.snapshot().known.length, 0))
  })

  test('reads what it knows of images anew when that is old, and forgets no digest', async t => {
    const container = aContainer()
    const image = (...tags: string[]) => ({
      Id: container.ImageID,
      RepoDigests: tags.map(hex => `ghcr.io/shop/web@sha256:${hex.repeat(64)}`)
    })
    const engine = await startFakeEngine(t, { containers: [container], images: { [container.ImageID]: image('b') } })
    const digests = (source: WorkloadSource) => {
      const found = source.snapshot().find(WEB)
      return found.seen && found.value.pods.seen ? found.value.pods.value[0]?.containers[0]?.digests : undefined
    }
    const [kept, anew] = [sourceOn(engine), sourceOn(engine, { imagesMs: 0 })]
    for (const source of [kept, anew]) await source.read(AbortSignal.timeout(60_000))
    engine.world.images = { [container.ImageID]: image('b', 'c') }
    for (const source of [kept, anew]) await source.read(AbortSignal.timeout(60_000))
    assert.deepEqual([digests(kept)?.length, digests(anew)?.length], [1, 2])
    // As Podman does when the tag moves on.
    engine.world.images = { [container.ImageID]: image() }
    await anew.read(AbortSignal.timeout(60_000))
    assert.equal(digests(anew)?.length, 2)
    for (const source of [kept, anew]) await source.close()
  })

  test('keeps the objects of what did not change', async t => {
    const other = aContainer({ Id: '2'.repeat(64), Labels: {}, Names: ['/db'] })
    const engine = await startFakeEngine(t, { containers: [aContainer(), other] })
    const source = await readOnce(t, engine)
    const before = source.snapshot()
    await source.read(AbortSignal.timeout(60_000))
    assert.equal(source.snapshot(), before)
    engine.world.containers = [aContainer({ State: 'restarting' }), { ...other, Status: 'Up 3 hours' }]
    await source.read(AbortSignal.timeout(60_000))
    const [db, web] = source.snapshot().known
    assert.equal(db, before.known[0])
    assert.notEqual(web, before.known[1])
    assert.equal(web?.workload, before.known[1]?.workload)
  })

  test('does not watch itself, and says so to the one who asks', async t => {
    const own = aContainer()
    const engine = await startFakeEngine(t, { containers: [own] })
    const options = { engine: { address: { socketPath: engine.socketPath }, tls: null }, clock: () => 1000 }
    const source = createDockerSource({ ...options, ownTraces: { hostname: own.Id.slice(0, 12), mounts: '' } })
    t.after(() => source.close())
    await source.read(AbortSignal.timeout(60_000))
    const found = source.snapshot().find(WEB)
    assert.deepEqual(source.snapshot().known, [])
    assert.equal(
      !found.seen && found.message,
      'Container web in namespace shop is this guard, which does not watch itself'
    )
  })

  for (const [what, answer, problem] of [
    ['no JSON', '<html>', "its answer to GET /containers/json is not Docker's JSON"],
    ['JSON of something else', '{"kind":"Status"}', "its answer to GET /containers/json is not Docker's JSON"],
    ['too much', `["${'x'.repeat(16 * 1024 * 1024)}"]`, 'its answer to GET /containers/json is longer than 16777216']
  ] as const) {
    test(`says what is wrong where an engine answers with ${what}`, async t => {
      const engine = await startFakeEngine(t)
      engine.answer = (_path, response) => void response.end(answer) === undefined
      const source = await readOnce(t, engine)
      assert.ok(problemsOf(source)[0]?.startsWith(`workloads: Docker at unix://${engine.socketPath}: ${problem}`))
      assert.equal(source.health().up, false)
    })
  }

  test("gives the engine's own words, in plain text too", async t => {
    const engine = await startFakeEngine(t)
    engine.answer = (_path, response) => void response.writeHead(400).end('client version is too old\n') === undefined
    const source = await readOnce(t, engine)
    assert.ok(problemsOf(source)[0]?.endsWith(': HTTP 400 to GET /containers/json: client version is too old'))
  })

  test("gives no page of a proxy's", async t => {
    const engine = await startFakeEngine(t)
    engine.answer = (_path, response) => void response.writeHead(502).end('<html>Bad gateway</html>') === undefined
    const source = await readOnce(t, engine)
    assert.ok(problemsOf(source)[0]?.endsWith(': HTTP 502 to GET /containers/json'))
  })

  test('does not wait for ever', async t => {
    const engine = await startFakeEngine(t)
    engine.answer = () => true
    const source = sourceOn(engine, { answerTimeoutMs: 50 })
    t.after(() => source.close())
    await source.read(new AbortController().signal)
    assert.ok(problemsOf(source)[0]?.endsWith(': no answer to GET /containers/json within 0.05 s'))
  })

  test('says that there is no socket, and what to do', async t => {
    const source = sourceOn({ socketPath: '/nowhere/docker.sock' })
    t.after(() => source.close())
    await source.read(AbortSignal.timeout(60_000))
    assert.deepEqual(problemsOf(source), [
      'workloads: Docker at unix:///nowhere/docker.sock: there is no such socket; mount it, or set DOCKER_HOST'
    ])
  })
})

suite('docker source over TCP', () => {
  async function startTlsEngine(t: TestContext, by?: Awaited<ReturnType<typeof createAuthority>>) {
    const folder = mkdtempSync(join(tmpdir(), 'engine-tls-'))
    const ofGuards = await createAuthority('guards')
    const authority = by ?? (await createAuthority())
    const own = await ofGuards.issue({ names: ['guard'] })
    const served = await authority.issue({ names: ['127.0.0.1'] })
    writeFileSync(join(folder, 'ca.pem'), authority.pem)
    writeFileSync(join(folder, 'cert.pem'), own.cert)
    writeFileSync(join(folder, 'key.pem'), own.key)
    const options = { ...served, ca: ofGuards.pem, requestCert: true, rejectUnauthorized: true }
    const server = https.createServer(options, (_request, response) => response.end(JSON.stringify([aContainer()])))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      server.close()
      rmSync(folder, { recursive: true })
    })
    return { folder, port: (server.address() as AddressInfo).port }
  }

  async function readTls(t: TestContext, port: number, tls: { folder: string; isVerified: boolean }) {
    const engine = { address: { host: '127.0.0.1', port }, tls }
    const source = createDockerSource({ engine, clock: () => 1000, ownTraces: NOWHERE, limits: QUICK })
    t.after(() => source.close())
    await source.read(AbortSignal.timeout(60_000))
    return source
  }

  test('shows its certificate, and takes the one that ca.pem has signed', async t => {
    const { folder, port } = await startTlsEngine(t)
    const source = await readTls(t, port, { folder, isVerified: true })
    assert.equal(source.snapshot().find(WEB).seen, true)
  })

  test('takes the one that ca.pem has signed, even if ca.pem is not a root', async t => {
    const issuing = await (await createAuthority('root')).issueAuthority('issuing')
    const { folder, port } = await startTlsEngine(t, issuing)
    const source = await readTls(t, port, { folder, isVerified: true })
    assert.equal(source.snapshot().find(WEB).seen, true)
  })

  test('takes the one that ca.pem has signed, even if another one ends on the same line', async t => {
    const { folder, port } = await startTlsEngine(t)
    const path = join(folder, 'ca.pem')
    writeFileSync(path, (await createAuthority('another')).pem.trim() + readFileSync(path, 'utf8'))
    const source = await readTls(t, port, { folder, isVerified: true })
    assert.equal(source.snapshot().find(WEB).seen, true)
  })

  test('refuses another certificate, unless nobody wants it checked', async t => {
    const { folder, port } = await startTlsEngine(t)
    writeFileSync(join(folder, 'ca.pem'), (await createAuthority('another')).pem)
    const checked = await readTls(t, port, { folder, isVerified: true })
    assert.deepEqual(problemsOf(checked), [
      `workloads: Docker at tcp://127.0.0.1:${port}: its certificate is not signed by the CA in the configuration, or by a public one where it has none`
    ])
    const unchecked = await readTls(t, port, { folder, isVerified: false })
    assert.equal(unchecked.snapshot().find(WEB).seen, true)
  })

  for (const [rule, key, words] of [
    [
      'the key is still that of another certificate',
      async () => (await (await createAuthority()).issue({ names: ['guard'] })).key,
      'the client key in the configuration is not that of the client certificate'
    ],
    [
      'the key is cut off',
      async () => '-----BEGIN PRIVATE KEY-----\n',
      'the client certificate or its key in the configuration is not valid PEM'
    ]
  ] as const) {
    test(`says in plain words that ${rule}`, async t => {
      const { folder, port } = await startTlsEngine(t)
      writeFileSync(join(folder, 'key.pem'), await key())
      const source = await readTls(t, port, { folder, isVerified: true })
      assert.deepEqual(problemsOf(source), [`workloads: Docker at tcp://127.0.0.1:${port}: ${words}`])
    })
  }

  test('says which file of its certificate is gone', async t => {
    const { folder, port } = await startTlsEngine(t)
    rmSync(join(folder, 'key.pem'))
    const source = await readTls(t, port, { folder, isVerified: true })
    assert.match(problemsOf(source)[0] ?? '', /key\.pem: cannot be read: no such file or directory$/)
  })
})
