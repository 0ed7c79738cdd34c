import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { parseTargetsFile } from '../../src/config/targets-file.ts'
import { needs } from '../support/component.ts'
import { CHART, helmMissing, MATRIX, type Manifest } from '../support/helm.ts'
import { kindsOf, only, render, type Values } from './rendering.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const matrix = Object.fromEntries(
  globSync('*.yaml', { cwd: MATRIX }).map(name => [name.replace('-values.yaml', ''), parse(read(`helm/ci/${name}`))])
)
const RECEIVER = { webhookConfigs: [{ urlSecret: { name: 'alerts', key: 'url' } }] }

suite("the chart's objects", needs(helmMissing), () => {
  let home: string
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'keybuzz-helm-'))
  })
  after(() => rmSync(home, { recursive: true, force: true }))

  const objects = (values: Values = {}) => render(home, values)
  const workload = async (values: Values = {}) => {
    const all = await objects(values)
    return only(all, 'shards' in values ? 'StatefulSet' : 'Deployment')
  }
  const pod = async (values: Values = {}) => (await workload(values)).spec.template.spec
  const container = async (values: Values = {}) => (await pod(values)).containers[0]
  const variable = async (values: Values, name: string) =>
    (await container(values)).env.find((entry: { name: string }) => entry.name === name)

  suite('as they come', () => {
    test('are these, and no others', async () => {
      const installed = (await objects()).filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined)
      const kinds = ['ClusterRole', 'ClusterRoleBinding', 'ConfigMap', 'Deployment', 'Service', 'ServiceAccount']
      assert.deepEqual(kindsOf(installed), kinds)
    })

    test('run the release: its tag is appVersion with a v before it', async () => {
      const { version } = JSON.parse(read('package.json'))
      assert.equal((await container()).image, `ghcr.io/keybuzzio/keybuzz-version-guard:v${version}`)
      assert.equal((await workload()).metadata.labels['app.kubernetes.io/version'], version)
    })

    test('let pods be reached that are not ready, for they say why', async () => {
      assert.equal(only(await objects(), 'Service').spec.publishNotReadyAddresses, true)
    })

    test('have a targets file that the guard takes', async () => {
      const config = only(
        (await objects()).filter(({ metadata }) => metadata.name.endsWith('-targets')),
        'ConfigMap'
      )
      assert.ok(parseTargetsFile(config.data['targets.yaml'], '', { versionMatch: 'exact' }).ok)
    })
  })

  suite('of rights', () => {
    const rulesOf = (all: readonly Manifest[]) =>
      all
        .filter(({ kind }) => /Role$/.test(kind))
        .flatMap(({ rules }) => rules as { verbs: string[]; resources: string[] }[])

    for (const [name, values] of Object.entries(matrix)) {
      test(`hold get, list and watch, and nothing else: ${name}`, async () => {
        for (const { verbs } of rulesOf(await objects(values))) assert.deepEqual(verbs, ['get', 'list', 'watch'])
      })
    }

    test('are those of the documented manifests, for a cluster and for namespaces', async () => {
      const namespaces = ['keybuzz-client-dev', 'keybuzz-admin-dev']
      for (const [file, values] of [
        ['rbac-cluster', {}],
        ['rbac-namespaces', { namespaces }]
      ] as const) {
        const documented = parseAllDocuments(read(`docs/examples/${file}.yaml`)).map(document => document.toJSON())
        const all = await objects(values)
        const where = (list: readonly Manifest[]) =>
          list.filter(({ rules }) => rules).map(({ kind, metadata, rules }) => [kind, metadata.namespace, rules])
        assert.deepEqual(where(all), where(documented))
      }
    })

    test('include pods only where these are watched', async () => {
      const resources = async (config: Values) =>
        rulesOf(await objects({ config })).flatMap(({ resources }) => resources)
      const workloads = ['deployments', 'statefulsets', 'daemonsets']
      assert.deepEqual(await resources({}), workloads)
      assert.deepEqual(await resources({ WATCH_PODS: true }), [...workloads, 'pods'])
    })

    test('name the namespaces that the guard watches', async () => {
      const namespaces = ['a', 'b']
      assert.deepEqual(await variable({ namespaces }, 'WATCH_NAMESPACES'), { name: 'WATCH_NAMESPACES', value: 'a,b' })
      assert.equal(await variable({}, 'WATCH_NAMESPACES'), undefined)
    })

    test('are none, and there is no token, where workloads come from manifests', async () => {
      const values = matrix['file-source']
      assert.ok(!kindsOf(await objects(values)).some(kind => /Role/.test(kind)))
      assert.equal((await pod(values)).automountServiceAccountToken, false)
      assert.equal((await pod()).automountServiceAccountToken, true)
      assert.equal(only(await objects(), 'ServiceAccount').automountServiceAccountToken, false)
    })

    test('are left to others where values say so', async () => {
      const kinds = kindsOf(
        await objects({ rbac: { create: false }, serviceAccount: { create: false, name: 'theirs' } })
      )
      assert.ok(!kinds.some(kind => /Role|ServiceAccount/.test(kind)))
    })
  })

  suite('of several pods', () => {
    test('are shards of a StatefulSet that know which they are by their names', async () => {
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

    test('are not what one pod is: no budget would let it go, no spread would mean anything', async () => {
      assert.ok(!kindsOf(await objects()).includes('PodDisruptionBudget'))
      assert.equal((await pod()).topologySpreadConstraints, undefined)
    })
  })

  suite('of the listener', () => {
    test('have probes that speak TLS where it does', async () => {
      assert.equal((await container()).livenessProbe.httpGet.scheme, 'HTTP')
      const tls = await container({ webConfig: { existingSecret: 'a', existingSecretHasTls: true } })
      assert.equal(tls.livenessProbe.httpGet.scheme, 'HTTPS')
      assert.equal(tls.readinessProbe.httpGet.scheme, 'HTTPS')
    })

    test('have probes of the port where it wants certificates, which the kubelet has not', async () => {
      const { livenessProbe, readinessProbe } = await container(matrix.listener)
      assert.deepEqual(livenessProbe.tcpSocket, { port: 'http' })
      assert.ok(!('httpGet' in livenessProbe) && !('httpGet' in readinessProbe))
    })

    test("have probes of the user's own", async () => {
      const { livenessProbe, startupProbe } = await container(matrix['existing-secret'])
      assert.deepEqual(livenessProbe.tcpSocket, { port: 'http' })
      assert.ok(!('httpGet' in livenessProbe))
      assert.equal(startupProbe.failureThreshold, 30)
      assert.equal((await container({ readinessProbe: null })).readinessProbe, undefined)
    })

    test('keep passwords in a Secret, and mount it at a folder, so that rotation arrives', async () => {
      const all = await objects(matrix.listener)
      assert.match(only(all, 'Secret').stringData['web-config.yaml'], /prometheus: \$2y\$10/)
      assert.equal(all.filter(object => JSON.stringify(object).includes('$2y$10')).length, 1)
      assert.doesNotMatch(JSON.stringify(all), /subPath/)
    })
  })

  suite('for the operator', () => {
    test('honour the labels of the metrics', async () => {
      const [endpoint] = only(await objects({ serviceMonitor: { enabled: true } }), 'ServiceMonitor').spec.endpoints
      assert.equal(endpoint.honorLabels, true)
      assert.equal(endpoint.scheme, 'http')
      const [safe] = only(await objects(matrix.listener), 'ServiceMonitor').spec.endpoints
      assert.equal(safe.scheme, 'https')
      assert.equal(safe.basicAuth.password.key, 'password')
    })

    test('are the very rules of alerts/', async () => {
      const rule = only(await objects({ alerting: { prometheusRule: { enabled: true } } }), 'PrometheusRule')
      assert.deepEqual(rule.spec, parse(read('alerts/rules.yaml')))
    })

    test('are the very route of alerts/, with a receiver that does not say RESOLVED unasked', async () => {
      const alertmanagerConfig = { enabled: true, receiver: { ...RECEIVER, slackConfigs: [{ sendResolved: true }] } }
      const { spec } = only(await objects({ alerting: { alertmanagerConfig } }), 'AlertmanagerConfig')
      assert.deepEqual(spec.route, parse(read('alerts/alertmanagerconfig.yaml')).spec.route)
      const [receiver] = spec.receivers
      assert.equal(receiver.name, spec.route.receiver)
      assert.equal(receiver.webhookConfigs[0].sendResolved, false)
      assert.equal(receiver.slackConfigs[0].sendResolved, true)
    })

    test('let criticals through at once, as the documentation has it', async () => {
      const alertmanagerConfig = { enabled: true, receiver: RECEIVER }
      const alerting = { alertmanagerConfig, criticalBypassesCooldown: true }
      const { spec } = only(await objects({ alerting }), 'AlertmanagerConfig')
      const [documented] = [...read('docs/alerting.md').matchAll(/```yaml\n(route:(?:.|\n)+?)```/g)].map(([, text]) =>
        parse(text ?? '')
      )
      assert.deepEqual(spec.route.routes[0].groupBy, documented.route.routes[0].group_by)
      const [rule] = spec.inhibitRules
      const matchers = (list: readonly Record<string, string>[]) =>
        list.map(({ name, matchType, value }) => `${name}${matchType}"${value}"`)
      const [inhibition] = documented.inhibit_rules
      assert.deepEqual(matchers(rule.sourceMatch), inhibition.source_matchers)
      assert.deepEqual(matchers(rule.targetMatch), inhibition.target_matchers)
      assert.deepEqual(rule.equal, inhibition.equal)
    })

    test('are the very dashboards, under a label of choice', async () => {
      const all = await objects({ dashboards: { enabled: true, label: 'look-here', labelValue: 'yes' } })
      const boards = all.filter(({ metadata }) => metadata.labels['look-here'] === 'yes')
      const committed = globSync('dashboards/*.json', { cwd: ROOT }).map(path => JSON.parse(read(path)))
      assert.equal(committed.length, 3)
      const rendered = boards.flatMap(({ data }) => Object.values<string>(data).map(text => JSON.parse(text)))
      const byUid = (one: { uid: string }, other: { uid: string }) => one.uid.localeCompare(other.uid)
      assert.deepEqual(rendered.sort(byUid), committed.sort(byUid))
    })
  })

  suite('of the network', () => {
    test('allow DNS, the API server and the web, where nobody says more', async () => {
      const { ingress, egress } = only(await objects({ networkPolicy: { enabled: true } }), 'NetworkPolicy').spec
      const ports = egress.map((rule: { ports: { port: number }[] }) => rule.ports.map(({ port }) => port))
      assert.deepEqual(ports, [
        [53, 53],
        [443, 6443],
        [80, 443]
      ])
      assert.deepEqual(ingress, [{ ports: [{ protocol: 'TCP', port: 'http' }] }])
    })

    test('do not allow an API server that is not asked', async () => {
      const { egress } = only(await objects(matrix['file-source']), 'NetworkPolicy').spec
      assert.equal(egress.length, 2)
    })

    test('are narrowed by peers, and still let the test of the release in', async () => {
      const all = await objects({ ...matrix['locked-down'], test: { enabled: true } })
      const { ingress, egress } = only(all, 'NetworkPolicy').spec
      assert.ok(egress.every((rule: object) => 'to' in rule))
      const [, tester] = ingress[0].from
      const labels = only(all, 'Pod').metadata.labels
      for (const [name, value] of Object.entries(tester.podSelector.matchLabels)) assert.equal(labels[name], value)
    })
  })

  suite('hold together', () => {
    for (const [name, values] of Object.entries(matrix)) {
      test(`what selects, selects the pods and not the test: ${name}`, async () => {
        const all = await objects(values)
        const { spec } = all.find(({ kind }) => /Deployment|StatefulSet/.test(kind)) ?? assert.fail()
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
        const { spec } = all.find(({ kind }) => /Deployment|StatefulSet/.test(kind)) ?? assert.fail()
        const names = (list: readonly { name: string }[]) => list.map(each => each.name)
        const { containers, volumes } = spec.template.spec
        assert.deepEqual(names(containers[0].volumeMounts), names(volumes))
        for (const { metadata } of all) assert.equal(metadata.labels['app.kubernetes.io/instance'], 'guard')
      })
    }

    test("keep our labels where the user's clash with them", async () => {
      const clash = { 'app.kubernetes.io/name': 'other' }
      const { spec } = await workload({ commonLabels: clash, podLabels: clash })
      assert.equal(spec.template.metadata.labels['app.kubernetes.io/name'], 'keybuzz-version-guard')
    })
  })

  test('write numbers and switches as variables have them', async () => {
    const config = { CHECK_CONCURRENCY: 10_000, WATCH_PODS: true, CHECK_INTERVAL: '5m' }
    const { env } = await container({ config })
    const set = Object.fromEntries(env.map(({ name, value }: { name: string; value: string }) => [name, value]))
    assert.equal(set.CHECK_CONCURRENCY, '10000')
    assert.equal(set.WATCH_PODS, 'true')
    assert.equal(set.CHECK_INTERVAL, '5m')
  })

  test('of KeyBuzz have rights in its two namespaces alone', async () => {
    const all = await objects(parse(readFileSync(join(CHART, 'values-keybuzz-dev.yaml'), 'utf8')))
    assert.ok(!kindsOf(all).some(kind => kind.startsWith('Cluster')))
    const roles = all.filter(({ kind }) => kind === 'Role').map(({ metadata }) => metadata.namespace)
    assert.deepEqual(roles, ['keybuzz-client-dev', 'keybuzz-admin-dev'])
  })
})
