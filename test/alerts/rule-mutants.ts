// Each comparison, limit, window and join of the rules matters: a test fails when one of them changes.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import pLimit from 'p-limit'
import { parse, stringify } from 'yaml'
import { INSTALLED } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { GATE_ROWS } from './gate-rows.ts'
import { mutantsOf } from './mutants.ts'
import { expectedSeen, expectedStatuses, FLEET, seriesOf, type Watched } from './postdeploy-fleet.ts'
import { RULE_FILES, ruleFile } from './shipped-rules.ts'
import { TRAFFIC_ROWS } from './traffic-rows.ts'

const AT_ONCE = 2
const PARTS = 4

// These mutants change nothing: nothing takes zero time, and a verdict may come one evaluation later.
const EQUIVALENT = [
  /sent\(.*\[> -> >=\] 0/,
  /old_instance \) \) \[>= -> >\] 0 and on/,
  /failed:timestamp, health: .*age:seconds >= 60 \[< -> <=\] 120/,
  /seen:timestamp, (latency|errors): .*age:seconds \[>= -> >\]/
]

interface Scenario {
  readonly input_series: readonly object[]
  readonly promql_expr_test: readonly object[]
}

/** The tests of a file of rules, in parts: most mutants are noticed by the first. */
function scenariosOf(file: (typeof RULE_FILES)[number]): readonly (readonly Scenario[])[] {
  if (file !== 'postdeploy') return [[...TRAFFIC_ROWS, ...GATE_ROWS].filter(row => row.file === file)]
  const isLate = ({ eval_time }: { readonly eval_time: string }) => Number.parseInt(eval_time, 10) > 2_400
  const partOf = (fleet: readonly Watched[], late: boolean) => ({
    input_series: fleet.flatMap(seriesOf),
    promql_expr_test: [
      ...fleet.flatMap(expectedStatuses).filter(status => isLate(status) === late),
      ...(late ? [] : fleet.flatMap(expectedSeen))
    ]
  })
  const parts = Array.from({ length: PARTS }, (_, part) => FLEET.filter((_service, index) => index % PARTS === part))
  return [...parts.map(fleet => [partOf(fleet, false)]), [partOf(FLEET, true)]]
}

/** Whether promtool finds the mutated rules wrong. */
async function isNoticed(t: TestContext, rules: object, scenarios: readonly Scenario[]): Promise<boolean> {
  const folder = temporaryFolder(t)
  const tests = scenarios.map(({ input_series, promql_expr_test }) => ({
    interval: '15s',
    input_series,
    promql_expr_test
  }))
  writeFileSync(join(folder, 'rules.yaml'), stringify(rules))
  writeFileSync(
    join(folder, 'test.json'),
    JSON.stringify({ rule_files: ['rules.yaml'], evaluation_interval: '15s', tests })
  )
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const options = { maxBuffer: Number.POSITIVE_INFINITY }
  execFile(INSTALLED.promtool, ['test', 'rules', join(folder, 'test.json')], options, error => resolve(error !== null))
  return promise
}

suite('mutants of the rules', needs(INSTALLED.missing), () => {
  for (const file of RULE_FILES.filter(name => name !== 'rules')) {
    test(`of ${file}.yaml are all noticed`, async t => {
      const { groups } = parse(readFileSync(ruleFile(file), 'utf8'))
      const [group] = groups
      const mutants = group.rules.flatMap(
        (rule: { expr: string; record?: string; alert?: string; labels?: object }, index: number) => {
          const name = [
            rule.record ?? rule.alert,
            ...Object.values(rule.record === undefined ? {} : (rule.labels ?? {}))
          ].join(', ')
          // The alert on a verdict has its own tests.
          if (rule.alert === 'KeyBuzzReleaseUnhealthy') return []
          return mutantsOf(rule.expr).map(({ change, expr }) => ({ what: `${name}: ${change}`, index, expr }))
        }
      )
      const parts = scenariosOf(file)
      const limit = pLimit(AT_ONCE)
      const survivors = await limit.map(
        mutants,
        async ({ what, index, expr }: { what: string; index: number; expr: string }) => {
          if (EQUIVALENT.some(pattern => pattern.test(what))) return []
          const rules = group.rules.with(index, { ...group.rules[index], expr })
          for (const scenarios of parts) {
            if (await isNoticed(t, { groups: [{ ...group, rules }] }, scenarios)) return []
          }
          return [what]
        }
      )
      assert.ok(mutants.length > 0)
      assert.deepEqual(survivors.flat(), [])
    })
  }
})
