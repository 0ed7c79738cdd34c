import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { aContainer, startFakeEngine } from '../support/fake-engine.ts'
import { listening, run, startGuard } from '../support/guard-process.ts'
import { reporting, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const FINE = { version: 'v1', gitSha: 'abc1234' }
const DIGEST = `sha256:${'b'.repeat(64)}`

async function host(t: TestContext, image = 'ghcr.io/shop/web:v1') {
  const endpoint = await startService(t, reporting(FINE))
  const labels = { ...aContainer().Labels, 'version-guard.keybuzz.io/endpoint': endpoint }
  const container = aContainer({ Labels: labels, Image: image })
  const engine = await startFakeEngine(t, {
    containers: [container, aContainer({ Id: '2'.repeat(64), Labels: { TOKEN: 'secret' }, Names: ['/db'] })],
    images: { [container.ImageID]: { Id: container.ImageID, RepoDigests: [`ghcr.io/shop/web@${DIGEST}`] } }
  })
  const env = { WORKLOAD_SOURCE: 'docker', DOCKER_HOST: `unix://${engine.socketPath}`, ENDPOINT_ALLOW: '127.0.0.0/8' }
  return { engine, env, container }
}

suite('on a Docker host', () => {
  for (const [rule, image, code, status] of [
    ['a container is OK that says what it is', 'ghcr.io/shop/web:v1', 0, 'OK'],
    ['a container that runs another version is a mismatch', 'ghcr.io/shop/web:v2', 1, 'MISMATCH'],
    ["a container that was started by an image's id has no tag to compare", `sha256:${'a'.repeat(64)}`, 3, 'UNKNOWN']
  ] as const) {
    test(rule, async t => {
      const { engine, env, container } = await host(t, image)
      engine.world.inspections = { [container.Id]: { Config: { Image: image } } }
      const { code: exit, stdout, stderr } = await run(t, ['check'], env)
      const [line] = stdout.split('\n').map(text => (text === '' ? {} : JSON.parse(text)))
      assert.deepEqual([exit, line.namespace, line.service, line.status, stderr], [code, 'shop', 'web', status, ''])
    })
  }

  test('an endpoint in a label is not trusted', async t => {
    const { env } = await host(t)
    const { stdout } = await run(t, ['check'], { ...env, ENDPOINT_ALLOW: '' })
    assert.match(stdout, /"status":"ERROR"/)
  })

  test('every container is a service with DISCOVERY=all, and no rollout is judged', async t => {
    const { env, engine } = await host(t)
    const guard = startGuard(t, { env: { ...env, DISCOVERY: 'all' } })
    const address = await listening(guard)
    const metrics = () => fetch(`${address}/metrics`).then(answer => answer.text())
    await until(async () => assert.match(await metrics(), /^keybuzz_version_consistent.* 1$/m))
    const text = await metrics()
    assert.match(text, /^keybuzz_service_info\{.*namespace="default".*service="db".*kind="Container".*workload="db"/m)
    assert.match(text, /^keybuzz_service_info\{.*service="web".*managed_by="compose"/m)
    assert.match(text, new RegExp(`^keybuzz_version_info\\{.*image_digest="${DIGEST}"`, 'm'))
    assert.match(text, /^keybuzz_version_guard_docker_up 1$/m)
    assert.match(text, /^keybuzz_version_guard_docker_last_sync_timestamp_seconds \d/m)
    assert.doesNotMatch(text, /^keybuzz_workload_state\{|^keybuzz_version_guard_kubernetes|secret/m)

    await engine.stop()
    await until(async () => assert.match(await metrics(), /^keybuzz_version_guard_docker_up 0$/m))
    assert.match(await metrics(), /^keybuzz_version_consistent.* 1$/m)
    assert.match(await metrics(), /^keybuzz_version_guard_config_reload_success 1$/m)
  })
})
