import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { serveGuard } from '../support/guard-process.ts'
import { CHART } from '../support/helm.ts'
import { reporting, startService } from '../support/services.ts'
import { until } from '../support/until.ts'
import { ACCOUNT, clusterMissing, type HelmCluster, NAMESPACE, startHelmCluster, withValues } from './cluster.ts'

const USER = `system:serviceaccount:${NAMESPACE}:${ACCOUNT}`
const WRITING = ['create', 'update', 'patch', 'delete', 'deletecollection'] as const
const READ = ['pods', 'deployments.apps', 'statefulsets.apps', 'daemonsets.apps']

suite("the chart's own account", needs(clusterMissing), () => {
  let cluster: HelmCluster
  const as = (...args: readonly string[]) => cluster.controlPlane.kubectl([...args, `--as=${USER}`])
  const install = (...settings: readonly string[]) =>
    cluster.helm('helm4', 'upgrade', '--install', ...withValues(...settings))

  before(async () => {
    cluster = await startHelmCluster()
  })
  after(() => cluster?.controlPlane.close())

  /** What a user may in a namespace, as `kubectl auth can-i --list` prints it. */
  const rightsOf = async (user: string, namespace: string) => {
    const list = ['auth', 'can-i', '--list', `--namespace=${namespace}`, `--as=${user}`]
    const [, ...lines] = (await cluster.controlPlane.kubectl(list)).trimEnd().split('\n')
    return lines.map(line => line.trim().replaceAll(/\s+/g, ' '))
  }
  /** What the account may, beside what every account may: asking for its own rights, and for the API's shape. */
  const rights = async (namespace: string) => {
    const everybodys = await rightsOf(`system:serviceaccount:${NAMESPACE}:another`, namespace)
    const all = await rightsOf(USER, namespace)
    assert.deepEqual(
      all.filter(line => !/ \[(get|get list watch)\]$/.test(line) && !/^selfsubject\w+\..* \[create\]$/.test(line)),
      []
    )
    return all.filter(line => !everybodys.includes(line)).sort()
  }
  const LISTED = READ.slice(1).map(resource => `${resource} [] [] [get list watch]`)

  test('may get, list and watch in its namespaces, and nothing elsewhere', async () => {
    await install(join(CHART, 'values-keybuzz-dev.yaml'))
    assert.deepEqual(await rights('keybuzz-client-dev'), [...LISTED].sort())
    assert.deepEqual(await rights('keybuzz-admin-dev'), [...LISTED].sort())
    assert.deepEqual(await rights(NAMESPACE), [])
    await assert.rejects(as('get', 'deployments', '-A'), /forbidden/i)
  })

  test('may get, list and watch in the whole cluster, pods too where they are watched', async () => {
    await install('pods={"watch":true}')
    const more = ['replicasets.apps', 'controllerrevisions.apps', 'pods', 'nodes']
    const listed = more.map(resource => `${resource} [] [] [get list watch]`)
    assert.deepEqual(await rights('default'), [...LISTED, ...listed].sort())
    for (const resource of READ) await as('get', resource, '-A')
  })

  test('is refused each verb that writes', async () => {
    await cluster.kubectl('create', 'deployment', 'victim', '--image=victim:v1')
    for (const resource of [...READ, 'deployments.apps/scale', 'secrets', 'configmaps', 'pods/exec', 'events']) {
      for (const verb of WRITING) {
        await assert.rejects(as('auth', 'can-i', verb, resource, '-A'), `${verb} ${resource}`)
      }
    }
    const deployment = ['deployment', 'victim', `--namespace=${NAMESPACE}`]
    const attempts: readonly (readonly string[])[] = [
      ['create', 'deployment', 'another', '--image=a:b', `--namespace=${NAMESPACE}`],
      ['patch', ...deployment, '--patch={"spec":{"replicas":5}}'],
      ['scale', ...deployment, '--replicas=5'],
      ['rollout', 'restart', ...deployment],
      ['annotate', ...deployment, 'a=b'],
      ['delete', ...deployment, '--wait=false'],
      ['delete', 'deployments', '--all', '--wait=false', `--namespace=${NAMESPACE}`]
    ]
    for (const attempt of attempts) await assert.rejects(as(...attempt), /forbidden/i, attempt.join(' '))
    const replaced = await cluster.kubectl('get', 'deployment', 'victim', '--output=json')
    await assert.rejects(cluster.controlPlane.kubectl(['replace', '-f=-', `--as=${USER}`], replaced), /forbidden/i)
    assert.equal(await cluster.kubectl('get', 'deployment', 'victim', '--output=jsonpath={.spec.replicas}'), '1')
  })

  test('lets the real guard work as the chart sets it up', async t => {
    const endpoint = await startService(t, reporting({ version: 'v1', gitSha: 'abc1234' }))
    const target = { service: 'shop', namespace: 'keybuzz-client-dev', endpoint }
    const settings = ['config={"CHECK_INTERVAL":"1s"}', `targets=${JSON.stringify([target])}`]
    await install('namespaces=["keybuzz-client-dev"]', ...settings)
    await cluster.controlPlane.kubectl([
      'create',
      'deployment',
      'shop',
      '--image=shop:v1',
      '--namespace=keybuzz-client-dev'
    ])

    // In place of a kubelet: the mounted folder, the variables, the token.
    const config = JSON.parse(await cluster.kubectl('get', 'configmap', `${ACCOUNT}-targets`, '--output=json'))
    const file = join(temporaryFolder(t), 'targets.yaml')
    writeFileSync(file, config.data['targets.yaml'])
    const deployment = JSON.parse(await cluster.kubectl('get', 'deployment', ACCOUNT, '--output=json'))
    const variables: readonly { name: string; value: string }[] = deployment.spec.template.spec.containers[0].env
    const token = await cluster.controlPlane.tokenFor({ namespace: NAMESPACE, serviceAccount: ACCOUNT })
    const guard = await serveGuard(t, {
      ...Object.fromEntries(variables.map(({ name, value }) => [name, value])),
      TARGETS_FILE: file,
      KUBECONFIG: await cluster.controlPlane.kubeconfigFor({ token })
    })

    const labels = '{namespace="keybuzz-client-dev",service="shop"}'
    const has = async (line: string) => assert.ok((await guard.metrics()).includes(`\n${line}\n`), line)
    await until(() => has(`keybuzz_version_consistent${labels} 1`))
    await until(() => has('keybuzz_version_guard_kubernetes_up 1'))
    assert.equal((await guard.get('/readyz')).status, 200)
    await cluster.controlPlane.kubectl([
      'set',
      'image',
      'deployment/shop',
      '*=shop:v2',
      '--namespace=keybuzz-client-dev'
    ])
    await until(() => has(`keybuzz_version_consistent${labels} 0`))

    const events = (await cluster.controlPlane.auditEvents()).filter(
      ({ user, userAgent }) => user.username === USER && !userAgent?.startsWith('kubectl')
    )
    assert.ok(events.length >= 3)
    for (const { verb, requestURI } of events) assert.ok(['list', 'watch'].includes(verb), `${verb} ${requestURI}`)
  })
})
