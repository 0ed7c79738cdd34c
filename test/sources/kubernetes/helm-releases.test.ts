import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { seen } from '../../../src/domain/observation.ts'
import { createHelmReleases } from '../../../src/sources/kubernetes/helm-releases.ts'
import { DEFAULT_TIME_LIMITS } from '../../../src/sources/kubernetes/time-limits.ts'
import { aTarget, aWorkload, theFacts } from '../../support/facts.ts'
import { forbid, kubeConfigFor, refuse, startFakeApiServer } from '../../support/fake-api-server.ts'

const TIME_LIMITS = { ...DEFAULT_TIME_LIMITS, steadyMs: 0, backoff: { baseMs: 4, maxMs: 16 } }

/** A Secret of Helm's, as the API server stores it. */
function record(name: string, version: number, status: string, changes: { namespace?: string; labels?: object } = {}) {
  const { namespace = 'shop', labels = {} } = changes
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      namespace,
      name: `sh.helm.release.v1.${name}.v${version}`,
      creationTimestamp: '2026-01-04T18:00:00Z',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'x' },
      labels: { owner: 'helm', name, version: String(version), status, createdAt: '1', team: 'a', ...labels }
    },
    data: { release: 'payload' }
  }
}

async function setUp(t: TestContext, namespaces: readonly string[] = ['shop']) {
  const server = await startFakeApiServer()
  const source = createHelmReleases({
    environment: {},
    loadKubeConfig: () => kubeConfigFor(server),
    namespaces,
    clock: Date.now,
    timeLimits: TIME_LIMITS
  })
  t.after(async () => {
    await source.close()
    await server.close()
  })
  const waiting = new Set<() => void>()
  const until = (isSo: () => boolean) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => {
      if (!isSo()) return
      waiting.delete(look)
      resolve()
    }
    waiting.add(look)
    look()
    return promise
  }
  const of = (release: string, changes: { namespace?: string; releaseNamespace?: string } = {}) => {
    const { namespace = 'shop', releaseNamespace = '' } = changes
    const managedBy = { manager: 'helm', release, releaseNamespace } as const
    return source.of(aTarget(), theFacts({ workload: seen(aWorkload({ namespace, managedBy })) }))
  }
  const statusOf = (release: string) => {
    const fact = of(release)
    return fact.seen ? `${fact.value.current.number} ${fact.value.current.status}` : fact.reason
  }
  const read = () => source.read(AbortSignal.timeout(60_000))
  const follow = () => source.follow(() => void [...waiting].map(look => look()))
  return { server, source, of, statusOf, read, follow, until }
}

