import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { after, before, suite, test } from 'node:test'
import type { WorkloadSource } from '../../../src/domain/ports.ts'
import type { PodContainer } from '../../../src/domain/workload.ts'
import { createDockerSource } from '../../../src/sources/docker/docker-source.ts'
import { needs } from '../../support/component.ts'
import {
  type DockerEngine,
  ENGINES,
  type EngineName,
  type EngineProxy,
  engineMissing,
  startDockerEngine,
  startEngineProxy
} from '../../support/docker-engine.ts'
import { type ImageRegistry, rootFilesystem, startImageRegistry } from '../../support/docker-images.ts'
import type { Lifetime } from '../../support/stage.ts'
import { until } from '../../support/until.ts'

// The seven paths, in the forms that are asked.
const ALLOWED =
  /^GET \/(_ping|version|events\?.*|containers\/json\?all=true|containers\/[0-9a-f]{64}\/json|images\/json|images\/sha256:[0-9a-f]{64}\/json)$/
const COMPOSE = { 'com.docker.compose.project': 'shop' }

for (const name of Object.keys(ENGINES) as EngineName[])
  suite(`the source on ${name} behind the shipped proxy`, needs(engineMissing), () => {
    // What this store knows of an image beside what it was pulled by.
    const isClassic = ENGINES[name].folder === 'bookworm'
    const ends: (() => Promise<void> | void)[] = []
    const life: Lifetime = { after: end => void ends.unshift(end) }
    let engine: DockerEngine
    let proxy: EngineProxy
    let registry: ImageRegistry
    let source: WorkloadSource
    const digests: Record<string, string> = {}

    const run = async (name: string, image: string, labels: object = {}, more: object = {}) => {
      const body = { Image: image, Labels: labels, HostConfig: { NetworkMode: 'none' }, StopSignal: 'SIGKILL', ...more }
      const { Id: id } = (await engine.change('POST', `/containers/create?name=${name}`, body)) as { Id: string }
      await engine.change('POST', `/containers/${id}/start`)
      return id
    }
    const pull = (repository: string, tag: string) =>
      engine.change('POST', `/images/create?fromImage=${registry.host}/${repository}&tag=${encodeURIComponent(tag)}`)
    const seen = (namespace: string, name: string): readonly PodContainer[] => {
      const found = source.snapshot().find({ namespace, kind: 'Container', name })
      return found.seen && found.value.pods.seen ? found.value.pods.value.flatMap(({ containers }) => containers) : []
    }
    const factsOf = (namespace: string, name: string) =>
      seen(namespace, name).map(({ image, digests = [] }) => ({ image: image.replace(registry.host, 'HOST'), digests }))

    before(async () => {
      registry = await startImageRegistry(life)
      engine = await startDockerEngine(life, name)
      proxy = await startEngineProxy(life, engine)
      digests.web = registry.publish('shop/web', '1.2.3', { label: 'web' })
      digests.old = registry.publish('shop/worker', '1.3.0', { label: 'old', isIndex: true })
      await pull('shop/web', '1.2.3')
      await pull('shop/worker', '1.3.0')
      const web = `${registry.host}/shop/web`
      const worker = `${registry.host}/shop/worker`
      await engine.change('POST', '/images/create?fromSrc=-&repo=localhost/shop/local&tag=1.0', rootFilesystem())
      await run('shop-web-1', `${web}:1.2.3`, { ...COMPOSE, 'com.docker.compose.service': 'web' })
      await run('shop-web-2', `${web}:1.2.3`, { ...COMPOSE, 'com.docker.compose.service': 'web' })
      await run('shop-worker-1', `${worker}:1.3.0`, { ...COMPOSE, 'com.docker.compose.service': 'worker' })
      await run('shop-web-run-1', `${web}:1.2.3`, {
        ...COMPOSE,
        'com.docker.compose.service': 'web',
        'com.docker.compose.oneoff': 'True'
      })
      await run('local', 'localhost/shop/local:1.0', {}, { Entrypoint: ['/app'] })
      await run('bydigest', `${web}@${digests.web}`)
      const { Id: id } = (await get(engine, `/images/${web}:1.2.3/json`)) as { Id: string }
      await run('byid', id)
      // The tag moves on under the container that runs.
      digests.new = registry.publish('shop/worker', '1.3.0', { label: 'new', isIndex: true })
      await pull('shop/worker', '1.3.0')

      const address = { host: proxy.host, port: proxy.port }
      source = createDockerSource({ engine: { address, tls: null }, clock: Date.now })
      life.after(() => source.close())
      await source.follow(() => {})
    })
    after(async () => {
      for (const end of ends) await end()
    })

    test('sees services with their replicas, and leaves what somebody runs by hand alone', () => {
      assert.deepEqual(source.health().problems, [])
      assert.deepEqual(
        source.snapshot().known.map(({ workload: { namespace, name } }) => `${namespace}/${name}`),
        ['default/bydigest', 'default/byid', 'default/local', 'shop/web', 'shop/worker']
      )
      const web = { image: 'HOST/shop/web:1.2.3', digests: [digests.web] }
      assert.deepEqual(factsOf('shop', 'web'), [web, web])
    })

    test('knows the name and the digest of what runs, though its tag has moved on', () => {
      assert.notEqual(digests.old, digests.new)
      const [worker] = factsOf('shop', 'worker')
      assert.equal(worker?.image, 'HOST/shop/worker:1.3.0')
      assert.deepEqual([worker?.digests[0], worker?.digests.length], [digests.old, isClassic ? 1 : 2])
      assert.ok(proxy.passed.some(request => request.startsWith('GET /containers/') && !request.includes('?')))
    })

    test('tells what was built here, started by its id, and started by its digest', () => {
      const [local] = factsOf('default', 'local')
      // containerd's store makes up a digest for what was never pulled.
      assert.deepEqual([local?.image, local?.digests.length], ['localhost/shop/local:1.0', isClassic ? 0 : 1])
      assert.deepEqual(factsOf('default', 'bydigest'), [
        { image: `HOST/shop/web@${digests.web}`, digests: [digests.web] }
      ])
      const [byId] = factsOf('default', 'byid')
      assert.match(byId?.image ?? '', /^sha256:[0-9a-f]{64}$/)
      assert.deepEqual(byId?.digests, [])
      assert.equal(seen('shop', 'web')[0]?.platform, 'linux/amd64')
    })

    test('sees what comes and what goes', async () => {
      const id = await run('late', 'localhost/shop/local:1.0', {}, { Entrypoint: ['/app'] })
      await until(() => assert.equal(seen('default', 'late').length, 1))
      await engine.change('POST', `/containers/${id}/rename?name=later`)
      await until(() => assert.equal(seen('default', 'later').length, 1))
      await engine.change('DELETE', `/containers/${id}?force=1`)
      await until(() => assert.equal(seen('default', 'later').length, 0))
      // Events brought the news: a list by the clock would be later than all of this.
      assert.ok(proxy.passed.some(request => request.startsWith('GET /events?')))
    })

    test('keeps what it knows while the engine is away, and sees it again', async () => {
      await engine.stop()
      await until(() => assert.equal(source.health().up, false))
      assert.equal(seen('shop', 'web').length, 2)
      await engine.start()
      // It has ended all containers meanwhile.
      await until(() => assert.equal(source.health().up, true))
      await until(() => assert.deepEqual(source.snapshot().known, []))
    })

    test('asked nothing but the seven paths, by GET', () => {
      assert.deepEqual(
        proxy.passed.filter(request => !ALLOWED.test(request)),
        []
      )
    })

    test('leaves nothing open at the engine once it has gone: the proxy gives it up', async () => {
      const before = proxy.open()
      const { host, port } = proxy
      const [response] = await once(http.get({ host, port, path: '/events', agent: false }), 'response')
      assert.equal(proxy.open(), before + 1)
      response.destroy()
      await until(() => assert.equal(proxy.open(), before))
    })

    test('could not ask for more: the proxy refuses it', async () => {
      const id = await run('target', 'localhost/shop/local:1.0', {}, { Entrypoint: ['/app'], OpenStdin: true })
      const before = proxy.passed.length
      const refused = [
        `/containers/${id}/attach/ws?stdin=1&stream=1`,
        `/containers/${id}/archive?path=/etc`,
        `/containers/${id}/export`,
        `/containers/${id}/logs?stdout=1`,
        `/containers/${id}/top`,
        `/containers/${id}/stats`,
        `/containers/${id}/changes`,
        '/containers/target/json',
        '/images/localhost/shop/local:1.0/get',
        '/images/get?names=localhost/shop/local',
        '/images/localhost/shop/local:1.0/json',
        '/distribution/localhost/shop/local/json',
        '/info',
        '/secrets',
        '/configs',
        '/volumes',
        '/networks',
        '/plugins',
        '/system/df',
        `/v1.41/containers/${id}/archive?path=/etc`,
        `/libpod/containers/${id}/json`,
        `/containers/${id}/json/../archive?path=/etc`,
        `/containers/${id}%2farchive%2f..%2fjson`,
        `//containers/${id}/json`,
        `/containers/${id}/json/`,
        '/'
      ]
      for (const path of refused) assert.equal(await statusOf(proxy, 'GET', path), 403, path)
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE']) {
        assert.equal(await statusOf(proxy, method, `/containers/${id}/json`), 405, method)
        assert.equal(await statusOf(proxy, method, `/containers/${id}/stop`), 405, method)
      }
      const upgrade = { Connection: 'Upgrade', Upgrade: 'tcp' }
      assert.equal(await statusOf(proxy, 'GET', '/containers/json', upgrade), 403)
      assert.equal(proxy.passed.length, before)
      for (const path of ['/_ping', '/version', '/containers/json', `/v1.41/containers/${id}/json`, '/images/json']) {
        assert.equal(await statusOf(proxy, 'GET', path), 200, path)
      }
    })
  })

async function get({ socketPath }: DockerEngine, path: string): Promise<unknown> {
  const [response] = await once(http.get({ socketPath, path, agent: false }), 'response')
  return JSON.parse((await response.toArray()).join(''))
}

// As it is written: `fetch` would resolve the dots in a path first.
async function statusOf({ host, port }: EngineProxy, method: string, path: string, headers = {}): Promise<number> {
  const request = http.request({ host, port, method, path, headers, agent: false }).end()
  const [response] = await once(request, 'response')
  response.destroy()
  return response.statusCode
}
