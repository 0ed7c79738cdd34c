import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { watchFleet } from '../dashboards/watched-fleet.ts'
import { needs } from '../support/component.ts'
import { prometheusMissing } from '../support/prometheus.ts'
import { until } from '../support/until.ts'
import { answeredPartsOf } from './rule-parts.ts'
import { RULES, readRules } from './shipped-rules.ts'

// The fleet has not been watched for minutes, let alone for a day.
const shipped = readFileSync(RULES, 'utf8')
  .replaceAll(/offset \d+[dhm]/g, 'offset 1s')
  .replaceAll('[1d:5m]', '[2s:1s]')
const { alerts: rules } = readRules(shipped)

/** The queries of an annotation's template, for any service, each with the label that is taken from its answer. */
function queriesOf(template: string): readonly (readonly [query: string, label: string | undefined])[] {
  return [...template.matchAll(/(?:query|printf) `([^`]+)`(?:[^`]*?label "(\w+)")?/g)].map(([, query = '', label]) => [
    query
      .replace(/(\w+)=%(?:\[\d\])?q/g, '$1!=""')
      .replace(/topk by \(\w+\) \(1,/g, '(')
      .replace(/^topk\(1,(.*)\)$/s, '$1'),
    label
  ])
}

// For what the fleet does not have: a Kubernetes that is not seen, a namespace that names too many services, old pods that
// are kept on purpose, pods that are asked one by one, Helm's records, a release in another namespace, a Docker host,
// Compose, and labels that Prometheus overwrites. The tests by promtool have all of them.
const NOT_IN_THE_FLEET =
  /^keybuzz:kubernetes_old$|new_series_held_total|partition\|on_delete|reported_versions|helm_release_stuck|revision!=""|release_namespace_info|_docker_|kind="Container"|managed_by="compose"|exported_/

/** A part of what an alert asks, and a label that some answer must have. */
interface Asked {
  readonly alert: string
  readonly part: string
  readonly label: string | undefined
}

suite('what the rules ask of a real Prometheus', needs(prometheusMissing), () => {
  test('has an answer, part by part, with the labels that the alerts have and their texts take', async t => {
    const prometheus = await watchFleet(t)
    const asked: Asked[] = rules.flatMap(({ alert, expr, annotations }) => [
      ...answeredPartsOf(expr).map(part => ({ alert, part, label: undefined })),
      ...Object.values(annotations)
        .flatMap(queriesOf)
        .flatMap(([query, label]) =>
          answeredPartsOf(query).map((part, place) => ({ alert, part, label: place === 0 ? label : undefined }))
        )
    ])
    const isAnswered = async ({ part, label }: Asked) => {
      const answer = await prometheus.query(part)
      return answer.length > 0 && (label === undefined || answer.some(({ metric }) => label in metric))
    }
    const inTheFleet = asked.filter(({ part }) => !NOT_IN_THE_FLEET.test(part))
    await until(async () => {
      const answers = await Promise.all(inTheFleet.map(isAnswered))
      const unanswered = inTheFleet.filter((_, index) => answers[index] === false)
      assert.deepEqual(unanswered, [])
    })
    for (const { alert, expr, labels } of rules) {
      const parts = answeredPartsOf(expr)
      assert.ok(parts.length > 0, alert)
      const verdicts = labels.service === undefined ? parts.filter(part => /^(min|max) by/.test(part)) : []
      for (const part of verdicts.filter(part => !NOT_IN_THE_FLEET.test(part))) {
        const [first] = await prometheus.query(part)
        assert.deepEqual(Object.keys(first?.metric ?? {}).sort(), ['namespace', 'service'], part)
      }
    }
  })
})
