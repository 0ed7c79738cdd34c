import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { createAccess } from '../../src/sources/kubernetes/access.ts'
import { createApiClient } from '../../src/sources/kubernetes/api-client.ts'
import { keyOf, resourceVersionOf } from '../../src/sources/kubernetes/collection.ts'
import { loadKubeConfig } from '../../src/sources/kubernetes/kubeconfig.ts'
import { createKubernetesSource } from '../../src/sources/kubernetes/kubernetes-source.ts'
import { listCollection } from '../../src/sources/kubernetes/list.ts'
import { DEFAULT_TIME_LIMITS } from '../../src/sources/kubernetes/time-limits.ts'
import { type WatchEvent, watchCollection } from '../../src/sources/kubernetes/watch.ts'
import { needs } from '../support/component.ts'
import { controlPlaneMissing } from '../support/control-plane.ts'
import { workloadsOf } from '../support/facts.ts'
import { imageOf, problemsOf } from '../support/followed-source.ts'
import { assertReadOnly, GUARD, type GuardedCluster, startGuardedCluster, within } from '../support/guarded-cluster.ts'
import { aCollection } from './kubernetes/a-collection.ts'

suite('kubernetes source on a real control plane', needs(controlPlaneMissing), () => {
  let cluster: GuardedCluster
  let source: ReturnType<typeof createKubernetesSource>
  let changes = 0
  const kubectl = (...args: string[]) => cluster.controlPlane.kubectl([...args, '--namespace=shop'])
  const guardToken = () => cluster.controlPlane.tokenFor({ namespace: 'monitoring', serviceAccount: 'guard' })
  const web = () => {
    const found = source.snapshot().find({ namespace: 'shop', kind: 'Deployment', name: 'web' })
    return found.seen ? found.value.workload : undefined
  }
  const rollout = () => {
    const status = web()?.status
    if (!status?.seen) return status?.reason
    const { observedGeneration, replicas, updated, ready } = status.value
    return `${observedGeneration}: ${ready} of ${updated} new ready, ${replicas - updated} old`
  }
  /** Writes a status as the Deployment controller would. */
  const report = (status: object) => {
    const patch = JSON.stringify({ status })
    return kubectl('patch', 'deployment/web', '--subresource=status', '--type=merge', `--patch=${patch}`)
  }

  before(async () => {
    cluster = await startGuardedCluster(['shop'])
    await cluster.admit({ mayRead: false })
    source = createKubernetesSource({
      environment: {},
      loadKubeConfig: cluster.loadKubeConfig,
      namespaces: ['shop'],
      watchPods: false,
      clock: Date.now
    })
    await kubectl('create', 'deployment', 'web', '--image=web:v1')
    await source.follow(() => {
      changes += 1
    })
  })
  after(async () => {
    await source?.close()
    await cluster?.close()
  })

  test('names the rights that it lacks, and recovers once they are granted', async () => {
    const problem = `forbidden: ${GUARD} cannot list deployments.apps in namespace shop; grant get, list, watch`
    assert.equal(imageOf(source, 'web'), `never_read: ${problem}`)
    assert.ok(problemsOf(source).includes(problem))
    await cluster.grant()
    await within(5_000, 'the rights are used', () => source.health().up)
    assert.equal(imageOf(source, 'web'), 'web:v1')
  })

  test('sees what kubectl makes, changes and deletes within a second', async () => {
    await kubectl('create', 'deployment', 'api', '--image=api:v1')
    await within(5_000, 'made', () => imageOf(source, 'api') === 'api:v1')
    await kubectl('set', 'image', 'deployment/api', '*=api:v2')
    await within(5_000, 'changed', () => imageOf(source, 'api') === 'api:v2')
    await kubectl('delete', 'deployment', 'api')
    await within(5_000, 'deleted', () => imageOf(source, 'api').startsWith('not_found'))
    assert.deepEqual(
      workloadsOf(source.snapshot()).map(({ name }) => name),
      ['web']
    )
  })

  test('sees a rollout begin and end', async () => {
    const done = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }
    await report(done)
    await within(5_000, 'rolled out', () => rollout() === '1: 1 of 1 new ready, 0 old')
    await kubectl('set', 'image', 'deployment/web', '*=web:v2')
    await within(5_000, 'begun', () => web()?.generation === 2)
    await report({ ...done, observedGeneration: 2, replicas: 2, readyReplicas: 1, availableReplicas: 1 })
    await within(5_000, 'under way', () => rollout() === '2: 1 of 1 new ready, 1 old')
    await report({ ...done, observedGeneration: 2 })
    await within(5_000, 'ended', () => rollout() === '2: 1 of 1 new ready, 0 old')
  })

  test('sees annotations come and go', async () => {
    const name = 'version-guard.keybuzz.io/endpoint'
    await kubectl('annotate', 'deployment/web', `${name}=https://shop/debug/version`, 'other=ignored')
    await within(5_000, 'annotated', () => web()?.annotations.endpoint === 'https://shop/debug/version')
    await kubectl('annotate', 'deployment/web', `${name}-`)
    await within(5_000, 'bare', () => Object.keys(web()?.annotations ?? { some: 1 }).length === 0)
  })

  test('does not announce what does not matter', async () => {
    const before = changes
    await kubectl('label', 'deployment/web', 'irrelevant=true')
    await kubectl('create', 'deployment', 'last', '--image=last:v1')
    await within(5_000, 'the event after it', () => imageOf(source, 'last') === 'last:v1')
    assert.equal(changes, before + 1)
  })

  test('goes on with a token that was rotated after the old one had ended', async t => {
    await kubectl('create', 'deployment', 'during', '--image=during:v1')
    await cluster.controlPlane.kubectl(['delete', 'serviceaccount', 'guard', '--namespace=monitoring'])
    // Watches that are open are not asked again who they are, and for ten seconds the server remembers a good token.
    const cutting = setInterval(cluster.proxy.cut, 1_000)
    t.after(() => clearInterval(cutting))
    await within(20_000, 'the old token is refused', () => /unauthorized/.test(problemsOf(source).join()))
    clearInterval(cutting)
    assert.equal(source.health().up, false)
    assert.equal(imageOf(source, 'during'), 'during:v1')

    await cluster.renewToken()
    await within(5_000, 'the new token is used', () => source.health().up)
    await kubectl('set', 'image', 'deployment/web', '*=web:v3')
    await within(5_000, 'changed', () => imageOf(source, 'web') === 'web:v3')
  })

  test('reads once for a check, and knows the same', async () => {
    const once = createKubernetesSource({
      environment: {},
      loadKubeConfig: cluster.loadKubeConfig,
      namespaces: [],
      watchPods: true,
      clock: Date.now
    })
    await once.read(AbortSignal.timeout(10_000))
    assert.deepEqual(once.health().problems, [])
    const byName = (some: typeof source) =>
      workloadsOf(some.snapshot()).toSorted((a, b) => a.name.localeCompare(b.name))
    assert.deepEqual(byName(once), byName(source))
    await once.close()
  })

  for (const [credential, kubeconfig] of [
    ['a client certificate', () => cluster.controlPlane.adminKubeconfig],
    ['a token', async () => cluster.controlPlane.kubeconfigFor({ token: await guardToken() })],
    ['a file with a token', () => cluster.controlPlane.kubeconfigFor({ tokenFile: cluster.tokenFile })]
  ] as const) {
    test(`reads with ${credential} of a kubeconfig`, async () => {
      const KUBECONFIG = await kubeconfig()
      const options = { environment: { KUBECONFIG }, namespaces: ['shop'], watchPods: false, clock: Date.now }
      const once = createKubernetesSource(options)
      await once.read(AbortSignal.timeout(10_000))
      assert.deepEqual(once.health().problems, [])
      assert.equal(imageOf(once, 'web'), imageOf(source, 'web'))
    })
  }

  test('reads as whom the kubeconfig impersonates, with the groups that it names', async () => {
    const admin = loadKubeConfig({ KUBECONFIG: cluster.controlPlane.adminKubeconfig })
    const readAs = async (identity: object) => {
      assert.ok(admin.user !== null)
      const user = { ...admin.user, fields: { ...admin.user.fields, ...identity } }
      const loadAs = () => ({ ...admin, user })
      const options = { environment: {}, namespaces: ['shop'], watchPods: false, clock: Date.now }
      const once = createKubernetesSource({ ...options, loadKubeConfig: loadAs })
      await once.read(AbortSignal.timeout(10_000))
      return problemsOf(once)
    }
    assert.deepEqual(await readAs({ as: GUARD }), [])
    assert.deepEqual(await readAs({ as: 'nobody', 'as-groups': ['system:masters'] }), [])
    assert.match((await readAs({ as: 'nobody', 'as-groups': ['dev'] })).join(), /forbidden: nobody cannot list/)
  })

  test('is shown secrets as metadata, in lists and in events, with nothing of what they hold', async t => {
    const stop = new AbortController()
    t.after(() => stop.abort())
    const { signal } = stop
    const { adminKubeconfig: KUBECONFIG } = cluster.controlPlane
    const access = createAccess({
      loadKubeConfig: () => loadKubeConfig({ KUBECONFIG }),
      environment: {},
      clock: Date.now,
      signal
    })
    const client = createApiClient(access, DEFAULT_TIME_LIMITS)
    const path = '/api/v1/namespaces/shop/secrets'
    const collection = aCollection({ path, representation: 'metadata' })
    const name = 'of-metadata'
    const create = (name: string) => kubectl('create', 'secret', 'generic', name, '--from-literal=password=canary')

    await create(name)
    const { items, resourceVersion } = await listCollection(client, { collection, known: new Map(), signal })
    assert.deepEqual(Object.keys(Object(items.get(`shop/${name}`))), ['kind', 'apiVersion', 'metadata'])
    await create(`${name}-too`)
    await kubectl('delete', 'secret', name)
    const told: WatchEvent[] = []
    for await (const events of watchCollection(client, { collection, resourceVersion, timeoutMs: 5_000, signal })) {
      told.push(...events.filter(({ type }) => type !== 'BOOKMARK'))
      if (told.length >= 2) break
    }
    assert.deepEqual(
      told.map(({ type, object }) => [type, keyOf(object)]),
      [
        ['ADDED', `shop/${name}-too`],
        ['DELETED', `shop/${name}`]
      ]
    )
    const canary = Buffer.from('canary').toString('base64')
    assert.doesNotMatch(JSON.stringify([...items, ...told]), new RegExp(`canary|${canary}`))
    assert.equal(resourceVersionOf(told[1]?.object) === '', false)
  })

  test('has only read, as the audit log of the server says, which would tell a write', async () => {
    await assertReadOnly(cluster.controlPlane)
    const kubeconfig = await cluster.controlPlane.kubeconfigFor({ token: await guardToken() })
    await assert.rejects(
      kubectl(`--kubeconfig=${kubeconfig}`, 'create', 'deployment', 'slip', '--image=slip'),
      /forbidden/
    )
    await assert.rejects(assertReadOnly(cluster.controlPlane), /the guard only reads/)
  })
})
