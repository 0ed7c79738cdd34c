import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { CHART, type Manifest, readManifests } from '../support/helm.ts'
import { ACCOUNT, clusterMissing, type HelmCluster, NAMESPACE, startHelmCluster, withValues } from './cluster.ts'

suite("the chart's pods under the restricted Pod Security Standard", needs(clusterMissing), () => {
  let cluster: HelmCluster
  before(async () => {
    cluster = await startHelmCluster()
    const label = 'pod-security.kubernetes.io/enforce=restricted'
    await cluster.kubectl('label', 'namespace', NAMESPACE, label)
    await cluster.kubectl('create', 'serviceaccount', ACCOUNT)
  })
  after(() => cluster?.controlPlane.close())

  const rendered = async (...settings: readonly string[]) => {
    const { stdout } = await cluster.helm('helm4', 'template', ...withValues(...settings))
    return readManifests(stdout)
  }
  const podOf = (manifests: readonly Manifest[]) => {
    const { metadata, spec } = manifests.find(({ kind }) => /Deployment|StatefulSet/.test(kind))?.spec.template ?? {}
    return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'guard', namespace: NAMESPACE }, spec }
  }
  const admit = (pod: object) => cluster.applyDry(JSON.stringify(pod))

  for (const settings of [
    [],
    ['shards=3'],
    [join(CHART, 'ci/file-source-values.yaml')],
    [join(CHART, 'ci/listener-values.yaml')]
  ]) {
    test(`are admitted: ${settings.map(setting => setting.replace(CHART, '')).join() || 'as they come'}`, async () => {
      assert.match(await admit(podOf(await rendered(...settings))), /created \(server dry run\)/)
    })
  }

  test('are admitted: the test of the release', async () => {
    const pod = (await rendered()).find(({ kind }) => kind === 'Pod')
    assert.match(await admit(pod ?? {}), /created \(server dry run\)/)
  })

  for (const [what, broken] of [
    ['root', 'podSecurityContext.runAsNonRoot=false'],
    ['gains of privilege', 'securityContext.allowPrivilegeEscalation=true'],
    ['capabilities', 'securityContext.capabilities={"drop":[]}'],
    ['any system call', 'podSecurityContext.seccompProfile={"type":"Unconfined"}']
  ] as const) {
    test(`are refused with ${what}`, async () => {
      await assert.rejects(async () => admit(podOf(await rendered(broken))), /violates PodSecurity "restricted/)
    })
  }
})
