import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { deployment, listOf, podOf } from '../support/cluster-objects.ts'
import { kubeconfigTextFor, startFakeApiServer } from '../support/fake-api-server.ts'
import { temporaryFolder } from '../support/files.ts'
import { run, serveGuard } from '../support/guard-process.ts'
import { startService } from '../support/services.ts'
import { until } from '../support/until.ts'

type Annotations = Readonly<Record<string, string>>

/** A registry that has these tags in every repository, and a guard's environment with one Deployment for each image. */
async function setUp(t: TestContext, wish: { tags?: readonly string[]; annotations?: Annotations; tag?: string } = {}) {
  const { tags = ['15.4', '15.12', '17.2'], annotations = {}, tag = '15.4' } = wish
  const asked: string[] = []
  const registry: RequestListener = (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (request.url?.includes('/tags/list')) return void response.end(JSON.stringify({ name: 'db', tags }))
    if (request.method === 'HEAD') response.setHeader('docker-content-digest', `sha256:${'a'.repeat(64)}`)
    else response.statusCode = 404
    response.end()
  }
  const host = new URL(await startService(t, registry)).host
  const folder = temporaryFolder(t)
  const path = join(folder, 'workloads.json')
  const workload = deployment('db', {
    namespace: 'dev',
    image: `${host}/db:${tag}`,
    annotations: prefixed(annotations)
  })
  writeFileSync(path, JSON.stringify(listOf([workload])))
  const env = { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: path, DISCOVERY: 'all', REGISTRY_INSECURE: host }
  return { asked, host, folder, env }
}

const prefixed = (annotations: Annotations) =>
  Object.fromEntries(Object.entries(annotations).map(([name, text]) => [`version-guard.keybuzz.io/${name}`, text]))

const gauge = (metrics: string, name: string) =>
  metrics
    .split('\n')
    .filter(line => line.startsWith(`keybuzz_image_${name}{`))
    .map(line => line.replace(/namespace="dev",service="db",container="app",?/, ''))

