import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { deployment, podOf } from '../../support/cluster-objects.ts'
import { workloadsOf } from '../../support/facts.ts'
import { forbid, type RecordedRequest } from '../../support/fake-api-server.ts'
import { imageOf, problemsOf, sourceOnFake } from '../../support/followed-source.ts'

const ONE = `sha256:${'1'.repeat(64)}`
const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments'

suite('kubernetes source', () => {
  test('knows nothing and says so before it has read', async t => {
    const { source } = await sourceOnFake(t)
    const problems = ['daemonsets', 'deployments', 'statefulsets'].map(
      kind => `Kubernetes: ${kind}.apps in namespace shop not read yet`
    )
    const { up, lastSyncAt } = source.health()
    assert.deepEqual([up, lastSyncAt, problemsOf(source).toSorted()], [false, null, problems])
    assert.equal(imageOf(source, 'web'), `never_read: ${problems[1]}`)
  })

  test('reads once, with one list for each kind and no watch', async t => {
    const { source, server } = await sourceOnFake(t)
    server.put(deployment('web'))
    await source.read(AbortSignal.timeout(60_000))

    assert.equal(imageOf(source, 'web'), 'web:v1')
    assert.equal(imageOf(source, 'api'), 'not_found: Deployment api not found in namespace shop')
    const asked = server.requests.map(({ method, path, query }) => `${method} ${path}?${query}`)
    assert.deepEqual(asked.toSorted(), [
      'GET /apis/apps/v1/namespaces/shop/daemonsets?limit=250',
      `GET ${DEPLOYMENTS}?limit=250`,
      'GET /apis/apps/v1/namespaces/shop/statefulsets?limit=250'
    ])
    assert.deepEqual([source.health().up, problemsOf(source)], [true, []])
  })

  test('reads all namespaces at once where none is named', async t => {
    const { source, server } = await sourceOnFake(t, { namespaces: [] })
    server.put(deployment('web', { namespace: 'one' }))
    server.put(deployment('web', { namespace: 'two' }))
    await source.read(AbortSignal.timeout(60_000))

    assert.deepEqual(
      workloadsOf(source.snapshot()).map(({ namespace }) => namespace),
      ['one', 'two']
    )
    assert.ok(server.requests.every(({ path }) => !path.includes('/namespaces/')))
  })

  test('reads a namespace once that is named twice', async t => {
    const { source, server } = await sourceOnFake(t, { namespaces: ['shop', 'shop'] })
    await source.read(AbortSignal.timeout(60_000))
    assert.equal(server.requests.length, 3)
  })

  test('warns of a namespace without workloads, which may be a slip, as long as it has none', async t => {
    const { source, server, follow, until } = await sourceOnFake(t, { namespaces: ['shop', 'pya'] })
    server.put(deployment('web'))
    assert.deepEqual(source.snapshot().warnings, [], 'nothing was read yet')
    await follow()
    const warning = 'namespace pya has no workloads; if it does not exist, correct WATCH_NAMESPACES'
    assert.deepEqual(source.snapshot().warnings, [warning])
    server.put(deployment('pay', { namespace: 'pya' }))
    await until(() => source.snapshot().warnings.length === 0)
  })

  test('does not speak of namespaces that it does not watch', async t => {
    const { source, server } = await sourceOnFake(t)
    server.put(deployment('web', { namespace: 'bank' }))
    await source.read(AbortSignal.timeout(60_000))
    assert.equal(imageOf(source, 'web', 'bank'), 'never_read: namespace bank is not among WATCH_NAMESPACES')
  })

  test('puts a list together from its pages', async t => {
    const { source, server } = await sourceOnFake(t)
    for (let index = 0; index < 620; index++) server.put(deployment(`web-${index}`))
    await source.read(AbortSignal.timeout(60_000))

    assert.equal(workloadsOf(source.snapshot()).length, 620)
    const pages = server.requests.filter(({ path }) => path === DEPLOYMENTS)
    assert.deepEqual(
      pages.map(({ query }) => query.get('continue')),
      [null, '250', '500']
    )
  })

  test('says of a workload that it could not be read, and why, rather than that it is not there', async t => {
    const { source, server, follow, until } = await sourceOnFake(t)
    const web = deployment('web')
    const containers = Array.from({ length: 65 }, (_, index) => ({ name: `c${index}`, image: 'web:v1' }))
    const crowded = { ...web, spec: { ...web.spec, template: { ...web.spec.template, spec: { containers } } } }
    server.put(crowded)
    await follow()
    const words = 'spec.template.spec.containers has more than 64 containers'
    const unreadable = `unreadable: Deployment web could not be read: ${words}`
    assert.equal(imageOf(source, 'web'), unreadable)
    assert.deepEqual(
      [source.health().up, problemsOf(source)],
      [true, [`${words}, so not read: web (deployments.apps in namespace shop)`]]
    )
    server.put(web)
    await until(() => imageOf(source, 'web') === 'web:v1')
    server.put(crowded)
    await until(() => imageOf(source, 'web') === unreadable)
  })

  test('follows what is added, changed and removed', async t => {
    const { source, server, follow, until } = await sourceOnFake(t)
    server.put(deployment('web'))
    await follow()
    assert.equal(imageOf(source, 'web'), 'web:v1')
    assert.equal(source.health().up, true)

    server.put(deployment('web', { image: 'web:v2' }))
    await until(source => imageOf(source, 'web') === 'web:v2')
    server.put(deployment('api'))
    await until(source => imageOf(source, 'api') === 'web:v1')
    server.remove(deployment('web'))
    await until(source => imageOf(source, 'web').startsWith('not_found'))
    assert.deepEqual(
      workloadsOf(source.snapshot()).map(({ name }) => name),
      ['api']
    )
  })

  test('announces many changes at once, and none that does not matter', async t => {
    const { server, follow, until, changes } = await sourceOnFake(t)
    server.put(deployment('web'))
    await follow()
    await until(source => source.health().up)
    const before = changes()

    for (let index = 0; index < 50; index++) server.put({ ...deployment('web'), irrelevant: index })
    for (let index = 0; index < 50; index++) server.put(deployment(`web-${index}`))
    await until(source => workloadsOf(source.snapshot()).length === 51)
    assert.ok(changes() - before < 50, `announced ${changes() - before} times`)
    assert.ok(changes() - before > 0)

    const told = changes()
    const asked = server.nextRequest(({ query }) => query.has('watch'))
    server.put({ ...deployment('web'), irrelevant: 51 })
    server.write('', 'end')
    await asked
    assert.equal(changes(), told)
  })

  test('gives snapshots that later events do not change', async t => {
    const { source, server, follow, until } = await sourceOnFake(t)
    server.put(deployment('web'))
    await follow()
    const before = source.snapshot()
    assert.equal(source.snapshot(), before, 'the same one while nothing changes')

    server.remove(deployment('web'))
    await until(source => workloadsOf(source.snapshot()).length === 0)
    assert.equal(before.known.length, 1)
    assert.ok(before.find({ namespace: 'shop', kind: 'Deployment', name: 'web' }).seen)
  })

  test('knows the age of what it knows whichever way the clock jumps', async t => {
    let offset = 0
    const clock = () => Date.now() + offset
    const { source, server, follow } = await sourceOnFake(t, { clock })
    await follow()
    const requests = server.requests.length
    for (offset of [0, 86_400_000, -86_400_000]) {
      const age = clock() - (source.health().lastSyncAt ?? Number.NaN)
      assert.ok(age >= -1 && age < 60_000, `${age} ms after a jump of ${offset} ms`)
    }
    assert.equal(server.requests.length, requests)
  })

  test('ends at once in the middle of everything', async t => {
    const { source, server, follow } = await sourceOnFake(t)
    server.misbehave(() => true)
    const asked = server.nextRequest(() => true)
    const followed = follow()
    await asked
    await source.close()
    await followed
    assert.equal(source.health().up, false)
  })
})

