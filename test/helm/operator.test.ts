import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { generatedRuleFiles } from '../../alerts/generate.ts'
import { needs } from '../support/component.ts'
import { CHART, helmMissing } from '../support/helm.ts'
import { chartObjects, matrix, only, read } from './rendering.ts'

const RECEIVER = { webhookConfigs: [{ urlSecret: { name: 'alerts', key: 'url' } }] }

suite("the chart's objects for the operator and for Grafana", needs(helmMissing), () => {
  const { objects } = chartObjects()

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
    const files = ['rules', 'postdeploy', 'traffic', 'database', 'gate'].map(
      name => parse(read(`alerts/${name}.yaml`)).groups
    )
    assert.deepEqual(rule.spec, { groups: files.flat() })
  })

  const groupNames = async (alerting: object) => {
    const rule = only(await objects({ alerting: { prometheusRule: { enabled: true }, ...alerting } }), 'PrometheusRule')
    return rule.spec.groups.map(({ name }: { name: string }) => name)
  }

  for (const file of ['versions', 'postdeploy', 'traffic', 'database', 'gate']) {
    test(`leave out the rules of ${file} where values say so`, async () => {
      const name = file === 'versions' ? 'rules' : file
      const all = await groupNames({})
      const left = parse(read(`alerts/${name}.yaml`)).groups.map((group: { name: string }) => group.name)
      const kept = await groupNames({ rules: { [file]: false } })
      assert.deepEqual(
        kept,
        all.filter((group: string) => !left.includes(group))
      )
    })
  }

  test('may leave out an alert of a file that is left out, too', async () => {
    const disabled = ['KeyBuzzGitShaMissing', 'KeyBuzzApiDown']
    const kept = await groupNames({ rules: { versions: false } })
    assert.deepEqual(await groupNames({ rules: { versions: false, disabled } }), kept)
  })

  test('have an alert for each API that values name, and for no other', async () => {
    const apis = [
      { job: 'keybuzz-api', service: 'keybuzz-api', namespace: 'keybuzz-api-prod' },
      { job: 'shop/api', service: 'shop', namespace: 'dev' }
    ]
    const alerting = { prometheusRule: { enabled: true }, apis }
    const { groups } = only(await objects({ alerting }), 'PrometheusRule').spec
    const [first, second] = groups.slice(-2)
    assert.deepEqual(first, parse(read('alerts/api.yaml')).groups[0])
    assert.equal(second.name, 'keybuzz-api-dev-shop')
    const [{ labels, expr }] = second.rules
    assert.deepEqual(labels, { severity: 'critical', service: 'shop', namespace: 'dev' })
    assert.match(expr, /^max\(up\{job="shop\/api",namespace=~"dev\|"\}\) == 0\nor\n/)
  })

  test('ask for the metrics and labels that values name, as alerts/ would with the same', async () => {
    const traffic = {
      requests: 'http_server_request_duration_seconds_count',
      durations: 'http_server_request_duration_seconds',
      statusLabels: ['http_response_status_code'],
      routeLabels: ['http_route'],
      probes: '/(up|status\\.json)',
      health: 'probe_success{job="blackbox"}'
    }
    const database = {
      diskRatio: '1 - node_filesystem_avail_bytes / node_filesystem_size_bytes',
      diskLabel: 'mountpoint',
      querySeconds: 'seconds_total',
      queryCalls: 'calls_total',
      connections: 'mysql_global_status_threads_connected'
    }
    const links = {
      runbookUrl: 'https://wiki.example/runbooks/',
      pageUrl: 'https://guard.example/',
      dashboardUrl: 'https://grafana.example/d/service?orgId=1'
    }
    const alerting = { prometheusRule: { enabled: true }, traffic, database, ...links }
    const rule = only(await objects({ alerting }), 'PrometheusRule')
    const values = { ...parse(read('helm/values.yaml')), alerting }
    const files = generatedRuleFiles(name => read(`alerts/sources/${name}`), JSON.stringify(values))
    const expected = ['rules', 'postdeploy', 'traffic', 'database', 'gate'].flatMap(
      name => parse(files[`${name}.yaml`] ?? '').groups
    )
    assert.deepEqual(rule.spec.groups, expected)
    assert.ok(JSON.stringify(expected).includes(JSON.stringify('http_route!~"/(up|status\\\\.json)"').slice(1, -1)))
    assert.doesNotMatch(JSON.stringify(rule.spec), /http_requests_total|\$[A-Z]|handler|kubelet_volume|github/)
  })

  test('are the very route of alerts/, with a receiver that says RESOLVED unasked to PagerDuty alone', async () => {
    const asked = { slackConfigs: [{ sendResolved: true }], pagerdutyConfigs: [{ class: 'version' }] }
    const alertmanagerConfig = { enabled: true, receiver: { ...RECEIVER, ...asked } }
    const { spec } = only(await objects({ alerting: { alertmanagerConfig } }), 'AlertmanagerConfig')
    assert.deepEqual(spec.route, parse(read('alerts/alertmanagerconfig.yaml')).spec.route)
    const [receiver] = spec.receivers
    assert.equal(receiver.name, spec.route.receiver)
    assert.equal(receiver.webhookConfigs[0].sendResolved, false)
    assert.equal(receiver.slackConfigs[0].sendResolved, true)
    assert.equal(receiver.pagerdutyConfigs[0].sendResolved, true)
  })

  test('let criticals through at once, as the file of alerts/ does', async () => {
    const alertmanagerConfig = { enabled: true, receiver: RECEIVER }
    const alerting = { alertmanagerConfig, criticalBypassesCooldown: true }
    const { spec } = only(await objects({ alerting }), 'AlertmanagerConfig')
    const shipped = parse(read('alerts/alertmanager-criticals-at-once.yaml'))
    for (const [index, { group_by }] of shipped.route.routes.entries()) {
      assert.deepEqual(spec.route.routes[index].groupBy, group_by)
    }
    const [rule] = spec.inhibitRules
    const matchers = (list: readonly Record<string, string>[]) =>
      list.map(({ name, matchType, value }) => `${name}${matchType}"${value}"`)
    const [inhibition] = shipped.inhibit_rules
    assert.deepEqual(matchers(rule.sourceMatch), inhibition.source_matchers)
    assert.deepEqual(matchers(rule.targetMatch), inhibition.target_matchers)
    assert.deepEqual(rule.equal, inhibition.equal)
  })

  test('are the very dashboards, under a label of choice', async () => {
    const dashboards = { enabled: true, label: 'look-here', labelValue: 'yes' }
    const all = await objects({ dashboards, commonLabels: { 'look-here': 'no' } })
    const boards = all.filter(({ metadata }) => metadata.labels['look-here'] === 'yes')
    const committed = globSync('dashboards/*.json', { cwd: join(CHART, '..') }).map(path => JSON.parse(read(path)))
    assert.equal(committed.length, 6)
    const rendered = boards.flatMap(({ data }) => Object.values<string>(data).map(text => JSON.parse(text)))
    const byUid = (one: { uid: string }, other: { uid: string }) => one.uid.localeCompare(other.uid)
    assert.deepEqual(rendered.sort(byUid), committed.sort(byUid))
  })
})
