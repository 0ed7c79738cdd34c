import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseTargetsFile } from '../../src/config/targets-file.ts'
import { needs } from '../support/component.ts'
import { helmMissing } from '../support/helm.ts'
import { chartObjects, kindsOf, matrix, only, read, workloadOf } from './rendering.ts'

suite("the chart's objects", needs(helmMissing), () => {
  const { objects, workload, pod, container, variable } = chartObjects()

  test('are these as they come, and no others', async () => {
    const installed = (await objects()).filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined)
    const kinds = ['ClusterRole', 'ClusterRoleBinding', 'ConfigMap', 'Deployment', 'Service', 'ServiceAccount']
    assert.deepEqual(kindsOf(installed), kinds)
  })

  test('run the release: the tag is appVersion with a v before it', async () => {
    const { version } = JSON.parse(read('package.json'))
    assert.equal((await container()).image, `ghcr.io/keybuzzio/keybuzz-version-guard:v${version}`)
    assert.equal((await workload()).metadata.labels['app.kubernetes.io/version'], version)
  })

  test('let pods that are not ready be reached, because they say why', async () => {
    assert.equal(only(await objects(), 'Service').spec.publishNotReadyAddresses, true)
  })

  for (const values of [{}, { targets: null }]) {
    test(`have a targets file that the guard takes: ${JSON.stringify(values)}`, async () => {
      const named = (await objects(values)).filter(({ metadata }) => metadata.name.endsWith('-targets'))
      const { data } = only(named, 'ConfigMap')
      assert.ok(parseTargetsFile(data['targets.yaml'], '', { versionMatch: 'exact', kind: 'Deployment' }).ok)
    })
  }

  test('restart no pod for other targets, which the guard reads again by itself', async () => {
    const target = { service: 'shop', namespace: 'shop', endpoint: 'https://shop.example.com' }
    assert.deepEqual((await workload({ targets: [target] })).spec, (await workload()).spec)
    assert.notDeepEqual((await workload({ config: { CHECK_INTERVAL: '5m' } })).spec, (await workload()).spec)
  })

  test('write numbers and switches as variables have them', async () => {
    const config = { CHECK_CONCURRENCY: 10_000, HELM_RELEASES: true, CHECK_INTERVAL: '5m' }
    const { env } = await container({ config, namespaces: ['shop'], pods: { watch: true } })
    const set = Object.fromEntries(env.map(({ name, value }: { name: string; value: string }) => [name, value]))
    assert.equal(set.CHECK_CONCURRENCY, '10000')
    assert.equal(set.HELM_RELEASES, 'true')
    assert.equal(set.WATCH_PODS, 'true')
    assert.equal(set.CHECK_INTERVAL, '5m')
  })

  test('switch off images where YAML makes false of off', async () => {
    assert.equal((await variable({ config: { IMAGE_UPDATES: false } }, 'IMAGE_UPDATES')).value, 'off')
  })

  for (const key of ['ca.crt', 'no', 'a: b', 'c #d', "e'f", 'g"h']) {
    test(`name the file of the endpoints' CA whatever its key is: ${key}`, async () => {
      const { value } = await variable({ endpointCa: { configMap: 'company-ca', key } }, 'ENDPOINT_CA_FILE')
      assert.equal(value, `/etc/version-guard/endpoint-ca/${key}`)
    })
  }

  test('leave the user to OpenShift where values say so', async () => {
    const podSecurityContext = { runAsUser: null, runAsGroup: null, fsGroup: null }
    const { securityContext } = await pod({ podSecurityContext })
    assert.deepEqual(securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
  })

  test('may take the memory that 1,000 targets were measured to take, and some more', async () => {
    assert.equal((await container()).resources.limits.memory, '512Mi')
  })

  suite('of several pods', () => {
    test('are a StatefulSet whose pods know by their names which shard they are', async () => {
      const { spec } = await workload({ shards: 3 })
      assert.equal(spec.replicas, 3)
      const named = { name: 'SHARD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }
      assert.deepEqual(await variable({ shards: 3 }, 'SHARD'), named)
      assert.deepEqual(await variable({ shards: 3 }, 'TOTAL_SHARDS'), { name: 'TOTAL_SHARDS', value: '3' })
      assert.equal(await variable({ replicas: 3 }, 'TOTAL_SHARDS'), undefined)
    })

    for (const values of [{ replicas: 2 }, { shards: 2 }]) {
      test(`go away one by one, and are spread: ${JSON.stringify(values)}`, async () => {
        assert.equal(only(await objects(values), 'PodDisruptionBudget').spec.maxUnavailable, 1)
        const keys = (await pod(values)).topologySpreadConstraints.map(
          (each: { topologyKey: string }) => each.topologyKey
        )
        assert.deepEqual(keys, ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'])
      })
    }

    test('have a budget and a spread, which one pod has not: neither would mean anything', async () => {
      assert.ok(!kindsOf(await objects()).includes('PodDisruptionBudget'))
      assert.equal((await pod()).topologySpreadConstraints, undefined)
    })
  })

  for (const [name, values] of Object.entries(matrix)) {
    test(`what selects, selects the pods and not the test: ${name}`, async () => {
      const all = await objects(values)
      const { spec } = workloadOf(all)
      const { labels } = spec.template.metadata
      const test = all.find(({ kind }) => kind === 'Pod')?.metadata.labels ?? {}
      const selectors = [spec.selector.matchLabels, only(all, 'Service').spec.selector]
      for (const selector of selectors) {
        const selects = (of: Readonly<Record<string, string>>) =>
          Object.entries(selector).every(([label, value]) => of[label] === value)
        assert.ok(selects(labels) && !selects(test))
      }
    })

    test(`what is mounted is a volume, and each object has the labels of the release: ${name}`, async () => {
      const all = await objects(values)
      const { spec } = workloadOf(all)
      const names = (list: readonly { name: string }[]) => list.map(each => each.name)
      const { containers, volumes } = spec.template.spec
      assert.deepEqual(names(containers[0].volumeMounts), names(volumes))
      for (const { metadata } of all) assert.equal(metadata.labels['app.kubernetes.io/instance'], 'guard')
    })
  }

  test("have an annotation once, the user's, where it is the user's and ours", async () => {
    const name = 'kubectl.kubernetes.io/default-container'
    const annotated = async (podAnnotations: object | null) =>
      (await workload({ podAnnotations })).spec.template.metadata.annotations
    assert.deepEqual(await annotated(null), { [name]: 'guard' })
    assert.deepEqual(await annotated({ a: 'b', [name]: 'sidecar' }), { a: 'b', [name]: 'sidecar' })
  })

  test("keep our labels where the user's clash with them", async () => {
    const clash = { 'app.kubernetes.io/name': 'other' }
    const { spec } = await workload({ commonLabels: clash, podLabels: clash })
    assert.equal(spec.template.metadata.labels['app.kubernetes.io/name'], 'keybuzz-version-guard')
  })
})
