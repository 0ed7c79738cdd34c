import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { prometheusMissing, type RunningPrometheus } from '../support/prometheus.ts'
import { until } from '../support/until.ts'
import { answerTo, variablesFor } from './answers.ts'
import {
  type Asked,
  askedBy,
  committedDashboards,
  labelQueriesOf,
  labelsOf,
  panelsOf,
  queriesOf,
  substituted,
  targetsOf
} from './model.ts'
import { SERVICES, TARGETS, WITHOUT_ENDPOINT, watchFleet } from './watched-fleet.ts'

const dashboards = Object.entries(committedDashboards())

suite('what the dashboards ask of a real Prometheus', needs(prometheusMissing), () => {
  test('has an answer, with what legends name and tables show, and each service once', async t => {
    const prometheus = await watchFleet(t)
    for (const [file, dashboard] of dashboards) {
      for (const asked of queriesOf(file, dashboard)) await until(() => assertAnswered(prometheus, asked, file))
    }
    for (const [file] of dashboards) await assertChoices(prometheus, file)
    for (const [file] of dashboards) await until(() => assertColumns(prometheus, file))
    await until(() => assertTargets(prometheus))
  })
})

/** What the guard watches for its image or its rollout alone counts too. */
async function assertTargets(prometheus: RunningPrometheus): Promise<void> {
  const file = 'guard.json'
  const panel = panelsOf(committedDashboards()[file]).find(({ title, type }) => title === 'Targets' && type === 'stat')
  assert.ok(panel)
  const [asked] = askedBy(panel, file)
  assert.ok(asked)
  const [targets] = await answerTo(prometheus, asked, variablesFor(file))
  assert.equal(targets?.points.at(-1)?.[1], TARGETS, asked.where)
}

/** Every query of the fleet has an answer but those of what only a namespace has that names too many services. */
async function assertAnswered(prometheus: RunningPrometheus, asked: Asked, file: string): Promise<void> {
  if (/new_series_held_total/.test(asked.expr)) return
  const answer = await answerTo(prometheus, asked, variablesFor(file))
  assert.ok(answer.length > 0, `${asked.where}: no answer`)
  for (const { labels, points } of answer) {
    for (const label of labelsOf(asked.legend)) assert.ok(label in labels, `${asked.where}: ${label}`)
    assert.ok(!points.every(([, value]) => Number.isNaN(value)), `${asked.where}: only NaN`)
  }
}

/** Every variable has something to choose from, but for clusters, of which this fleet knows nothing. */
async function assertChoices(prometheus: RunningPrometheus, file: string): Promise<void> {
  for (const { variable, label, selected } of labelQueriesOf(committedDashboards()[file])) {
    if (variable === 'cluster') continue
    const values = await prometheus.query(`count by (${label}) (${substituted(selected, variablesFor(file))})`)
    assert.ok(values.length > 0, `${file}: variable ${variable}`)
    for (const { metric } of values) assert.ok(metric[label], `${file}: variable ${variable}`)
    if (file !== 'service.json' || variable !== 'service') continue
    assert.ok(
      values.some(({ metric }) => metric.service === WITHOUT_ENDPOINT),
      'a service without an endpoint'
    )
  }
}

/** Every column of every table is among the fields of the answers; no row is there twice. */
async function assertColumns(prometheus: RunningPrometheus, file: string): Promise<void> {
  for (const panel of panelsOf(committedDashboards()[file]).filter(({ type }) => type === 'table')) {
    const answers = await Promise.all(
      askedBy(panel, file).map(asked => answerTo(prometheus, asked, variablesFor(file)))
    )
    const values = targetsOf(panel).map(({ refId }) => `Value #${refId}`)
    const fields = new Set([...answers.flat().flatMap(({ labels }) => Object.keys(labels)), ...values])
    const columns = Object.keys(panel.transformations?.at(-1)?.options.indexByName)
    for (const column of columns) assert.ok(fields.has(column), `${panel.title}: ${column}`)

    if (panel.title !== 'Every service, worst first') continue
    assert.equal(answers[0]?.length, SERVICES)
    for (const series of answers) {
      const services = series.map(({ labels }) => `${labels.namespace}/${labels.service}`)
      assert.equal(new Set(services).size, services.length, 'a service with two rows')
    }
  }
}
