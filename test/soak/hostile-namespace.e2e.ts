import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runSoak } from '../../tools/soak/run-soak.ts'
import { judgeNeighbours } from '../../tools/soak/verdict.ts'
import { limitMemory, memoryLimitMissing } from '../attacks/memory.ts'
import { needs } from '../support/component.ts'
import { withStage } from '../support/stage.ts'

const MI = 1024 * 1024

suite('a soak of half a minute', needs(memoryLimitMissing), () => {
  test('with one hostile namespace among fifty wrongs none of the others, in the memory that the chart gives', async t => {
    const { through } = limitMemory(t, 512 * MI)
    const soak = await withStage(stage =>
      runSoak(stage, { seconds: 30, targets: 400, seed: 20, disturbMs: 1_000, through })
    )
    const checks = judgeNeighbours(soak)
    for (const { rule, words } of checks) t.diagnostic(`${rule}: ${words}`)
    assert.deepEqual(
      checks.filter(({ holds }) => !holds),
      []
    )
    assert.deepEqual([soak.failures, soak.survived], [[], true])
  })
})