suite('images', { concurrency: 3 }, () => {
  test('ask nobody where IMAGE_UPDATES is off', async t => {
    const { asked, env } = await setUp(t)
    const guard = await serveGuard(t, env)
    await until(async () =>
      assert.match(await guard.metrics(), /keybuzz_workload_found\{namespace="dev",service="db"\} 1/)
    )
    assert.deepEqual(gauge(await guard.metrics(), 'update_available'), [])
    await run(t, ['check'], { ...env, IMAGE_UPDATES: 'all' })
    assert.deepEqual(asked, [], 'and check asks registries only with --images')
  })

  test('are not there to check without a service that is watched, and check names what is set against it', async t => {
    const { env } = await setUp(t)
    const optedOut = await setUp(t, { annotations: { 'image-updates': 'false' } })
    const complaintIn = async (variables: Readonly<Record<string, string>>) => {
      const { code, stderr } = await run(t, ['check', '--images'], variables)
      assert.equal(code, 3)
      return stderr.replace('keybuzz-version-guard: nothing to check: no service has a watched image', '').trim()
    }
    const [optIn, discovery] = [
      '; IMAGE_UPDATES=all watches those that have not opted in, too',
      '; DISCOVERY=all makes every workload a service'
    ]
    assert.equal(await complaintIn({ ...env, DISCOVERY: 'true' }), discovery)
    assert.equal(await complaintIn({ ...env, IMAGE_UPDATES: 'opt-in' }), optIn)
    assert.equal(await complaintIn({ ...env, IMAGE_UPDATES: 'opt-in', DISCOVERY: 'true' }), `${optIn}${discovery}`)
    assert.equal(await complaintIn(optedOut.env), '')
  })

  test('are checked within seconds of the start, and told everywhere', async t => {
    const { asked, host, env } = await setUp(t)
    const guard = await serveGuard(t, { ...env, IMAGE_UPDATES: 'all' })
    const metrics = await until(async () => {
      const text = await guard.metrics()
      assert.deepEqual(gauge(text, 'update_available'), ['keybuzz_image_update_available{} 1'])
      return text
    })
    assert.deepEqual(gauge(metrics, 'update_info'), [
      `keybuzz_image_update_info{image="${host}/db",current="15.4",latest="17.2",same_major="15.12",notes=""} 1`
    ])
    assert.deepEqual(gauge(metrics, 'behind'), ['keybuzz_image_behind{part="major"} 1'])
    const { services } = (await (await guard.get('/api/v1/status')).json()) as {
      services: { images: { latest: string; sameMajor: string; status: string }[] }[]
    }
    assert.deepEqual(
      services.flatMap(({ images }) => images.map(({ status, latest, sameMajor }) => [status, latest, sameMajor])),
      [['UPDATE_AVAILABLE', '17.2', '15.12']]
    )
    assert.match(await (await guard.get('/')).text(), /<code>17\.2<\/code>/)
    assert.ok(asked.every(line => /^(GET|HEAD) /.test(line)))
  })

  test('are compared with what the pods run, where pods are read', async t => {
    const { host, env } = await setUp(t)
    const api = await startFakeApiServer()
    t.after(api.close)
    const annotations = prefixed({ enabled: 'true', 'image-updates': 'true' })
    const image = `${host}/db:15.4`
    const pod = podOf('db', `sha256:${'b'.repeat(64)}`)
    const [status] = pod.status.containerStatuses
    api.put(deployment('db', { image, annotations }))
    api.put({
      ...pod,
      spec: { containers: [{ name: 'app', image }] },
      status: { ...pod.status, containerStatuses: [{ ...status, containerID: 'containerd://1' }] }
    })
    const kubeConfig = join(temporaryFolder(t), 'kubeconfig')
    writeFileSync(kubeConfig, kubeconfigTextFor(api))
    const { REGISTRY_INSECURE } = env
    const guard = await serveGuard(t, {
      KUBECONFIG: kubeConfig,
      WATCH_PODS: 'true',
      IMAGE_UPDATES: 'opt-in',
      REGISTRY_INSECURE
    })
    await until(async () => {
      const metrics = await guard.metrics()
      // This registry has no manifest of the tag, so nobody can tell whether both digests are the same image.
      assert.match(metrics, /^keybuzz_image_update_available\{namespace="shop",service="db",container="app"\} 1$/m)
      assert.doesNotMatch(metrics, /^keybuzz_image_digest_drift/m)
    })
    const { services } = (await (await guard.get('/api/v1/status')).json()) as {
      services: { images: { runningDigests: string[] }[] }[]
    }
    assert.deepEqual(services[0]?.images[0]?.runningDigests, [`sha256:${'b'.repeat(64)}`])
  })

  test('follow the annotations of the workload', async t => {
    const annotations = { 'image-updates': 'true', 'semver-range': '15.x', 'tag-pattern.app': '^15' }
    const { env } = await setUp(t, { annotations })
    const { stdout, code } = await run(t, ['check', '--images'], { ...env, IMAGE_UPDATES: 'opt-in' })
    assert.deepEqual([JSON.parse(stdout).latest, code], ['15.12', 0])
  })

  test('complain about a pattern that no linear engine runs', async t => {
    const { env } = await setUp(t, { annotations: { 'tag-pattern': '^(?=15)' } })
    const { stdout, code } = await run(t, ['check', '--images'], env)
    assert.match(JSON.parse(stdout).message, /tag-pattern .* is refused: the linear engine supports no look-around/)
    assert.equal(code, 3)
  })

  test('complain about a misnamed annotation', async t => {
    const { env } = await setUp(t, { annotations: { 'tag-pattern.ap': '^15', 'image-updates': 'yes' } })
    const { stderr } = await run(t, ['check', '--images'], env)
    assert.match(stderr, /tag-pattern\.ap names no container; the containers are: app/)
    assert.match(stderr, /image-updates of container app is "yes": it takes true or false/)
  })

  test('print one line of JSON for each container, by hand, with the keys in their order', async t => {
    const { host, env } = await setUp(t)
    const { stdout, stderr, code } = await run(t, ['check', '--images'], env)
    assert.equal(
      stdout.replace(/"timestamp":"[^"]*"/, '"timestamp":""'),
      `{"timestamp":"","level":"info","message":"Tag 17.2 is newer than 15.4 (major); the newest of the same major version is 15.12","service":"db","namespace":"dev","container":"app","image":"${host}/db","current":"15.4","latest":"17.2","part":"major","same_major":"15.12","same_minor":null,"drifted":null,"notes":null,"failure":null,"status":"UPDATE_AVAILABLE"}\n`
    )
    assert.deepEqual([stderr, code], ['', 0])
  })

  test('print a table where one is asked for', async t => {
    const { env } = await setUp(t)
    const { stdout } = await run(t, ['check', '--images', '--format', 'table'], env)
    assert.match(stdout, /^STATUS +NAMESPACE +SERVICE +CONTAINER +CURRENT +LATEST +SAME MAJOR +MESSAGE\n/)
    assert.match(stdout, /\nUPDATE_AVAILABLE +dev +db +app +15\.4 +17\.2 +15\.12 +Tag 17\.2 is newer/)
  })

  test('are left out with --only-bad where they are up to date, and counted all the same', async t => {
    const { env } = await setUp(t, { annotations: { 'tag-pattern': '^15\\.4$' } })
    const lines = await run(t, ['check', '--images', '--only-bad'], env)
    assert.deepEqual([lines.code, lines.stdout], [0, ''])
    const table = await run(t, ['check', '--images', '--only-bad', '--format', 'table'], env)
    assert.deepEqual([table.code, table.stdout], [0, '1 image: 1 UP_TO_DATE\n'])
  })

  test('are unknown, and never up to date, where the registry is not to be reached', async t => {
    const { env } = await setUp(t)
    const { REGISTRY_INSECURE: _, ...guarded } = env
    const { stdout, code } = await run(t, ['check', '--images'], guarded)
    const { status, message, failure } = JSON.parse(stdout)
    assert.deepEqual([status, failure, code], ['UNKNOWN', 'invalid', 3])
    assert.match(message, /127\.0\.0\.1 may not be reached: name it in REGISTRY_INSECURE/)
  })

  test('do not start with a broken file of credentials, and say what is wrong with it', async t => {
    const { folder, env } = await setUp(t)
    const path = join(folder, 'auth.json')
    writeFileSync(path, 'secret')
    const { code, stderr } = await run(t, ['check', '--images'], { ...env, REGISTRY_AUTH_FILE: path })
    assert.equal(code, 64)
    assert.match(stderr, /auth\.json: it takes a docker config: a JSON object with auths/)
    assert.doesNotMatch(stderr, /secret/)
  })
})
