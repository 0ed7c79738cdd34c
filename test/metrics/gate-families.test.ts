import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { GateStanding } from '../../src/domain/gate.ts'
import { createGateText } from '../../src/metrics/gate-families.ts'
import { aGateReport, anItem, aStanding } from '../support/gate-report.ts'
import { checkMetrics } from '../support/prometheus.ts'

const OF = 'namespace="veza",service="veza-backend-api"'
const ITEM = `${OF},section="Prometheus scrape",item="metrics-endpoint-answers"`

suite('the gauges of the gate', () => {
  test('are three for each item, and what the last run says', () => {
    const report = aGateReport({ verdict: 'NO-GO', items: [anItem({ status: 'FAIL' })], reservations: ['a', 'b'] })
    const text = createGateText(() => aStanding({ report }))()
    assert.equal(
      text,
      `# HELP keybuzz_gate_item What the last run of the gate says about each item: 1 for the current status only.
# TYPE keybuzz_gate_item gauge
keybuzz_gate_item{${ITEM},status="FAIL"} 1
keybuzz_gate_item{${ITEM},status="SKIP"} 0
keybuzz_gate_item{${ITEM},status="PASS"} 0
# HELP keybuzz_gate_go Whether the last run of the gate says GO, with reservations or without; absent: it has not run yet.
# TYPE keybuzz_gate_go gauge
keybuzz_gate_go{${OF}} 0
# HELP keybuzz_gate_reservations How many reservations the last run of the gate has.
# TYPE keybuzz_gate_reservations gauge
keybuzz_gate_reservations{${OF}} 2
# HELP keybuzz_gate_last_run_timestamp_seconds When the last run of the gate looked, in seconds since the epoch; absent: it has not run yet.
# TYPE keybuzz_gate_last_run_timestamp_seconds gauge
keybuzz_gate_last_run_timestamp_seconds{${OF}} 1793674985
# HELP keybuzz_gate_interval_seconds The configured GATE_INTERVAL: a last run that is much older says nothing about the present.
# TYPE keybuzz_gate_interval_seconds gauge
keybuzz_gate_interval_seconds{${OF}} 300
`
    )
    assert.equal(checkMetrics(text), '')
  })

  test('claim nothing before the first run', () => {
    const text = createGateText(() => aStanding({ report: null }))()
    assert.deepEqual(
      text.split('\n').filter(line => !line.startsWith('#')),
      [`keybuzz_gate_interval_seconds{${OF}} 300`, '']
    )
  })

  test('have no namespace where none is named', () => {
    const text = createGateText(() => aStanding({ namespace: null }))()
    assert.match(text, /^keybuzz_gate_go\{service="veza-backend-api"\} 1$/m)
  })

  test('are rendered anew for a new report, and for another service', () => {
    let standing: GateStanding = aStanding()
    const render = createGateText(() => standing)
    const first = render()
    assert.equal(render(), first)
    standing = aStanding({ report: aGateReport({ verdict: 'NO-GO' }) })
    assert.match(render(), /keybuzz_gate_go\{[^}]*\} 0/)
    standing = { ...standing, namespace: 'other' }
    assert.match(render(), /namespace="other"/)
    standing = { ...standing, service: 'other' }
    assert.match(render(), /service="other"/)
  })
})
