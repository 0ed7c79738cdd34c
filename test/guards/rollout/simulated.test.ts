import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { RolloutFinding } from '../../../src/domain/finding.ts'
import { playBad, playNormal } from '../../support/rollouts/plays.ts'
import { createRandom } from '../../support/rollouts/random.ts'
import { type Onlooker, sightingAt, simulate } from '../../support/rollouts/simulate.ts'
import type { Scenario } from '../../support/rollouts/stage.ts'

/** How many of each; ROLLOUT_RUNS=1000 for a thorough look. */
const RUNS = Number(process.env.ROLLOUT_RUNS ?? 80)
/** What an alert may take beside the deadline. */
const MARGIN_SECONDS = 120

function isAlarming({ status, evidence }: RolloutFinding): boolean {
  return status === 'STUCK' || (status === 'MIXED' && evidence.held === null)
}

function eachSeed(play: (seed: number) => void): void {
  for (let seed = 0; seed < RUNS; seed++) play(seed)
}

// The seed is in every message: it plays the same again.
function assertQuiet(seed: number, scenario: Scenario, onlooker: Onlooker): void {
  const sightings = simulate(scenario, onlooker)
  const alarm = sightings.find(({ finding }) => isAlarming(finding))
  const told = JSON.stringify({ seed, ...onlooker })
  assert.equal(alarm, undefined, `${scenario.name}: ${alarm?.finding.message} at ${alarm?.at} s, ${told}`)
  const end = sightingAt(sightings, scenario.endsAt)?.finding
  assert.ok(end?.status === 'STABLE' || end?.status === 'MIXED', `${scenario.name} ends ${end?.status}, ${told}`)
}

function assertTold(seed: number, scenario: Scenario, onlooker: Onlooker): void {
  const { badSince, deadlineSeconds, endsAt } = scenario
  const sightings = simulate(scenario, onlooker)
  const due = Math.max(badSince ?? 0, onlooker.restartsAt ?? 0) + deadlineSeconds + MARGIN_SECONDS
  for (const at of due > endsAt ? [] : [due, endsAt]) {
    const finding = sightingAt(sightings, at)?.finding
    const told = JSON.stringify({ seed, ...onlooker })
    assert.equal(finding?.status, 'STUCK', `${scenario.name}: ${finding?.message} at ${at} s, ${told}`)
  }
}

const WITH_PODS: Onlooker = { seesPods: true, restartsAt: null, podsLag: 0 }
const COUNTERS: Onlooker = { ...WITH_PODS, seesPods: false }

suite(`${RUNS} normal rollouts, simulated`, () => {
  test('never alarm where pods are seen', () =>
    eachSeed(seed => assertQuiet(seed, playNormal(createRandom(seed)), WITH_PODS)))

  test('never alarm when the guard restarts, learns of pods sooner or later than of workloads, and reads templates on demand', () =>
    eachSeed(seed => {
      const random = createRandom(seed)
      const scenario = playNormal(random)
      assertQuiet(seed, scenario, {
        ...WITH_PODS,
        restartsAt: random.int(1, scenario.endsAt),
        podsLag: random.int(-2, 2),
        readsOnDemand: random.chance(0.5)
      })
    }))

  test('never alarm where counters alone are seen', () =>
    eachSeed(seed => assertQuiet(seed, playNormal(createRandom(seed)), COUNTERS)))
})

suite(`${RUNS} bad rollouts, simulated`, () => {
  test('are told within the deadline where pods are seen, and until they are mended', () =>
    eachSeed(seed => assertTold(seed, playBad(createRandom(seed)), WITH_PODS)))

  test('are told when the guard restarts, learns of pods sooner or later than of workloads, and reads templates on demand', () =>
    eachSeed(seed => {
      const random = createRandom(seed)
      const scenario = playBad(random)
      assertTold(seed, scenario, {
        ...WITH_PODS,
        restartsAt: random.int(1, scenario.endsAt),
        podsLag: random.int(-2, 2),
        readsOnDemand: random.chance(0.5)
      })
    }))

  test('are told where counters alone are seen, but for a first rollout that looks like a lost node', () =>
    eachSeed(seed => {
      const scenario = playBad(createRandom(seed))
      if (scenario.name !== 'DaemonSet: the very first release never gets ready') assertTold(seed, scenario, COUNTERS)
    }))
})
