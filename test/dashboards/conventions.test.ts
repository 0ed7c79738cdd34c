// The rules of github.com/grafana/dashboard-linter and of Prometheus mixins, and our own.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { FLEET_FAMILIES } from '../../src/metrics/fleet-families.ts'
import { GATE_FAMILIES } from '../../src/metrics/gate-families.ts'
import { OWN_FAMILIES } from '../../src/metrics/own-metrics.ts'
import { createProcessMetrics } from '../../src/metrics/process-metrics.ts'
import { SERVICE_FAMILIES } from '../../src/metrics/service-families.ts'
import { readAllRules } from '../alerts/shipped-rules.ts'
import { committedDashboards, labelQueriesOf, panelsOf, queriesOf, targetsOf } from './model.ts'

const RUNBOOKS = join(import.meta.dirname, '../../docs/runbooks')
const dashboards = committedDashboards()
const recorded = readAllRules().recordings.map(({ record }) => record)

/** Every metric that a guard exposes. */
async function catalogue(): Promise<readonly string[]> {
  const process = await createProcessMetrics()('text')
  return [
    ...[...SERVICE_FAMILIES, ...FLEET_FAMILIES, ...GATE_FAMILIES, ...OWN_FAMILIES].map(({ name }) => name),
    ...[...process.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name)
  ]
}

