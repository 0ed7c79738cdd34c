import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { RUNBOOKS } from '../../src/domain/links.ts'
import { needs } from '../support/component.ts'
import { FRESH, GATE, GATE_ROWS, gateSeries } from './gate-rows.ts'
import { PROMTOOLS, runPromtool } from './promtool.ts'
import { readAllRules, ruleFile } from './shipped-rules.ts'

const RULES = ruleFile('gate')
const description = readAllRules().alerts.find(({ alert }) => alert === 'KeyBuzzGateNoGo')?.annotations.description

const seriesOf = (series: Readonly<Record<string, string>>) =>
  Object.entries(series).map(([name, values]) => ({ series: name, values }))

const item = (id: string, status: string, instance = 'a:1') =>
  `keybuzz_gate_item{job="guard",instance="${instance}",namespace="veza",service="api",section="Drills",item="${id}",status="${status}"}`

const ofOtherJob = (labels: string) => labels.replace('job="guard"', 'job="other"')

for (const { name, program, missing } of PROMTOOLS) {
  suite(`the alert on the gate, by the ${name} promtool`, needs(missing), () => {
    for (const { rule, input_series, promql_expr_test } of GATE_ROWS) {
      test(rule, t => {
        assert.equal(runPromtool(t, [{ input_series, promql_expr_test }], { program, rules: RULES }), '')
      })
    }

    for (const [message, series] of [
      [
        'NO-GO: 2 items FAIL, 1 could not be looked at',
        {
          ...gateSeries({ go: '0x240' }),
          [item('a', 'FAIL')]: '1x240',
          [item('b', 'FAIL')]: '1x240',
          [item('c', 'FAIL')]: '0x240',
          [item('c', 'SKIP')]: '1x240',
          // Another guard that says the same is not counted again.
          [item('a', 'FAIL', 'b:1')]: '1x240',
          // Nor is the same guard where another job scrapes it too.
          ...gateSeries({ go: '0x240' }, ofOtherJob(GATE)),
          [ofOtherJob(item('a', 'FAIL'))]: '1x240',
          [ofOtherJob(item('b', 'FAIL'))]: '1x240',
          [ofOtherJob(item('c', 'SKIP'))]: '1x240'
        }
      ],
      ['NO-GO: 0 items FAIL, 0 could not be looked at', gateSeries({ go: '0x240', last: FRESH })],
      [
        'NO-GO: 1 item FAILs, 0 could not be looked at',
        {
          ...gateSeries({ go: '0x240' }),
          [item('a', 'FAIL')]: '1x240',
          // A guard whose gate hangs does not count.
          ...gateSeries({ go: '0x240', last: '0x240' }, GATE.replace('a:1', 'b:1')),
          [item('a', 'FAIL', 'b:1')]: '1x240',
          [item('b', 'FAIL', 'b:1')]: '1x240',
          [item('c', 'SKIP', 'b:1')]: '1x240'
        }
      ],
      [
        'The last run of the gate was 30m 0s ago: what it said is too old to count',
        gateSeries({ go: '1x240', last: '0x240' })
      ],
      ['The gate has not run yet', gateSeries({})]
    ] as const) {
      test(`says: ${message}`, t => {
        const exp_annotations = {
          summary: 'The gate of api does not say GO (veza)',
          message,
          description,
          page_url: '',
          runbook_url: `${RUNBOOKS}/KeyBuzzGateNoGo.md`
        }
        const exp_labels = { severity: 'warning', namespace: 'veza', service: 'api' }
        const expected = [{ exp_labels, exp_annotations }]
        const alert_rule_test = [{ eval_time: '30m', alertname: 'KeyBuzzGateNoGo', exp_alerts: expected }]
        const scenario = { input_series: seriesOf(series), alert_rule_test }
        assert.equal(runPromtool(t, [scenario], { program, rules: RULES }), '')
      })
    }

    test('says the same of a gate without a namespace', t => {
      const plain = (metric: string) => `${metric}{job="guard",instance="a:1",service="api"}`
      const series = {
        [plain('keybuzz_gate_interval_seconds')]: '300x240',
        [plain('keybuzz_gate_go')]: '0x240',
        [plain('keybuzz_gate_last_run_timestamp_seconds')]: FRESH
      }
      const expected = [
        {
          exp_labels: { severity: 'warning', service: 'api' },
          exp_annotations: {
            summary: 'The gate of api does not say GO',
            message: 'NO-GO: 0 items FAIL, 0 could not be looked at',
            description,
            page_url: '',
            runbook_url: `${RUNBOOKS}/KeyBuzzGateNoGo.md`
          }
        }
      ]
      const alert_rule_test = [{ eval_time: '30m', alertname: 'KeyBuzzGateNoGo', exp_alerts: expected }]
      assert.equal(runPromtool(t, [{ input_series: seriesOf(series), alert_rule_test }], { program, rules: RULES }), '')
    })
  })
}
