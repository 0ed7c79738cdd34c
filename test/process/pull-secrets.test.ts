import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { deployment, pullSecret } from '../support/cluster-objects.ts'
import { forbid, kubeconfigTextFor, refuse, startFakeApiServer } from '../support/fake-api-server.ts'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard } from '../support/guard-process.ts'
import { startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const CANARY = 'Canary-s3cr3t-0123456789abcdef'
const basic = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64')
const SHOP = basic('shop', CANARY)
const TEAM = basic('team', 'of-another-team')
const FILE = basic('file', 'of-the-operator')

/** A registry whose one repository only the user `shop` may read, and a guard's environment with this image in each namespace. */
async function setUp(t: TestContext, namespaces: Readonly<Record<string, readonly string[]>>) {
  const shown = new Set<string>()
  const registry: RequestListener = (request, response) => {
    const said = request.headers.authorization ?? ''
    shown.add(said)
    // It gives away what it was told, as a broken one may.
    const challenge = { 'www-authenticate': `Basic realm="${said}"` }
    if (said !== `Basic ${SHOP}`) return void response.writeHead(401, challenge).end(JSON.stringify({ errors: [said] }))
    if (request.url?.includes('/tags/list')) return void response.end('{"name":"db","tags":["15.4","17.2"]}')
    response.writeHead(request.method === 'HEAD' ? 200 : 404, { 'docker-content-digest': `sha256:${'a'.repeat(64)}` })
    response.end()
  }
  const host = new URL(await startService(t, registry)).host
  const api = await startFakeApiServer()
  t.after(api.close)
  for (const [namespace, names] of Object.entries(namespaces)) {
    const { spec, ...workload } = deployment('db', { namespace, image: `${host}/db:15.4` })
    const imagePullSecrets = names.map(name => ({ name }))
    const template = { ...spec.template, spec: { ...spec.template.spec, imagePullSecrets } }
    api.put({ ...workload, spec: { ...spec, template } })
  }
  const folder = temporaryFolder(t)
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const env = {
    KUBECONFIG: file('kubeconfig', kubeconfigTextFor(api)),
    DISCOVERY: 'all',
    IMAGE_UPDATES: 'all',
    IMAGE_PULL_SECRETS: 'true',
    REGISTRY_INSECURE: host,
    REGISTRY_AUTH_FILE: file('auth.json', configFor(host, FILE)),
    LOG_LEVEL: 'trace'
  }
  const secretsAsked = () =>
    api.requests
      .filter(({ path }) => path.includes('/secrets'))
      .map(({ method, path, query }) => `${method} ${path}${query}`)
  return { api, host, env, shown, secretsAsked }
}

const configFor = (host: string, auth: string) => JSON.stringify({ auths: { [host]: { auth } } })
const failing = (namespace: string) =>
  new RegExp(`^keybuzz_image_check_failure\\{namespace="${namespace}",.*reason="unauthorized"\\} 1$`, 'm')

suite('the file of credentials', () => {
  test('is used at once for what was refused, when it changes', async t => {
    const { host, env } = await setUp(t, { shop: [] })
    const guard = await serveGuard(t, env)
    await until(async () => assert.match(await guard.metrics(), failing('shop')))
    writeFileSync(env.REGISTRY_AUTH_FILE, configFor(host, SHOP))
    await until(async () => {
      assert.match(await guard.metrics(), /^keybuzz_image_update_available\{namespace="shop",.*\} 1$/m)
    })
  })
})

suite('pull secrets', { concurrency: 2 }, () => {
  test('read the images of their own namespace and no others, and are shown nowhere', async t => {
    const { api, host, env, shown, secretsAsked } = await setUp(t, {
      shop: ['registry'],
      unnamed: [],
      missing: ['registry'],
      forbidden: ['registry', 'other'],
      broken: ['registry']
    })
    api.put(pullSecret('registry', configFor(host, SHOP), 'shop'))
    api.put(pullSecret('registry', configFor(host, SHOP), 'unnamed'))
    api.put(pullSecret('registry', `{"auths": ${CANARY}`, 'broken'))
    api.misbehave(({ path }, response) => {
      if (path.includes('/missing/secrets')) return refuse(response, 404, 'not found')
      return path.includes('/forbidden/secrets') && forbid(response, 'secrets', 'in the namespace "forbidden"')
    })
    const guard = await serveGuard(t, env)
    const metrics = await until(async () => {
      const text = await guard.metrics()
      assert.match(text, /^keybuzz_image_update_available\{namespace="shop",.*\} 1$/m)
      for (const namespace of ['unnamed', 'missing', 'forbidden', 'broken']) assert.match(text, failing(namespace))
      return text
    })
    assert.equal(
      metrics.match(/^keybuzz_image_update_available\{/gm)?.length,
      1,
      'what one reads is not told of others'
    )
    assert.deepEqual(secretsAsked().toSorted(), [
      'GET /api/v1/namespaces/broken/secrets/registry',
      'GET /api/v1/namespaces/forbidden/secrets/other',
      'GET /api/v1/namespaces/forbidden/secrets/registry',
      'GET /api/v1/namespaces/missing/secrets/registry',
      'GET /api/v1/namespaces/shop/secrets/registry'
    ])
    assert.deepEqual(shown, new Set(['', `Basic ${SHOP}`, `Basic ${FILE}`]))

    const answers = await Promise.all(
      ['/', '/api/v1/status', '/readyz'].map(async path => (await guard.get(path)).text())
    )
    const everything = [metrics, ...answers, guard.written()].join('\n')
    assert.match(everything, /pull secret registry of namespace missing: there is no such Secret/)
    assert.match(everything, /grant get on secrets with the resourceName \w+ in namespace forbidden/)
    assert.match(everything, /pull secret registry of namespace broken is not used: it holds no docker config/)
    assert.doesNotMatch(everything, /canary-s|s3cr3t|0123456789/i)
    for (const secret of [SHOP, FILE]) assert.ok(!everything.includes(secret))
  })

  test('are tried one after another where several are for one registry, as kubelet does', async t => {
    const { api, host, env, shown } = await setUp(t, { shop: ['team', 'registry'] })
    api.put(pullSecret('team', configFor(host, TEAM), 'shop'))
    api.put(pullSecret('registry', configFor(host, SHOP), 'shop'))
    const guard = await serveGuard(t, env)
    await until(async () => {
      assert.match(await guard.metrics(), /^keybuzz_image_update_available\{namespace="shop",.*\} 1$/m)
    })
    assert.deepEqual(shown, new Set(['', `Basic ${TEAM}`, `Basic ${SHOP}`]))
    assert.doesNotMatch(guard.written(), /refuse/, 'one that may not read is no problem')
  })

  test('are not asked for unless they are switched on', async t => {
    const { api, host, env, secretsAsked } = await setUp(t, { shop: ['registry'] })
    api.put(pullSecret('registry', configFor(host, SHOP), 'shop'))
    const guard = await serveGuard(t, { ...env, IMAGE_PULL_SECRETS: 'false' })
    await until(async () => assert.match(await guard.metrics(), failing('shop')))
    assert.deepEqual(secretsAsked(), [])
  })
})