suite('kubernetes source with pods', () => {
  test('has the digests of the running pods', async t => {
    const { source, server, follow, until } = await sourceOnFake(t, { watchPods: true })
    const digests = () => {
      const pods = source.snapshot().known[0]?.pods
      return pods?.seen ? pods.value.map(({ containers }) => containers[0]?.digest) : undefined
    }
    server.put(deployment('web'))
    server.put(podOf('web', ONE))
    await follow()
    assert.deepEqual(digests(), [ONE])

    server.remove(podOf('web', ONE))
    await until(() => digests()?.length === 0)
  })

  test('is up without the right to read pods, and says that it withholds them', async t => {
    const { source, server, follow, until } = await sourceOnFake(t, { watchPods: true })
    server.put(deployment('web'))
    server.misbehave(
      ({ path }, response) => path.endsWith('/pods') && forbid(response, 'pods', 'in the namespace "shop"')
    )
    await follow()

    assert.equal(imageOf(source, 'web'), 'web:v1')
    const { up, lastSyncAt, problems } = source.health()
    const account = 'system:serviceaccount:monitoring:guard'
    const message = `forbidden: ${account} cannot list pods in namespace shop; grant get, list, watch`
    assert.deepEqual(problems, [{ message, withholds: 'pods' }])
    assert.equal(up, true)
    assert.notEqual(lastSyncAt, null)

    server.behave()
    await until(source => source.health().problems.length === 0)
  })

  test('is not up without the right to read workloads, whatever it knows of pods', async t => {
    const { source, server, follow } = await sourceOnFake(t, { watchPods: true })
    const isStatefulSets = (path: string) => path.endsWith('/statefulsets')
    server.misbehave(({ path }, response) => isStatefulSets(path) && forbid(response, 'statefulsets.apps', 'in "shop"'))
    await follow()
    const { up, lastSyncAt, problems } = source.health()
    assert.deepEqual([up, lastSyncAt, problems.map(({ withholds }) => withholds)], [false, null, ['workloads']])
  })

  test('tells an outage of everything once, as one of workloads', async t => {
    const { source, server, follow } = await sourceOnFake(t, { watchPods: true })
    server.misbehave((_request, response) => Boolean(response.socket?.destroy()))
    await follow()
    assert.deepEqual(source.health().problems, [
      { message: 'Kubernetes API server: connection reset', withholds: 'workloads' }
    ])
    assert.equal(imageOf(source, 'web'), 'never_read: Kubernetes was never read')
  })

  test('lists pods hourly, and workloads every five minutes', async t => {
    const { server, follow } = await sourceOnFake(t, { watchPods: true })
    await follow()
    const isWatchOf = (resource: string) => (request: RecordedRequest) =>
      request.path.endsWith(`/${resource}`) && request.query.has('watch')
    for (const [resource, least] of [
      ['pods', 3_600],
      ['deployments', 300]
    ] as const) {
      const watch = server.requests.find(isWatchOf(resource)) ?? (await server.nextRequest(isWatchOf(resource)))
      const seconds = Number(watch.query.get('timeoutSeconds'))
      assert.ok(seconds > least - 2 && seconds <= least * 1.1, `${resource}: ${seconds} s`)
    }
  })
})
