import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
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

  test('let criticals through at once, as the file of alerts/ does', async () => {
    const alertmanagerConfig = { enabled: true, receiver: RECEIVER }
    const alerting = { alertmanagerConfig, criticalBypassesCooldown: true }
    const { spec } = only(await objects({ alerting }), 'AlertmanagerConfig')
    const shipped = parse(read('alerts/alertmanager-criticals-at-once.yaml'))
    assert.deepEqual(spec.route.routes[0].groupBy, shipped.route.routes[0].group_by)
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
    assert.equal(committed.length, 3)
    const rendered = boards.flatMap(({ data }) => Object.values<string>(data).map(text => JSON.parse(text)))
    const byUid = (one: { uid: string }, other: { uid: string }) => one.uid.localeCompare(other.uid)
    assert.deepEqual(rendered.sort(byUid), committed.sort(byUid))
  })
})
