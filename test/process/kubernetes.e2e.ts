import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { needs } from '../support/component.ts'
import { controlPlaneMissing } from '../support/control-plane.ts'
import { temporaryFolder } from '../support/files.ts'
import { run, serveGuard } from '../support/guard-process.ts'
import { assertReadOnly, GUARD, type GuardedCluster, startGuardedCluster } from '../support/guarded-cluster.ts'
import { reporting, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const REPORT = { version: 'v1', gitSha: 'abc1234' }
const WITHIN_A_SECOND = { withinMs: 1_000 }
const WITHIN_FIVE_SECONDS = { withinMs: 5_000 }

suite('the guard on a real control plane', needs(controlPlaneMissing), () => {
  let cluster: GuardedCluster
  const kubectl = (...args: string[]) => cluster.controlPlane.kubectl([...args, '--namespace=shop'])
  const environment = async () => ({
    KUBECONFIG: await cluster.controlPlane.kubeconfigFor({ tokenFile: cluster.tokenFile }),
    WATCH_NAMESPACES: 'shop',
    ENDPOINT_ALLOW: '127.0.0.0/8'
  })
  const annotate = (name: string, value: string) =>
    kubectl('annotate', '--overwrite', 'deployment/web', `version-guard.keybuzz.io/${name}${value}`)
  /** Writes the status of a rollout that has ended, as the Deployment controller would. */
  const finishRollout = async () => {
    // Annotations count as a generation of a Deployment too.
    const observedGeneration = Number(
      await kubectl('get', 'deployment/web', '--output=jsonpath={.metadata.generation}')
    )
    const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }
    const patch = JSON.stringify({ status: { observedGeneration, ...counts } })
    await kubectl('patch', 'deployment/web', '--subresource=status', '--type=merge', `--patch=${patch}`)
  }

  before(async () => {
    cluster = await startGuardedCluster(['shop'])
    await cluster.admit({ mayRead: false })
    await kubectl('create', 'deployment', 'web', '--image=web:v1')
  })
  after(() => cluster?.close())

  async function guardOn(t: TestContext, env: Record<string, string> = {}) {
    const guard = await serveGuard(t, { ...(await environment()), CHECK_INTERVAL: '1h', ...env })
    const has = (line: string) => guard.metrics().then(text => assert.ok(text.includes(`\n${line}\n`), line))
    const hasNot = (part: string) => guard.metrics().then(text => assert.ok(!text.includes(part), part))
    return { guard, has, hasNot }
  }
  const targetsFile = async (t: TestContext) => {
    const path = join(temporaryFolder(t), 'targets.yaml')
    const endpoint = await startService(t, reporting(REPORT))
    writeFileSync(path, `targets: [{ service: web, namespace: shop, endpoint: ${endpoint} }]`)
    return path
  }

  test('without rights is not ready, says what to grant, and goes on by itself once it is granted', async t => {
    const { guard, has, hasNot } = await guardOn(t, { TARGETS_FILE: await targetsFile(t) })
    await until(() => has('keybuzz_debug_endpoint_up{namespace="shop",service="web"} 1'))
    const cure = `forbidden: ${GUARD} cannot list deployments.apps in namespace shop; grant get, list, watch`
    const status = await (await guard.get('/api/v1/status')).text()
    assert.ok(status.includes(`"status":"UNKNOWN","level":"warning","message":"Deployed image unknown: ${cure}"`))
    const readiness = await guard.get('/readyz')
    assert.equal(readiness.status, 503)
    assert.ok((await readiness.text()).includes(cure))
    assert.ok((await (await guard.get('/')).text()).includes('cannot list deployments.apps in namespace shop'))
    await has('keybuzz_version_guard_kubernetes_up 0')
    await hasNot('keybuzz_workload_found{')
    await hasNot('\nkeybuzz_version_guard_kubernetes_last_sync_timestamp_seconds ')

    await until(() => assert.match(guard.written(), /cannot list deployments.apps.*Workloads cannot be seen/))

    await cluster.grant()
    // Each kind is asked for again in its own time, and the guard is ready when it has seen them all.
    await until(async () => {
      await has('keybuzz_version_consistent{namespace="shop",service="web"} 1')
      assert.equal((await guard.get('/readyz')).status, 200)
    }, WITHIN_FIVE_SECONDS)
  })

  test('says nothing of problems where it starts well', async t => {
    const { guard } = await guardOn(t)
    await until(async () => assert.equal((await guard.get('/readyz')).status, 200))
    assert.doesNotMatch(guard.written(), /"level":"(?:warn|error)"/)
  })

  test('shows in /metrics within a second what kubectl does', async t => {
    const { has, hasNot } = await guardOn(t)
    await until(() => has('keybuzz_version_guard_kubernetes_up 1'))
    await hasNot('service="web"')

    const endpoint = await startService(t, reporting(REPORT))
    await annotate('endpoint', `=${endpoint}/debug/version`)
    await until(() => has('keybuzz_workload_found{namespace="shop",service="web"} 1'), WITHIN_A_SECOND)
    await until(() => has('keybuzz_version_consistent{namespace="shop",service="web"} 1'), WITHIN_A_SECOND)

    await finishRollout()
    await until(() => has('keybuzz_workload_rollout_in_progress{namespace="shop",service="web"} 0'), WITHIN_A_SECOND)
    await kubectl('set', 'image', 'deployment/web', '*=web:v2')
    await until(() => has('keybuzz_version_consistent{namespace="shop",service="web"} 0'), WITHIN_A_SECOND)
    await has('keybuzz_workload_rollout_in_progress{namespace="shop",service="web"} 1')
    await finishRollout()
    await until(() => has('keybuzz_workload_rollout_in_progress{namespace="shop",service="web"} 0'), WITHIN_A_SECOND)

    await annotate('enabled', '=false')
    await until(() => hasNot('service="web"'), WITHIN_A_SECOND)
    await annotate('enabled', '-')
    await until(() => has('keybuzz_workload_found{namespace="shop",service="web"} 1'), WITHIN_A_SECOND)
    await annotate('endpoint', '-')
    await until(() => hasNot('service="web"'), WITHIN_A_SECOND)

    await annotate('endpoint', `=${endpoint}/debug/version`)
    await until(() => has('keybuzz_workload_found{namespace="shop",service="web"} 1'), WITHIN_A_SECOND)
    await kubectl('delete', 'deployment', 'web')
    await until(() => hasNot('service="web"'), WITHIN_A_SECOND)
    await kubectl('create', 'deployment', 'web', '--image=web:v1')
  })

  test('keeps what it knew while the server is away, shows the age, and recovers within five seconds', async t => {
    const { guard, has } = await guardOn(t, { TARGETS_FILE: await targetsFile(t) })
    const consistent = 'keybuzz_version_consistent{namespace="shop",service="web"}'
    const syncedAt = async () => {
      const [, seconds] =
        /^keybuzz_version_guard_kubernetes_last_sync_timestamp_seconds (\S+)$/m.exec(await guard.metrics()) ?? []
      return Number(seconds)
    }
    await until(() => has(`${consistent} 1`))
    await cluster.controlPlane.stopApiServer()
    await until(() => has('keybuzz_version_guard_kubernetes_up 0'))
    const before = await syncedAt()
    await has(`${consistent} 1`)
    assert.ok((await (await guard.get('/')).text()).includes('connection refused'))
    assert.ok(Math.abs((await syncedAt()) - before) < 0.1, 'the time of the last sync stands still')
    assert.equal((await guard.get('/readyz')).status, 200)

    await cluster.controlPlane.startApiServer()
    await until(() => has('keybuzz_version_guard_kubernetes_up 1'), WITHIN_FIVE_SECONDS)
    assert.ok((await syncedAt()) > before)
    await kubectl('set', 'image', 'deployment/web', '*=web:v2')
    await until(() => has(`${consistent} 0`), WITHIN_A_SECOND)
    await kubectl('set', 'image', 'deployment/web', '*=web:v1')
  })

  test('checks once with one list of each kind, and no watch', async t => {
    const before = new Date().toISOString()
    const { code, stdout } = await run(t, ['check'], { ...(await environment()), TARGETS_FILE: await targetsFile(t) })
    assert.equal(code, 0, stdout)
    // Watches of guards before this one are logged when they end.
    const asked = (await cluster.controlPlane.auditEvents())
      .filter(({ user, requestReceivedTimestamp }) => user.username === GUARD && requestReceivedTimestamp >= before)
      .map(({ verb, requestURI }) => `${verb} ${requestURI.split('?')[0]}`)
    assert.deepEqual(asked.sort(), [
      'list /apis/apps/v1/namespaces/shop/daemonsets',
      'list /apis/apps/v1/namespaces/shop/deployments',
      'list /apis/apps/v1/namespaces/shop/statefulsets'
    ])
  })

  test('needs no rights but those that the documentation gives', async () => {
    const { kubectl: asAdmin } = cluster.controlPlane
    await asAdmin(['apply', `--filename=${join(import.meta.dirname, '../../docs/examples/rbac-cluster.yaml')}`])
    const account = '--as=system:serviceaccount:monitoring:keybuzz-version-guard'
    const rights = (await asAdmin(['auth', 'can-i', '--list', account])).split('\n')
    const onWorkloads = rights.filter(line => line.includes('.apps'))
    assert.equal(onWorkloads.length, 3)
    for (const line of onWorkloads) assert.match(line, /\[get list watch\]$/)
    // What every account may do: ask for its own rights, and read the API's description.
    const others = rights.filter(line => line.includes('[') && !line.includes('.apps') && !line.includes('[get]'))
    for (const line of others) assert.match(line, /^selfsubject/)
  })

  test('did nothing but read', () => assertReadOnly(cluster.controlPlane))
})
