import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { parse } from 'yaml'
import { needs } from '../support/component.ts'
import { type ControlPlane, controlPlaneMissing, startControlPlane } from '../support/control-plane.ts'
import { defineOperatorResources, operatorCrdsMissing } from '../support/operator-crds.ts'

const ALERTS = join(import.meta.dirname, '../../alerts')

const RULES = read('prometheusrule.yaml')
const MORE_RULES = ['postdeploy', 'traffic', 'api', 'database', 'gate'].map(name => `prometheusrule-${name}.yaml`)
const ROUTE = read('alertmanagerconfig.yaml')
// With the receivers that the file has in comments.
const ALL_RECEIVERS = parse(text('alertmanagerconfig.yaml').replaceAll(/^# (?= {6})/gm, ''))

// Routes have routes, which a definition cannot say: it takes anything there. One by one they are what it can check.
const routes: readonly object[] = ROUTE.spec.route.routes
const withRoute = (route: object) => ({ ...ROUTE, spec: { ...ROUTE.spec, route } })

function text(file: string): string {
  return readFileSync(`${ALERTS}/${file}`, 'utf8')
}

function read(file: string) {
  return parse(text(file))
}

suite("the Prometheus operator's resources", needs(controlPlaneMissing ?? operatorCrdsMissing), () => {
  let controlPlane: ControlPlane
  before(async () => {
    controlPlane = await startControlPlane()
    await defineOperatorResources(controlPlane, ['prometheusrules', 'alertmanagerconfigs'])
  })
  after(() => controlPlane?.close())

  // Strict, so that a field that the definition does not have is a mistake too. JSON is YAML.
  const apply = (manifest: object) =>
    controlPlane.kubectl(['apply', '--dry-run=server', '--validate=strict', '--filename=-'], JSON.stringify(manifest))

  for (const [name, manifest] of [
    ['prometheusrule.yaml', RULES],
    ...MORE_RULES.map(name => [name, read(name)] as const),
    ['alertmanagerconfig.yaml', ROUTE],
    ['alertmanagerconfig.yaml with every receiver', ALL_RECEIVERS],
    ...routes.map((route, index) => [`route ${index + 1} of alertmanagerconfig.yaml`, withRoute(route)] as const)
  ] as const) {
    test(`${name} is taken by the API server`, async () => {
      assert.match(await apply(manifest), /keybuzz-version-guard(-\w+)? created \(server dry run\)/)
    })
  }

  test('a rule with an unknown field is refused', async () => {
    const [group] = RULES.spec.groups
    const rules = [{ ...group.rules[0], keep_firing: '10m' }]
    await assert.rejects(apply({ ...RULES, spec: { groups: [{ ...group, rules }] } }), /unknown field .*keep_firing"/)
  })

  test('a route with an unknown field, or with one of another type, is refused', async () => {
    await assert.rejects(apply(withRoute({ ...routes[0], group_wait: '15s' })), /unknown field .*group_wait"/)
    await assert.rejects(apply(withRoute({ ...routes[0], groupWait: 15 })), /spec\.route\.groupWait: .*string/)
  })
})
