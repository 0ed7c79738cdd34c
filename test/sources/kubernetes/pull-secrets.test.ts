import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { createPullSecretReader } from '../../../src/sources/kubernetes/pull-secrets.ts'
import { pullSecret } from '../../support/cluster-objects.ts'
import {
  kubeConfigFor,
  type Misbehaviour,
  refuse,
  refuseOnTheWay,
  startFakeApiServer
} from '../../support/fake-api-server.ts'

const CANARY = 'canary-s3cr3t'

async function setUp(t: TestContext) {
  const server = await startFakeApiServer()
  const reader = createPullSecretReader({
    environment: {},
    loadKubeConfig: () => kubeConfigFor(server),
    clock: Date.now
  })
  t.after(async () => {
    reader.close()
    await server.close()
  })
  return { server, reader }
}

const dockercfg = (text: string) => ({
  ...pullSecret('old', ''),
  type: 'kubernetes.io/dockercfg',
  data: { '.dockercfg': Buffer.from(text).toString('base64') }
})

suite('pull secrets', () => {
  test('are got by name, one by one, in the namespace that is asked for', async t => {
    const { server, reader } = await setUp(t)
    server.put(pullSecret('registry', '{"auths":{}}', 'shop'))
    assert.deepEqual(await reader.read('shop', 'registry'), { seen: true, value: '{"auths":{}}' })
    assert.deepEqual(
      server.requests.map(({ method, path, query }) => `${method} ${path}${query}`),
      ['GET /api/v1/namespaces/shop/secrets/registry']
    )
  })

  test('may have the format of old', async t => {
    const { server, reader } = await setUp(t)
    server.put(dockercfg('{"a.example":{"username":"u"}}'))
    assert.deepEqual(await reader.read('shop', 'old'), {
      seen: true,
      value: '{"auths":{"a.example":{"username":"u"}}}'
    })
  })

  test('are none of another type, whatever they hold', async t => {
    const { server, reader } = await setUp(t)
    server.put({ ...pullSecret('db', `{"auths":"${CANARY}"}`), type: 'Opaque' })
    assert.deepEqual(await reader.read('shop', 'db'), {
      seen: false,
      reason: 'invalid',
      message: 'it is not of the type kubernetes.io/dockerconfigjson'
    })
  })

  const status =
    (code: number): Misbehaviour =>
    (_request, response) =>
      refuse(response, code, 'no')
  const page =
    (code: number): Misbehaviour =>
    (_request, response) =>
      refuseOnTheWay(response, code)
  const saying =
    (text: string): Misbehaviour =>
    (_request, response) => {
      response.end(text)
      return true
    }
  for (const [rule, misbehaviour, expected] of [
    ['that are not there', status(404), /^not_found: there is no such Secret$/],
    [
      'without the right',
      status(403),
      /^forbidden: no permission to read it: grant get on secrets with the resourceName registry in namespace shop$/
    ],
    [
      'behind a balancer without servers',
      page(404),
      /^unreachable: could not be read: .*HTTP 404 .*: no healthy upstream$/
    ],
    ['with a token that is refused', status(401), /^unreachable: could not be read: .*unauthorized/],
    ['of a server with a fault', status(500), /^unreachable: could not be read: .*HTTP 500/],
    [
      'of a server that sends something else',
      saying(`{"kind":"${CANARY}"}`),
      /^unreachable: .* is not Kubernetes' JSON$/
    ],
    ['of a server that sends no JSON', saying(`{${CANARY}`), /^unreachable: .* is not Kubernetes' JSON$/]
  ] as const) {
    test(`${rule} have their reason, and no word of what was sent`, async t => {
      const { server, reader } = await setUp(t)
      server.misbehave(misbehaviour)
      const answer = await reader.read('shop', 'registry')
      assert.ok(!answer.seen)
      assert.match(`${answer.reason}: ${answer.message}`, expected)
      assert.doesNotMatch(answer.message, /canary/)
    })
  }
})