for (const [file, dashboard] of Object.entries(dashboards)) {
  const panels = panelsOf(dashboard)
  const asked = queriesOf(file, dashboard)
  const everyText = JSON.stringify(dashboard)

  suite(`conventions of ${file}`, () => {
    test('has a stable uid of its own, a title, tags, and cannot be edited by mistake', () => {
      assert.match(dashboard.uid ?? '', /^[a-z-]{8,40}$/)
      assert.ok(dashboard.title)
      assert.deepEqual(dashboard.tags, ['keybuzz', 'version-guard'])
      assert.equal(dashboard.editable, false)
    })

    test('lets people choose the data source, and fixes none', () => {
      const [first] = dashboard.templating.list ?? []
      assert.deepEqual([first?.type, first?.name, first?.query], ['datasource', 'datasource', 'prometheus'])
      const sources = [...everyText.matchAll(/"datasource":(\{[^}]*\})/g)].map(([, source = '']) => source)
      assert.ok(sources.length > panels.length)
      for (const source of sources) assert.equal(source, '{"type":"prometheus","uid":"$datasource"}')
    })

    test('reads its choices anew when the time range changes', () => {
      for (const { type, name, refresh } of dashboard.templating.list ?? []) {
        if (type === 'query') assert.equal(refresh, 2, name)
      }
    })

    test('says of every panel what it is, in which unit, and what it means when it is empty', () => {
      for (const { title, description = '', fieldConfig, targets = [] } of panels) {
        assert.ok(title)
        assert.ok(description.length > 30, `${title}: description`)
        assert.ok(fieldConfig?.defaults.unit, `${title}: unit`)
        assert.ok(fieldConfig.defaults.noValue, `${title}: no value`)
        assert.ok(targets.length > 0, `${title}: queries`)
      }
    })

    test('gives every panel an id of its own and a place of its own', () => {
      const all = dashboard.panels ?? []
      assert.equal(new Set(all.map(({ id }) => id)).size, all.length)
      const cells = all.flatMap(({ gridPos = { x: 0, y: 0, w: 0, h: 0 } }) => {
        assert.ok(gridPos.w > 0 && gridPos.x + gridPos.w <= 24)
        return Array.from({ length: gridPos.w * gridPos.h }, (_, index) => {
          return `${gridPos.x + (index % gridPos.w)},${gridPos.y + Math.floor(index / gridPos.w)}`
        })
      })
      assert.equal(new Set(cells).size, cells.length)
    })

    test('names each query of a panel once', () => {
      for (const panel of panels) {
        const names = targetsOf(panel).map(({ refId }) => refId)
        assert.equal(new Set(names).size, names.length, panel.title)
      }
    })

    test('takes rates over $__rate_interval, and of counters alone', () => {
      for (const { where, expr } of asked) {
        for (const [, inside = '', range] of expr.matchAll(/\b(?:i?rate|increase)\(([^[]*)\[([^\]]*)\]/g)) {
          assert.equal(range, '$__rate_interval', where)
          assert.match(inside, /_(?:total|count|sum|bucket)\{/, where)
        }
      }
    })

    test('looks at the chosen guards alone, in every selector', () => {
      for (const { where, expr } of asked) {
        const selectors = [...expr.matchAll(/(?<!:)\b(?:keybuzz|process|nodejs)_\w+(\{[^}]*\})?/g)]
        // What rules record is of services, whatever guard saw them.
        assert.ok(selectors.length > 0 || /\bkeybuzz:/.test(expr), where)
        for (const [, matchers = ''] of selectors) assert.match(matchers, /cluster=~"\$cluster", job=~"\$job"/, where)
      }
    })

    test('shows each service once, however many replicas watch it', () => {
      for (const { where, expr } of asked) {
        for (const [, labels = ''] of expr.matchAll(/\b(?:by|on) \(([^)]*\bservice\b[^)]*)\)/g)) {
          assert.match(labels, /^namespace, service/, where)
        }
      }
      for (const { where, expr } of asked.filter(query => query.legend.includes('{{service}}'))) {
        assert.match(expr, /\b(?:max|min) by \(namespace, service/, where)
      }
    })

    test('counts an instance once, however many jobs or Prometheus scrape it', () => {
      for (const { where, expr } of asked) {
        assert.doesNotMatch(expr, /\bsum by \(instance\b|\bcount\(keybuzz_version_guard_build_info/, where)
      }
    })

    test('names its lines: a legend for every query but those of tables', () => {
      for (const { type, title, ...panel } of panels.filter(shown => shown.type !== 'table')) {
        for (const { legendFormat } of targetsOf({ type, ...panel })) assert.ok(legendFormat, title)
      }
    })

    test('has a word beside every colour of a mapped value', () => {
      const results = [...everyText.matchAll(/\{"text":"([^"]*)","color":"[^"]+","index":\d+\}/g)]
      assert.ok(results.length > 0)
      for (const [all, text] of results) assert.notEqual(text, '', all)
    })

    test('shows no failure in green', () => {
      for (const { title, fieldConfig } of panels.filter(panel => panel.title?.startsWith('Failing'))) {
        const colors = (fieldConfig?.overrides ?? []).map(({ properties }) => {
          return properties.find(({ id }) => id === 'color')?.value?.fixedColor
        })
        assert.ok(colors.length > 1, title)
        assert.equal(new Set(colors).size, colors.length, title)
        for (const color of colors) assert.match(color, /^(?!.*green)/, title)
      }
    })

    test('asks for no metric that does not exist', async () => {
      const known = await catalogue()
      const texts = [...asked.map(({ expr }) => expr), ...labelQueriesOf(dashboard).map(({ selected }) => selected)]
      for (const text of texts) {
        for (const [name] of text.matchAll(/(?<!:)\b(?:keybuzz|process|nodejs)_\w+/g)) {
          const family = name.replace(/_(?:bucket|sum|count)$/, '')
          assert.ok(known.includes(name) || known.includes(family), name)
        }
        for (const [name] of text.matchAll(/\bkeybuzz:\w+(?::\w+)?/g)) assert.ok(recorded.includes(name), name)
      }
    })

    test('leads to the other dashboards and to the runbooks', () => {
      const others = Object.values(dashboards).flatMap(({ uid = '' }) => (uid === dashboard.uid ? [] : [uid]))
      const urls = (dashboard.links ?? []).map(({ url = '' }) => url)
      for (const uid of others) assert.ok(urls.some(url => url.startsWith(`/d/${uid}?`)))
      assert.ok(urls.includes('$runbooks'))
      const known = Object.values(dashboards).map(({ uid }) => uid)
      for (const [, uid] of everyText.matchAll(/\/d\/([a-z-]+)/g)) assert.ok(known.includes(uid), uid)
    })

    test('leads to the service of a row, whatever its name has', () => {
      for (const [cell] of everyText.matchAll(/\$\{__data\.fields[^}]*\}/g)) assert.match(cell, /:percentencode\}$/)
    })

    test('leads to runbooks that are there', () => {
      const runbooks = [...everyText.matchAll(/\$\{runbooks\}\/(\w+\.md)/g)].map(([, runbook = '']) => runbook)
      assert.ok(runbooks.length > 0)
      for (const runbook of runbooks) assert.ok(existsSync(join(RUNBOOKS, runbook)), runbook)
    })
  })
}
