import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { needs } from '../support/component.ts'
import { PROMTOOLS, type Promtool, runPromtool } from './promtool.ts'
import { scenarioOf, titlesOf } from './simulated-rollouts.ts'

/** How many normal and how many bad ones; ROLLOUT_RUNS=1000 for a thorough look. */
const RUNS = Number(process.env.ROLLOUT_RUNS ?? 24)
/** In one world: promtool has all of it in memory. */
const AT_ONCE = 40

const FIRSTS = Array.from({ length: Math.ceil(RUNS / AT_ONCE) }, (_, index) => index * AT_ONCE)

function judgeSimulated(t: TestContext, { program }: Promtool): void {
  for (const from of FIRSTS) {
    const seeds = { from, to: Math.min(RUNS, from + AT_ONCE) }
    const complaint = runPromtool(t, [scenarioOf(seeds)], { program })
    const titles = titlesOf(seeds)
    // The number in a name is the seed, which plays the same again.
    const named = complaint.replaceAll(/\b(?:normal|bad)-\d+\b/g, name => `${name} (${titles.get(name)})`)
    assert.equal(named, '')
  }
}

for (const promtool of PROMTOOLS) {
  suite(`${RUNS} normal and ${RUNS} bad rollouts, by the ${promtool.name} promtool`, needs(promtool.missing), () => {
    test('no normal one rings, and every bad one does within its deadline and two minutes', t =>
      judgeSimulated(t, promtool))
  })
}
