import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { ROOT } from '../support/files.ts'
import { expectedSeen, expectedStatuses, FLEET, seriesOf } from './postdeploy-fleet.ts'
import { PROMTOOLS, runPromtool } from './promtool.ts'

const rules = join(ROOT, 'alerts/postdeploy.yaml')

for (const { name, program, missing } of PROMTOOLS) {
  suite(`the minutes after a rollout, by the ${name} promtool`, needs(missing), () => {
    test('have the status that the service deserves, at every moment', t => {
      const promql_expr_test = FLEET.flatMap(watched => [...expectedStatuses(watched), ...expectedSeen(watched)])
      const scenario = { input_series: FLEET.flatMap(seriesOf), promql_expr_test }
      assert.equal(runPromtool(t, [scenario], { program, rules }), '')
    })
  })
}