suite("Helm's releases", () => {
  test('are asked for as metadata alone, of Helm’s Secrets alone, and with no second choice', async t => {
    const { server, follow, until, statusOf } = await setUp(t)
    server.put(record('web', 1, 'deployed'))
    const watching = server.nextRequest(({ query }) => query.has('watch'))
    await follow()
    await until(() => statusOf('web') === '1 deployed')
    await watching
    assert.ok(server.requests.length >= 2)
    for (const { method, path, query, headers } of server.requests) {
      assert.deepEqual([method, path], ['GET', '/api/v1/namespaces/shop/secrets'])
      assert.deepEqual(
        [query.get('labelSelector'), query.get('fieldSelector')],
        ['owner=helm', 'type=helm.sh/release.v1']
      )
      const kind = query.has('watch') ? 'PartialObjectMetadata' : 'PartialObjectMetadataList'
      assert.equal(headers.accept, `application/json;as=${kind};g=meta.k8s.io;v=v1`)
    }
  })

  test('are what their highest revision says, as a number', async t => {
    const { server, read, of, source } = await setUp(t)
    for (const [version, status] of [
      [9, 'pending-upgrade'],
      [10, 'deployed'],
      [8, 'superseded']
    ] as const) {
      server.put(record('web', version, status))
    }
    await read()
    const at = (number: number, status: string) => ({ number, status, createdAt: Date.UTC(2026, 0, 4, 18) })
    const release = {
      namespace: 'shop',
      name: 'web',
      current: at(10, 'deployed'),
      earlier: [at(9, 'pending-upgrade'), at(8, 'superseded')]
    }
    assert.deepEqual(of('web'), { seen: true, value: release })
    assert.deepEqual(source.releases(), [release])
  })

  for (const [rule, statuses, earlier] of [
    ['the one that is deployed', ['superseded', 'deployed'], ['2 deployed']],
    ['the highest that was superseded', ['superseded', 'superseded'], ['2 superseded']]
  ] as const) {
    test(`keep ${rule}, however many upgrades have failed since, beside the newest twenty`, async t => {
      const { server, read, of } = await setUp(t)
      for (const [index, status] of statuses.entries()) server.put(record('web', index + 1, status))
      for (let version = 3; version <= 23; version++) server.put(record('web', version, 'failed'))
      await read()
      const fact = of('web')
      const kept = fact.seen ? fact.value.earlier.map(({ number, status }) => `${number} ${status}`) : []
      assert.deepEqual(kept.slice(20), earlier)
      assert.deepEqual([kept[0], kept[19]], ['22 failed', '3 failed'])
    })
  }

  test('say since when they are being uninstalled, by what Helm wrote last', async t => {
    const { server, read, of } = await setUp(t)
    const modified = { labels: { modifiedAt: '1767551400' } }
    server.put(record('web', 1, 'uninstalling', modified))
    server.put(record('api', 1, 'deployed', modified))
    server.put(record('old', 1, 'uninstalling', { labels: { modifiedAt: 'yesterday' } }))
    await read()
    const beganAt = (name: string) => {
      const release = of(name)
      return release.seen ? release.value.current.uninstallBeganAt : 'unseen'
    }
    assert.deepEqual(['web', 'api', 'old'].map(beganAt), [Date.UTC(2026, 0, 4, 18, 30), undefined, undefined])
  })

  test('are followed; what did not change is the same object', async t => {
    const { server, follow, until, statusOf, of, source } = await setUp(t)
    server.put(record('web', 1, 'deployed'))
    server.put(record('api', 1, 'deployed'))
    await follow()
    await until(() => statusOf('web') === '1 deployed' && statusOf('api') === '1 deployed')
    const [before, version, all] = [of('api'), source.version(), source.releases()]
    server.put(record('web', 2, 'pending-upgrade'))
    await until(() => statusOf('web') === '2 pending-upgrade')
    assert.equal(of('api'), before)
    assert.notEqual(source.version(), version)
    assert.notEqual(source.releases(), all)
    server.remove(record('web', 2, 'pending-upgrade'))
    await until(() => statusOf('web') === '1 deployed')
    server.remove(record('web', 1, 'deployed'))
    await until(() => statusOf('web') === 'not_found')
    assert.equal(of('web'), of('web'))
  })

  test('say of a failed revision that it was a rollback, if it was seen to be one', async t => {
    const { server, follow, until, statusOf, of } = await setUp(t)
    const become = async (...statuses: readonly [web: string, api: string, shop: string]) => {
      const names = ['web', 'api', 'shop']
      for (const [index, name] of names.entries()) server.put(record(name, 1, statuses[index] ?? ''))
      await until(() => names.every((name, index) => statusOf(name) === `1 ${statuses[index]}`))
    }
    await follow()
    await become('pending-rollback', 'pending-upgrade', 'pending-rollback')
    await become('failed', 'failed', 'deployed')
    await become('superseded', 'superseded', 'superseded')
    const isFailedRollback = (name: string) => {
      const release = of(name)
      return release.seen ? release.value.current.isFailedRollback : 'unseen'
    }
    assert.deepEqual(['web', 'api', 'shop'].map(isFailedRollback), [true, undefined, undefined])
  })

  for (const [what, labels] of [
    ['of another name', { name: 'else' }],
    ['whose version is none', { version: '1; reboot' }],
    ['that names no release', { name: '' }]
  ] as const) {
    test(`are not made of a record ${what}`, async t => {
      const { server, read, source } = await setUp(t)
      server.put(record('web', 1, 'deployed', { labels }))
      await read()
      assert.deepEqual(source.releases(), [])
    })
  }

  test('have a name that a shell takes as it is', async t => {
    const { server, read, source } = await setUp(t)
    server.put(record('$(reboot)', 1, 'failed'))
    await read()
    assert.deepEqual(source.releases(), [])
  })

  test('have an unknown status where Helm’s word is not known', async t => {
    const { server, read, statusOf } = await setUp(t)
    server.put(record('web', 1, 'hibernating'))
    await read()
    assert.equal(statusOf('web'), '1 unknown')
  })

  test('belong to a workload by its annotations', async t => {
    const { server, read, of, source } = await setUp(t, ['shop', 'releases'])
    server.put(record('web', 1, 'failed'))
    server.put(record('web', 2, 'deployed', { namespace: 'releases' }))
    await read()
    for (const releaseNamespace of ['', 'shop']) {
      const own = of('web', { releaseNamespace })
      assert.ok(own.seen && own.value.current.number === 1)
    }
    const elsewhere = of('web', { releaseNamespace: 'releases' })
    assert.ok(
      !elsewhere.seen && elsewhere.reason === 'not_found',
      'whoever annotates learns nothing of other namespaces'
    )
    assert.deepEqual(of('web', { namespace: 'other' }), {
      seen: false,
      reason: 'never_read',
      message: 'namespace other is not among WATCH_NAMESPACES'
    })
    const without = source.of(aTarget(), theFacts())
    assert.ok(!without.seen && without.reason === 'not_helm')
  })

  test('are unread before the first list, without a problem', async t => {
    const { source, of } = await setUp(t)
    assert.deepEqual(of('shop'), {
      seen: false,
      reason: 'never_read',
      message: "Helm's records: secrets in namespace shop not read yet"
    })
    assert.deepEqual(source.health().problems, [])
  })

  test('are unread where the right is missing, which withholds nothing else', async t => {
    const { server, read, of, source } = await setUp(t)
    server.misbehave((_, response) => forbid(response, 'secrets', 'in the namespace "shop"'))
    await read()
    const fact = of('web')
    assert.ok(!fact.seen && fact.reason === 'never_read')
    const message =
      'forbidden: system:serviceaccount:monitoring:guard cannot list secrets in namespace shop; grant get, list, watch'
    assert.equal(fact.message, message)
    assert.deepEqual(source.health().problems, [{ message, withholds: 'helm' }])
  })

  test('are no longer reported in a namespace once the right is taken away there', async t => {
    const { server, read, statusOf, source, of } = await setUp(t, ['shop', 'pay'])
    server.put(record('web', 1, 'pending-upgrade'))
    server.put(record('bank', 1, 'deployed', { namespace: 'pay' }))
    const told = () => source.releases().map(({ name }) => name)
    await read()
    assert.deepEqual(told(), ['bank', 'web'])

    server.misbehave(({ path }, response) => path.includes('/shop/') && forbid(response, 'secrets', 'in "shop"'))
    await read()
    assert.deepEqual([statusOf('web'), of('bank', { namespace: 'pay' }).seen], ['never_read', true])
    assert.deepEqual(told(), ['bank'])
    assert.equal(source.releases(), source.releases())

    server.behave()
    await read()
    assert.deepEqual([statusOf('web'), told()], ['1 pending-upgrade', ['bank', 'web']])
  })

  test('are not read at all from a server that cannot leave the rest out', async t => {
    const { server, read, source } = await setUp(t)
    server.misbehave((_, response) => refuse(response, 406, 'only application/json is served'))
    await read()
    assert.match(source.health().problems[0]?.message ?? '', /HTTP 406 to list secrets in namespace shop/)
  })

  test('stay as they were last read while nobody answers', async t => {
    const { server, read, statusOf, source } = await setUp(t)
    server.put(record('web', 1, 'deployed'))
    await read()
    server.misbehave((_, response) => refuse(response, 500))
    await read()
    assert.equal(statusOf('web'), '1 deployed')
    assert.equal(source.health().problems.length, 1)
  })
})
