import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { KnownWorkload, WorkloadSource } from '../../../src/domain/ports.ts'
import type { WorkloadRef } from '../../../src/domain/workload.ts'
import { ApiError } from '../../../src/sources/kubernetes/failure.ts'
import { createOwnerIndex } from '../../../src/sources/kubernetes/owner-index.ts'
import { revisionCollections } from '../../../src/sources/kubernetes/resources.ts'
import { createRevisionTemplates } from '../../../src/sources/kubernetes/revision-templates.ts'
import { type OwnedRevision, toRevision } from '../../../src/sources/to-revision.ts'
import { deployment, podOf } from '../../support/cluster-objects.ts'
import { forbid, refuse } from '../../support/fake-api-server.ts'
import { imageOf, problemsOf, sourceOnFake } from '../../support/followed-source.ts'
import { scriptedClient } from './scripted-client.ts'

const ONE = `sha256:${'1'.repeat(64)}`
const TWO = `sha256:${'2'.repeat(64)}`
const WEB: WorkloadRef = { namespace: 'shop', kind: 'Deployment', name: 'web' }
const CREATED = '2026-11-03T03:04:05Z'
const REPLICA_SETS = '/apis/apps/v1/namespaces/shop/replicasets'

function replicaSet(hash: string, { image = 'web:v1', number = 1, createdAt = CREATED } = {}) {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${hash}`,
      namespace: 'shop',
      creationTimestamp: createdAt,
      annotations: { 'deployment.kubernetes.io/revision': String(number) },
      ownerReferences: [{ kind: 'Deployment', name: 'web', controller: true }]
    },
    spec: { template: { spec: { containers: [{ name: 'app', image }] } } }
  }
}

function controllerRevision(number: number) {
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: 'db-1',
      namespace: 'shop',
      creationTimestamp: CREATED,
      ownerReferences: [{ kind: 'StatefulSet', name: 'db', controller: true }]
    },
    revision: number,
    data: { spec: { template: { spec: { containers: [{ name: 'app', image: 'db:v1' }] } } } }
  }
}

function crioPod(workload: string, digest: string, node: string) {
  const pod = podOf(workload, digest)
  const [status] = pod.status.containerStatuses
  return {
    ...pod,
    spec: { ...pod.spec, nodeName: node },
    status: { ...pod.status, containerStatuses: [{ ...status, containerID: 'cri-o://1' }] }
  }
}

function node(name: string, architecture: string) {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/arch': architecture } } }
}

function known(source: WorkloadSource, ref: WorkloadRef = WEB): KnownWorkload {
  const found = source.snapshot().find(ref)
  assert.ok(found.seen)
  return found.value
}

/** The digests that the workload's pods run, or why they are not seen. */
function digestsOf(source: WorkloadSource): unknown {
  const { pods } = known(source)
  return pods.seen ? pods.value.map(({ containers }) => containers[0]?.digest) : pods.reason
}

/** Number and image of each revision, or why they are not seen. */
function revisionsOf(source: WorkloadSource, ref: WorkloadRef = WEB): unknown {
  const { revisions } = known(source, ref)
  if (!revisions.seen) return revisions.reason
  return revisions.value.map(({ number, template }) => [number, template?.containers[0]?.image ?? null])
}

suite('pods and revisions of a cluster', () => {
  test('are not asked for unless they are watched', async t => {
    const { source, server, follow } = await sourceOnFake(t)
    server.put(deployment('web'))
    server.put(replicaSet('7d9f'))
    await follow()
    const { pods, revisions } = known(source)
    assert.deepEqual(
      [pods, revisions].map(fact => (fact.seen ? '' : fact.reason)),
      ['not_watched', 'not_watched']
    )
    assert.ok(server.requests.every(({ path }) => !/pods|replicasets|controllerrevisions|nodes/.test(path)))
  })

  test('belong to the workload that owns them, from all namespaces or from one', async t => {
    for (const namespaces of [[], ['shop']]) {
      const { source, server, follow } = await sourceOnFake(t, { watchPods: true, namespaces })
      server.put(deployment('web'))
      server.put(deployment('api'))
      server.put(podOf('web', ONE))
      server.put(replicaSet('7d9f'))
      await follow()
      assert.deepEqual([digestsOf(source), revisionsOf(source)], [[ONE], [[1, null]]])
      const { pods, revisions } = known(source, { ...WEB, name: 'api' })
      assert.deepEqual(
        [pods, revisions],
        [
          { seen: true, value: [] },
          { seen: true, value: [] }
        ]
      )
    }
  })

  test('are the same object while only other workloads come, seen or not', async t => {
    for (const isRefused of [false, true]) {
      const { source, server, follow, until } = await sourceOnFake(t, { watchPods: true })
      if (isRefused)
        server.misbehave(({ path }, response) => /pods|replicasets/.test(path) && forbid(response, 'pods', 'in "shop"'))
      server.put(deployment('web'))
      await follow()
      const before = known(source)
      assert.equal(before.pods.seen, !isRefused)
      server.put(deployment('api'))
      await until(() => source.snapshot().known.length === 2)
      assert.equal(known(source), before)
    }
  })

  test('are watched, revisions by their metadata alone', async t => {
    const { source, server, follow, until } = await sourceOnFake(t, { watchPods: true })
    server.put(deployment('web'))
    await follow()
    server.put(podOf('web', ONE))
    server.put(replicaSet('7d9f', { number: 3 }))
    await until(() => JSON.stringify([digestsOf(source), revisionsOf(source)]) === JSON.stringify([[ONE], [[3, null]]]))
    const accepts = server.requests.filter(({ path }) => path === REPLICA_SETS).map(({ headers }) => headers.accept)
    assert.ok(accepts.length >= 2)
    assert.ok(accepts.every(accept => accept?.includes('as=PartialObjectMetadata')))

    server.remove(podOf('web', ONE))
    server.remove(replicaSet('7d9f'))
    await until(() => JSON.stringify([digestsOf(source), revisionsOf(source)]) === '[[],[]]')
  })

  test('leave alone what is known of other workloads', async t => {
    const { source, server, follow, until } = await sourceOnFake(t, { watchPods: true })
    for (const name of ['web', 'api']) server.put(deployment(name))
    server.put(podOf('web', ONE))
    server.put(podOf('api', ONE))
    await follow()
    const before = { web: known(source), api: known(source, { ...WEB, name: 'api' }), snapshot: source.snapshot() }
    server.put(podOf('web', TWO))
    await until(() => JSON.stringify(digestsOf(source)) === JSON.stringify([TWO]))
    assert.equal(known(source, { ...WEB, name: 'api' }), before.api)
    assert.notEqual(known(source), before.web)
    const found = before.snapshot.find(WEB)
    assert.equal(found.seen && found.value, before.web)
  })

  test('say why they are not seen where the right is missing, and the source is up', async t => {
    const { source, server, follow, until } = await sourceOnFake(t, { watchPods: true })
    server.put(deployment('web'))
    server.put(replicaSet('7d9f'))
    server.misbehave(
      ({ path }, response) => path.endsWith('/replicasets') && forbid(response, 'replicasets.apps', 'in "shop"')
    )
    await follow()
    const { revisions } = known(source)
    assert.match(
      revisions.seen ? '' : `${revisions.reason} ${revisions.message}`,
      /^never_read forbidden: .* replicasets/
    )
    assert.deepEqual([source.health().up, source.health().problems[0]?.withholds], [true, 'revisions'])
    server.behave()
    await until(() => JSON.stringify(revisionsOf(source)) === '[[1,null]]')
  })

  test('are not seen any more once the right is taken away: beside newer workloads they would look as new', async t => {
    const { source, server } = await sourceOnFake(t, { watchPods: true })
    const read = () => source.read(AbortSignal.timeout(60_000))
    const seenNow = () => [known(source).pods.seen, known(source).revisions.seen]
    server.put(deployment('web'))
    server.put(podOf('web', ONE))
    server.put(replicaSet('7d9f'))
    await read()
    assert.deepEqual(seenNow(), [true, true])

    server.misbehave(({ path }, response) => /pods|replicasets/.test(path) && forbid(response, 'pods', 'in "shop"'))
    server.put(deployment('web', { image: 'web:v2' }))
    await read()
    assert.equal(imageOf(source, 'web'), 'web:v2')
    assert.deepEqual(seenNow(), [false, false])
    server.misbehave((_, response) => refuse(response, 500, 'etcd is gone'))
    await read()
    const { pods } = known(source)
    assert.match(pods.seen ? '' : `${pods.reason} ${pods.message}`, /^never_read forbidden: .* pods in namespace shop/)

    server.behave()
    await read()
    assert.deepEqual(seenNow(), [true, true])
    server.misbehave((_, response) => refuse(response, 500, 'etcd is gone'))
    await read()
    assert.deepEqual(seenNow(), [true, true], 'an outage takes nothing away')
  })
})

suite('templates of revisions', () => {
  test('are read when they are asked for, and once', async t => {
    const { source, server, follow, until } = await sourceOnFake(t, { watchPods: true })
    server.put(deployment('web'))
    server.put(replicaSet('one', { image: 'web:v1', number: 1 }))
    server.put(replicaSet('two', { image: 'web:v2', number: 2 }))
    await follow()
    const reads = () => server.requests.filter(({ path }) => path.startsWith(`${REPLICA_SETS}/`)).length
    assert.equal(reads(), 0)
    await Promise.all([source.readTemplates(WEB, ['web-two']), source.readTemplates(WEB, ['web-two'])])
    assert.deepEqual(revisionsOf(source), [
      [1, null],
      [2, 'web:v2']
    ])
    await source.readTemplates(WEB, ['web-two', 'web-gone'])
    assert.equal(reads(), 1)

    server.put(replicaSet('two', { image: 'web:v2', number: 5 }))
    await until(
      () =>
        JSON.stringify(revisionsOf(source)) ===
        JSON.stringify([
          [1, null],
          [5, 'web:v2']
        ])
    )
  })

  test('are announced, so that what asked is judged again', async t => {
    const { source, server, follow, until, changes } = await sourceOnFake(t, { watchPods: true })
    server.put(deployment('web'))
    server.put(replicaSet('one'))
    await follow()
    const before = changes()
    await source.readTemplates(WEB, ['web-one'])
    await until(() => changes() > before)
  })

  test('are forgotten with a revision that is replaced by one of the same name', async t => {
    const { source, server, follow, until } = await sourceOnFake(t, { watchPods: true })
    server.put(deployment('web'))
    server.put(replicaSet('one'))
    await follow()
    await source.readTemplates(WEB, ['web-one'])
    server.put(replicaSet('one', { image: 'web:v9', createdAt: '2026-11-04T03:04:05Z' }))
    await until(() => JSON.stringify(revisionsOf(source)) === '[[1,null]]')
    await source.readTemplates(WEB, ['web-one'])
    assert.deepEqual(revisionsOf(source), [[1, 'web:v9']])
  })

  test('bring the number of a ControllerRevision, which is read again once that is raised', async t => {
    const db: WorkloadRef = { ...WEB, kind: 'StatefulSet', name: 'db' }
    const { source, server, follow, until } = await sourceOnFake(t, { watchPods: true })
    server.put({ ...deployment('db'), kind: 'StatefulSet' })
    server.put(controllerRevision(1))
    await follow()
    assert.deepEqual(revisionsOf(source, db), [[0, null]])
    await source.readTemplates(db, ['db-1'])
    assert.deepEqual(revisionsOf(source, db), [[1, 'db:v1']])
    server.put(controllerRevision(3))
    await until(() => JSON.stringify(revisionsOf(source, db)) === '[[0,null]]')
    await source.readTemplates(db, ['db-1'])
    assert.deepEqual(revisionsOf(source, db), [[3, 'db:v1']])
  })

  test('that cannot be read are reported as a problem, and not asked for again at once', async t => {
    const { source, server, follow } = await sourceOnFake(t, { watchPods: true })
    server.put(deployment('web'))
    server.put(replicaSet('one'))
    server.put(replicaSet('two'))
    await follow()
    server.misbehave(({ path }, response) => path.endsWith('/web-one') && refuse(response, 403, 'forbidden'))
    await source.readTemplates(WEB, ['web-one'])
    assert.match(problemsOf(source).join(), /replicasets\.apps in namespace shop/)
    assert.deepEqual([source.health().up, source.health().problems[0]?.withholds], [true, 'revisions'])
    const reads = server.requests.length
    await source.readTemplates(WEB, ['web-one'])
    assert.equal(server.requests.length, reads)

    await source.readTemplates(WEB, ['web-two'])
    assert.deepEqual(problemsOf(source), [])
  })

  test('that could not be read are no problem any more when their revision goes', async t => {
    const { source, server, follow, until } = await sourceOnFake(t, { watchPods: true })
    const gone = replicaSet('one')
    server.put(deployment('web'))
    server.put(gone)
    await follow()
    server.misbehave(({ path }, response) => path.endsWith('/web-one') && refuse(response, 500, 'etcd is gone'))
    await source.readTemplates(WEB, ['web-one'])
    assert.equal(problemsOf(source).length, 1)
    server.remove(gone)
    await until(() => JSON.stringify(revisionsOf(source)) === '[]')
    assert.deepEqual(problemsOf(source), [])
  })

  test('that nobody has wanted for ten minutes are no longer a problem', async () => {
    let now = 0
    const index = createOwnerIndex<OwnedRevision>()
    const revision = toRevision('ReplicaSet', replicaSet('one'))
    assert.ok(revision !== null)
    const [collection] = revisionCollections({ namespaces: ['shop'], relistMs: 1 })
    assert.ok(collection !== undefined)
    const client = scriptedClient({
      lists: [
        () => {
          throw new ApiError({ kind: 'status', code: 500, message: 'etcd is gone', retryAfterMs: 0 })
        }
      ]
    })
    const templates = createRevisionTemplates({ client, index, onRead: () => {}, monotonic: () => now })
    templates.change(null, { ...revision, template: null })
    await templates.read(WEB, { names: ['web-one'], collection, signal: new AbortController().signal })
    now = 599_999
    assert.match(templates.problem()?.message ?? '', /etcd is gone/)
    now = 600_000
    assert.equal(templates.problem(), null)
  })

  test('of a revision that goes while the server fails to give it are no problem', async () => {
    const revision = toRevision('ReplicaSet', replicaSet('one'))
    const [collection] = revisionCollections({ namespaces: [], relistMs: 0 })
    assert.ok(revision !== null && collection !== undefined)
    const metadata = { ...revision, template: null }
    const client = scriptedClient({
      lists: [
        () => {
          templates.change(metadata, null)
          throw new ApiError({ kind: 'status', code: 500, message: 'etcd is gone', retryAfterMs: 0 })
        }
      ]
    })
    const index = createOwnerIndex<OwnedRevision>()
    const templates = createRevisionTemplates({ client, index, onRead: () => {} })
    templates.change(null, metadata)
    await templates.read(WEB, { names: ['web-one'], collection, signal: new AbortController().signal })
    assert.equal(templates.problem(), null)
  })

  test('of a revision that has gone meanwhile are no problem', async t => {
    const { source, server, follow } = await sourceOnFake(t, { watchPods: true })
    server.put(deployment('web'))
    server.put(replicaSet('one'))
    await follow()
    server.misbehave(({ path }, response) => path.endsWith('/web-one') && refuse(response, 404, 'gone'))
    await source.readTemplates(WEB, ['web-one'])
    assert.deepEqual([problemsOf(source), revisionsOf(source)], [[], [[1, null]]])
  })

  test('are not read where pods are not watched, or where nobody looks', async t => {
    const { source, server, follow } = await sourceOnFake(t)
    await follow()
    const before = server.requests.length
    await source.readTemplates(WEB, ['web-one'])
    const watching = await sourceOnFake(t, { watchPods: true })
    await watching.source.readTemplates({ ...WEB, namespace: 'elsewhere' }, ['web-one'])
    assert.deepEqual([server.requests.length, watching.server.requests.length], [before, 0])
  })
})

suite('nodes', () => {
  test('are not read while the runtime of every pod makes them needless', async t => {
    const { server, follow } = await sourceOnFake(t, { watchPods: true })
    server.put(deployment('web'))
    server.put(podOf('web', ONE))
    server.put(node('n1', 'arm64'))
    await follow()
    assert.ok(server.requests.every(({ path }) => !path.includes('nodes')))
  })

  test('tell the architecture of pods whose runtime makes it matter', async t => {
    const { source, server, follow, until } = await sourceOnFake(t, { watchPods: true })
    const architecture = () => {
      const { pods } = known(source)
      return pods.seen ? pods.value[0]?.architecture : undefined
    }
    server.put(deployment('web'))
    server.put(crioPod('web', ONE, 'n1'))
    server.put(node('n1', 'arm64'))
    await follow()
    await until(() => architecture() === 'arm64')
    server.put(node('n1', 'amd64'))
    await until(() => architecture() === 'amd64')
    const accepts = server.requests.filter(({ path }) => path.endsWith('/nodes')).map(({ headers }) => headers.accept)
    assert.ok(accepts.every(accept => accept?.includes('as=PartialObjectMetadata')))

    const before = known(source)
    server.put(node('n2', 'amd64'))
    server.put(deployment('api'))
    await until(() => source.snapshot().known.length === 2)
    assert.equal(known(source), before)
  })

  test('are read once, too', async t => {
    const { source, server } = await sourceOnFake(t, { watchPods: true })
    server.put(deployment('web'))
    server.put(crioPod('web', ONE, 'n1'))
    server.put(node('n1', 'arm64'))
    await source.read(AbortSignal.timeout(60_000))
    const { pods } = known(source)
    assert.equal(pods.seen && pods.value[0]?.architecture, 'arm64')
  })

  test('that may not be read withhold nothing else', async t => {
    const { source, server, follow, until } = await sourceOnFake(t, { watchPods: true })
    server.put(deployment('web'))
    server.put(crioPod('web', ONE, 'n1'))
    server.misbehave(
      ({ path }, response) => path.endsWith('/nodes') && forbid(response, 'nodes', 'at the cluster scope')
    )
    await follow()
    await until(() => source.health().problems.some(({ withholds }) => withholds === 'nodes'))
    assert.deepEqual([source.health().up, digestsOf(source)], [true, [ONE]])
  })
})

suite('an index by owner', () => {
  const item = (owner: string, name: string, value = 0) => ({ owner, name, value })

  test('gives the same array while nothing of an owner changes, and never changes one', () => {
    const index = createOwnerIndex<ReturnType<typeof item>>()
    for (const owner of ['a', 'b']) index.change(null, item(owner, 'x', 1))
    const [a, b] = [index.of('a'), index.of('b')]
    index.change(item('a', 'x', 1), item('a', 'x', 2))
    index.change(null, item('a', 'y', 1))
    assert.deepEqual(a, [item('a', 'x', 1)])
    assert.deepEqual(index.of('a'), [item('a', 'x', 2), item('a', 'y', 1)])
    assert.equal(index.of('b'), b)
    assert.equal(index.of('nobody'), index.of('nobody either'))
  })

  test('follows what gets another owner, and what goes', () => {
    const index = createOwnerIndex<ReturnType<typeof item>>()
    index.change(null, item('a', 'x'))
    index.change(item('a', 'x'), item('b', 'x'))
    assert.deepEqual([index.of('a'), index.of('b')], [[], [item('b', 'x')]])
    index.change(item('b', 'x'), null)
    index.change(null, null)
    assert.deepEqual(index.of('b'), [])
  })
})
