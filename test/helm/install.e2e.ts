import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { CHART, HELMS, MATRIX, readManifests } from '../support/helm.ts'
import { until } from '../support/until.ts'
import { clusterMissing, type HelmCluster, keepLog, startHelmCluster, withValues } from './cluster.ts'

const KEYBUZZ = join(CHART, 'values-keybuzz-dev.yaml')
const ALL_VALUES = [...globSync('*.yaml', { cwd: MATRIX }).map(name => join(MATRIX, name)), KEYBUZZ]

// Everything that a release may have made, wherever it is.
const KINDS = [
  'deployments,statefulsets,pods,services,configmaps,secrets,serviceaccounts,roles,rolebindings,clusterroles',
  'clusterrolebindings,networkpolicies,poddisruptionbudgets,servicemonitors,prometheusrules,alertmanagerconfigs'
].join(',')

suite('the chart on a real API server', needs(clusterMissing), () => {
  let cluster: HelmCluster
  before(async () => {
    cluster = await startHelmCluster()
  })
  after(() => cluster?.controlPlane.close())

  const installed = async () => {
    const listed = await cluster.kubectl(
      'get',
      KINDS,
      '--selector=app.kubernetes.io/instance=guard',
      '-A',
      '--output=name'
    )
    return listed.split('\n').filter(line => line !== '')
  }

  for (const helm of HELMS) {
    suite(`with ${helm}`, () => {
      for (const values of ALL_VALUES) {
        test(`${basename(values)}: what is rendered, the server takes`, async () => {
          const { stdout } = await cluster.helm(helm, 'template', ...withValues(values))
          const answer = (await cluster.applyDry(stdout)).trim().split('\n')
          assert.equal(answer.length, readManifests(stdout).length)
          for (const line of answer) assert.match(line, /created \(server dry run\)$/)
        })
      }

      test('a dry run of the installation has the critical objects in its output, and changes nothing', async () => {
        const printed = await cluster.helm(
          helm,
          'upgrade',
          '--install',
          '--dry-run=server',
          '--debug',
          ...withValues(
            join(MATRIX, 'operator-values.yaml'),
            'webConfig.content={"basic_auth_users":{"sre":"$2y$10$x"}}'
          )
        )
        keepLog(`${helm}-dry-run`, printed)
        const [, rendered = ''] = printed.stdout.split(/^MANIFEST:$/m)
        const kinds = readManifests(rendered.split(/^NOTES:$/m)[0] ?? '').map(
          ({ kind, metadata }) => `${kind} ${metadata.name}`
        )
        for (const critical of [
          'ConfigMap guard-keybuzz-version-guard-targets',
          'Secret guard-keybuzz-version-guard-web-config',
          'Deployment guard-keybuzz-version-guard',
          'Service guard-keybuzz-version-guard',
          'ServiceAccount guard-keybuzz-version-guard',
          'ClusterRole monitoring-guard-keybuzz-version-guard',
          'ClusterRoleBinding monitoring-guard-keybuzz-version-guard',
          'ServiceMonitor guard-keybuzz-version-guard',
          'PrometheusRule guard-keybuzz-version-guard',
          'AlertmanagerConfig guard-keybuzz-version-guard'
        ]) {
          assert.ok(kinds.includes(critical), `${critical} among ${kinds}`)
        }
        assert.match(
          printed.stdout,
          /MATCHES NOTHING unless(?:.|\n)+alertmanagerConfigMatcherStrategy: \{ type: None \}/
        )
        assert.deepEqual(await installed(), [])
      })

      // No controllers run here: nothing becomes ready, so nothing waits for it.
      test('is installed, upgraded, rolled back and uninstalled, and leaves nothing', async () => {
        const targets = () =>
          cluster.kubectl('get', 'configmap/guard-keybuzz-version-guard-targets', '--output=jsonpath={.data}')
        keepLog(`${helm}-install`, await cluster.helm(helm, 'upgrade', '--install', '--debug', ...withValues(KEYBUZZ)))
        assert.match(await targets(), /client-dev\.keybuzz\.io/)
        const first = await installed()
        assertHas(first, 'deployment.apps/', 'role.rbac', 'rolebinding.rbac', 'service/', 'serviceaccount/')
        assert.ok(!first.some(name => name.startsWith('clusterrole')))

        const tested = cluster.helm(helm, 'test', 'guard')
        const done = ['--subresource=status', '--type=merge', '--patch={"status":{"phase":"Succeeded"}}']
        await until(() => cluster.kubectl('patch', 'pod/guard-keybuzz-version-guard-test', ...done))
        await tested
        assert.deepEqual(await installed(), first)

        const second = withValues(join(MATRIX, 'operator-values.yaml'), 'shards=3')
        keepLog(`${helm}-upgrade`, await cluster.helm(helm, 'upgrade', '--debug', ...second))
        assert.doesNotMatch(await targets(), /keybuzz\.io/)
        const upgraded = await installed()
        assertHas(upgraded, 'statefulset.apps/', 'clusterrole.rbac', 'servicemonitor.')
        assertHas(upgraded, 'prometheusrule.', 'alertmanagerconfig.')
        assert.ok(!upgraded.some(name => name.startsWith('deployment') || name.startsWith('role.')), `${upgraded}`)

        keepLog(`${helm}-rollback`, await cluster.helm(helm, 'rollback', 'guard', '1', '--debug'))
        assert.deepEqual(await installed(), first)
        assert.match(await targets(), /client-dev\.keybuzz\.io/)
        const history = JSON.parse((await cluster.helm(helm, 'history', 'guard', '--output=json')).stdout)
        assert.deepEqual(
          history.map(({ status }: { status: string }) => status),
          ['superseded', 'superseded', 'deployed']
        )

        await cluster.helm(helm, 'uninstall', 'guard')
        assert.deepEqual(await installed(), [])
        assert.equal(await cluster.kubectl('get', 'secrets', '--output=name'), '')
      })
    })
  }
})

function assertHas(names: readonly string[], ...starts: readonly string[]): void {
  for (const start of starts) {
    assert.ok(
      names.some(name => name.startsWith(start)),
      `${start} among ${names}`
    )
  }
}
