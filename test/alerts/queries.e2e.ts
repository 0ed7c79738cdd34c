import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { watchFleet } from '../dashboards/watched-fleet.ts'
import { needs } from '../support/component.ts'
import { prometheusMissing } from '../support/prometheus.ts'
import { until } from '../support/until.ts'
import { answeredPartsOf } from './rule-parts.ts'
import { RULES, readRules } from './shipped-rules.ts'

// The fleet has not been watched for a day.
const shipped = readFileSync(RULES, 'utf8').replaceAll('offset 1d', 'offset 1s').replaceAll('[1d:5m]', '[2s:1s]')
const { alerts: rules } = readRules(shipped)

/** The queries of an annotation's template, for any service, each with the label that is taken from its answer. */
function queriesOf(template: string): readonly (readonly [query: string, label: string | undefined])[] {
  return [...template.matchAll(/(?:query|printf) `([^`]+)`(?:[^`]*?label "(\w+)")?/g)].map(([, query = '', label]) => [
    query.replace('namespace=%q,service=%q', 'namespace!="",service!=""').replace(/^topk\(1,(.*)\)$/s, '$1'),
    label
  ])
}

// Only a Kubernetes that is not seen, and a namespace that names too many services, have them; rules.test.ts has both.
const OF_A_FAULT = /^keybuzz:kubernetes_old$|new_series_held_total/

suite('what the rules ask of a real Prometheus', needs(prometheusMissing), () => {
  test('has an answer, part by part, with the labels that the alerts have and their texts take', async t => {
    const prometheus = await watchFleet(t)
    for (const { alert, expr, labels, annotations } of rules) {
      const parts = answeredPartsOf(expr)
      assert.ok(parts.length > 0, alert)
      for (const part of parts.filter(part => !OF_A_FAULT.test(part))) {
        await until(async () => {
          const answer = await prometheus.query(part)
          assert.ok(answer.length > 0, `${alert}: no answer to ${part}`)
          const isVerdict = labels.service === undefined && /^(min|max) by/.test(part)
          if (isVerdict) assert.deepEqual(Object.keys(answer[0]?.metric ?? {}).sort(), ['namespace', 'service'], part)
        })
      }
      for (const [query, label] of Object.values(annotations).flatMap(queriesOf)) {
        for (const part of answeredPartsOf(query).filter(part => !OF_A_FAULT.test(part))) {
          await until(async () => {
            const answer = await prometheus.query(part)
            assert.ok(answer.length > 0, `${alert}: no answer to ${part}`)
            if (label !== undefined)
              assert.ok(
                answer.some(({ metric }) => label in metric),
                `${alert}: ${label}`
              )
          })
        }
      }
    }
  })
})
