import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { needs } from '../support/component.ts'
import { helmMissing, type Manifest } from '../support/helm.ts'
import { chartObjects, only, read } from './rendering.ts'

// What kube-prometheus-stack writes into its Prometheus by default, for a release of this name:
// serviceMonitorSelector and ruleSelector, by serviceMonitorSelectorNilUsesHelmValues and ruleSelectorNilUsesHelmValues.
const STACK = { matchLabels: { release: 'kube-prometheus-stack' } }

function selects({ matchLabels }: typeof STACK, { metadata }: Manifest): boolean {
  return Object.entries(matchLabels).every(([name, value]) => metadata.labels?.[name] === value)
}

suite('the chart beside what a cluster has', needs(helmMissing), () => {
  const { objects, workload, pod, container, variable } = chartObjects()

  test('is found by kube-prometheus-stack with the values of the example', async () => {
    const rendered = await objects(parse(read('docs/examples/values-kube-prometheus-stack.yaml')))
    for (const kind of ['ServiceMonitor', 'PrometheusRule']) assert.ok(selects(STACK, only(rendered, kind)), kind)
    const service = only(rendered, 'Service')
    assert.ok(selects(only(rendered, 'ServiceMonitor').spec.selector, service), 'and its monitor finds the Service')
  })

  test('is not found by it without them', async () => {
    const rendered = await objects({
      serviceMonitor: { enabled: true },
      alerting: { prometheusRule: { enabled: true } }
    })
    for (const kind of ['ServiceMonitor', 'PrometheusRule']) assert.ok(!selects(STACK, only(rendered, kind)), kind)
  })

  const ruleOf = async (alerting: object) =>
    only(await objects({ alerting: { prometheusRule: { enabled: true }, ...alerting } }), 'PrometheusRule')
  const alertsOf = ({ spec }: Manifest) =>
    spec.groups
      .flatMap(({ rules }: { rules: { alert?: string }[] }) => rules)
      .filter(({ alert }: { alert?: string }) => alert)

  test('leaves out the alerts that values name, and no other', async () => {
    const names = async (rules: object) =>
      alertsOf(await ruleOf({ rules })).map(({ alert }: { alert: string }) => alert)
    const kept = await names({ disabled: ['KeyBuzzGitShaMissing', 'KeyBuzzHighLatencyP95'] })
    const full = await names({})
    assert.deepEqual(
      full.filter((name: string) => !kept.includes(name)),
      ['KeyBuzzGitShaMissing', 'KeyBuzzHighLatencyP95']
    )
  })

  test('labels every alert as values say, and none against its own labels', async () => {
    const plain = alertsOf(await ruleOf({}))
    const labelled = alertsOf(await ruleOf({ rules: { labels: { team: 'sre', severity: 'page' } } }))
    assert.ok(plain.length > 10)
    for (const [index, { labels }] of labelled.entries()) {
      assert.deepEqual(labels, { team: 'sre', ...plain[index].labels })
    }
  })

  test('sends the rules where Prometheus looks for them', async () => {
    assert.equal((await ruleOf({ prometheusRule: { enabled: true, namespace: 'rules' } })).metadata.namespace, 'rules')
  })

  test('goes into another namespace than the release, all of it', async () => {
    const rendered = await objects({ namespaceOverride: 'elsewhere', serviceMonitor: { enabled: true } })
    const places = new Set(rendered.flatMap(({ metadata }) => metadata.namespace ?? []))
    assert.deepEqual([...places], ['elsewhere'])
    assert.equal(only(rendered, 'ClusterRoleBinding').subjects[0].namespace, 'elsewhere')
  })

  for (const [repository, image] of [
    ['ghcr.io/keybuzzio/keybuzz-version-guard', 'mirror.example.com/keybuzzio/keybuzz-version-guard:v1'],
    ['localhost/guard', 'mirror.example.com/guard:v1'],
    ['registry:5000/a/guard', 'mirror.example.com/a/guard:v1'],
    ['keybuzzio/guard', 'mirror.example.com/keybuzzio/guard:v1']
  ] as const) {
    test(`takes ${repository} from a mirror`, async () => {
      const values = { global: { imageRegistry: 'mirror.example.com' }, image: { repository, tag: 'v1' } }
      assert.equal((await container(values)).image, image)
    })
  }

  test('takes a mirror with a slash behind it', async () => {
    const values = { global: { imageRegistry: 'mirror.example.com/ghcr/' }, image: { tag: 'v1' } }
    assert.equal((await container(values)).image, 'mirror.example.com/ghcr/keybuzzio/keybuzz-version-guard:v1')
  })

  test('pulls with the secrets of all charts and with its own, for helm test too', async () => {
    const values = {
      global: { imagePullSecrets: ['a', { name: 'b' }] },
      imagePullSecrets: [{ name: 'c' }, { name: 'a' }]
    }
    const tester = only(await objects(values), 'Pod').spec
    for (const { imagePullSecrets } of [await pod(values), tester]) {
      assert.deepEqual(imagePullSecrets, [{ name: 'a' }, { name: 'b' }, { name: 'c' }])
    }
  })

  test("reads somebody else's targets file, and makes none", async () => {
    const values = { existingTargets: { configMap: 'mine', key: 'list.yaml' } }
    const { volumes } = await pod(values)
    const [targets] = volumes.filter(({ name }: { name: string }) => name === 'targets')
    assert.deepEqual(targets.configMap, { name: 'mine', items: [{ key: 'list.yaml', path: 'targets.yaml' }] })
    assert.equal((await variable(values, 'TARGETS_FILE')).value, '/etc/version-guard/targets/targets.yaml')
    const made = (await objects(values)).filter(({ metadata }) => metadata.name.endsWith('-targets'))
    assert.deepEqual(made, [])
  })

  test('is reached by an ingress under each of its names', async () => {
    const ingress = { enabled: true, className: 'nginx', hosts: ['a.example.com', 'b.example.com'], path: '/guard' }
    const rendered = await objects({ ingress, service: { port: 80 } })
    const { spec } = only(rendered, 'Ingress')
    assert.equal(spec.ingressClassName, 'nginx')
    assert.deepEqual(
      spec.rules.map(({ host }: { host: string }) => host),
      ingress.hosts
    )
    for (const { http } of spec.rules) {
      const [{ path, backend }] = http.paths
      assert.equal(path, '/guard')
      assert.equal(backend.service.name, only(rendered, 'Service').metadata.name)
      assert.equal(backend.service.port.name, only(rendered, 'Service').spec.ports[0].name)
    }
  })

  test('is reached by a route of a gateway', async () => {
    const parentRefs = [{ name: 'public', namespace: 'gateways' }]
    const httpRoute = { enabled: true, parentRefs, hostnames: ['guard.example.com'] }
    const rendered = await objects({ httpRoute, service: { port: 8080 } })
    const { spec } = only(rendered, 'HTTPRoute')
    assert.deepEqual(spec.parentRefs, parentRefs)
    assert.deepEqual(spec.rules, [{ backendRefs: [{ name: only(rendered, 'Service').metadata.name, port: 8080 }] }])
  })

  test('has both families of addresses', async () => {
    const service = { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6', 'IPv4'] }
    const { spec } = only(await objects({ service }), 'Service')
    assert.equal(spec.ipFamilyPolicy, 'RequireDualStack')
    assert.deepEqual(spec.ipFamilies, ['IPv6', 'IPv4'])
  })

  test('has more containers beside the guard, which stays the first', async () => {
    const { containers, dnsConfig } = await pod({
      extraContainers: [{ name: 'login', image: 'proxy:1' }],
      dnsConfig: { options: [{ name: 'ndots', value: '2' }] }
    })
    assert.deepEqual(
      containers.map(({ name }: { name: string }) => name),
      ['guard', 'login']
    )
    assert.deepEqual(dnsConfig, { options: [{ name: 'ndots', value: '2' }] })
  })

  test('makes more objects, as maps or as texts, with templates filled in', async () => {
    const map = { apiVersion: 'v1', kind: 'Secret', metadata: { name: '{{ .Release.Name }}-a' } }
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: { name: "{{ include "guard.fullname" . }}-b" }'
    const made = (await objects({ extraManifests: [map, text] })).filter(({ kind }) => kind === 'Secret')
    const { name } = (await workload()).metadata
    assert.deepEqual(made.map(({ metadata }) => metadata.name).sort(), ['guard-a', `${name}-b`])
  })
})
