import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { createAccess } from '../../../src/sources/kubernetes/access.ts'
import { createApiClient } from '../../../src/sources/kubernetes/api-client.ts'
import type { Collection } from '../../../src/sources/kubernetes/collection.ts'
import { listCollection } from '../../../src/sources/kubernetes/list.ts'
import { DEFAULT_TIME_LIMITS } from '../../../src/sources/kubernetes/time-limits.ts'
import { type WatchEvent, watchCollection } from '../../../src/sources/kubernetes/watch.ts'
import { kubeConfigFor, type Misbehaviour, startFakeApiServer } from '../../support/fake-api-server.ts'
import { aCollection } from './a-collection.ts'

const PATH = '/api/v1/namespaces/shop/secrets'

function secret(name: string) {
  return { kind: 'Secret', metadata: { name, namespace: 'shop' }, type: 'Opaque', data: { password: 'Y2FuYXJ5' } }
}

/** Secrets on a fake API server, shown in such a way. */
async function secretsShownAs(t: TestContext, representation: Collection<unknown>['representation']) {
  const server = await startFakeApiServer()
  const stop = new AbortController()
  t.after(server.close)
  t.after(() => stop.abort())
  const client = createApiClient(
    createAccess({
      loadKubeConfig: () => kubeConfigFor(server),
      environment: {},
      clock: Date.now,
      signal: stop.signal
    }),
    DEFAULT_TIME_LIMITS
  )
  const collection: Collection<unknown> = aCollection({ path: PATH, representation })
  const { signal } = stop
  return {
    server,
    list: () => listCollection(client, { collection, known: new Map(), signal }),
    watch: (resourceVersion: string) =>
      watchCollection(client, { collection, resourceVersion, timeoutMs: 60_000, signal })
  }
}

/** So many events of a watch. */
async function take(count: number, watch: AsyncGenerator<readonly WatchEvent[]>): Promise<readonly WatchEvent[]> {
  const told: WatchEvent[] = []
  for await (const events of watch) {
    told.push(...events)
    if (told.length >= count) break
  }
  return told
}

suite('a collection that is shown', () => {
  for (const [representation, list, watch] of [
    ['object', 'application/json', 'application/json'],
    [
      'metadata',
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
    ]
  ] as const) {
    test(`as ${representation} is asked for as nothing else`, async t => {
      const shown = await secretsShownAs(t, representation)
      const { resourceVersion } = await shown.list()
      await take(0, shown.watch(resourceVersion))
      const { requests } = shown.server
      assert.deepEqual(
        requests.map(({ headers }) => headers.accept),
        [list, watch]
      )
    })
  }

  test('as metadata is that and nothing else, in lists and in events', async t => {
    const { server, list, watch } = await secretsShownAs(t, 'metadata')
    server.put(secret('one'))
    const { items, resourceVersion } = await list()
    assert.deepEqual([...items], [['shop/one', { metadata: { name: 'one', namespace: 'shop', resourceVersion: '2' } }]])
    server.put(secret('two'))
    server.remove(secret('one'))
    const told = await take(2, watch(resourceVersion))
    assert.deepEqual(
      told.map(({ type, object }) => [type, Object.keys(object)]),
      [
        ['ADDED', ['kind', 'apiVersion', 'metadata']],
        ['DELETED', ['kind', 'apiVersion', 'metadata']]
      ]
    )
  })

  test('as metadata is not taken for it where whole objects come', async t => {
    const { server, list, watch } = await secretsShownAs(t, 'metadata')
    const whole: Misbehaviour = ({ query }, response) => {
      const event = { type: 'ADDED', object: secret('one') }
      const answer = query.has('watch') ? event : { metadata: { resourceVersion: '1' }, items: [secret('one')] }
      return Boolean(response.writeHead(200).end(`${JSON.stringify(answer)}\n`))
    }
    server.misbehave(whole)
    await assert.rejects(list(), { failure: { kind: 'not_kubernetes' } })
    await assert.rejects(take(1, watch('1')), { failure: { kind: 'not_kubernetes' } })
  })
})
