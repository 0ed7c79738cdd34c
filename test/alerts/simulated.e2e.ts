// Simulated rollouts, 90 times as fast, scraped by a real Prometheus with the shipped rules.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { needs } from '../support/component.ts'
import { prometheusMissing, startAlerting } from '../support/prometheus.ts'
import { exposeSighting } from '../support/rollouts/exposition.ts'
import { playBad, playNormal } from '../support/rollouts/plays.ts'
import { createRandom } from '../support/rollouts/random.ts'
import { type Sighting, sightingAt, simulate } from '../support/rollouts/simulate.ts'
import type { Scenario } from '../support/rollouts/stage.ts'
import { startService } from '../support/services.ts'
import { beginOf, dueAt, nameOf, ONLOOKER, titlesOf } from './simulated-rollouts.ts'

const RUNS = 24
const TIMES_FASTER = 90
const LOOK_MS = 250
/** Until the last alert of what has come to rest would have fired, in simulated seconds. */
const REST_SECONDS = 400

interface Play {
  readonly service: string
  readonly scenario: Scenario
  readonly sightings: readonly Sighting[]
}

function play(service: string, scenario: Scenario): Play {
  return { service, scenario, sightings: simulate(scenario, ONLOOKER) }
}

/** How long a play has anything new to show, in simulated seconds. */
function lengthOf({ scenario, sightings }: Play): number {
  const lastChange = sightings.findLast(({ finding }, index) => sightings[index - 1]?.finding.status !== finding.status)
  const rest = scenario.badSince === null ? (lastChange?.at ?? 0) : dueAt(scenario)
  return rest - beginOf(scenario) + REST_SECONDS
}

suite(`${RUNS} normal and ${RUNS} bad rollouts on a real Prometheus`, needs(prometheusMissing), () => {
  test('ring where they are bad, and nowhere else', async t => {
    const seeds = Array.from({ length: RUNS }, (_, seed) => seed)
    const normal = seeds.map(seed => play(nameOf('normal', seed), playNormal(createRandom(seed))))
    const bad = seeds.map(seed => play(nameOf('bad', seed), playBad(createRandom(seed))))
    const all = [...normal, ...bad]
    const seconds = Math.max(...all.map(lengthOf))

    let startedAt = performance.now()
    const now = () => ((performance.now() - startedAt) / 1000) * TIMES_FASTER
    const prometheus = await startAlerting(
      t,
      await startService(t, (_request, response) => {
        response.setHeader('content-type', 'text/plain; version=0.0.4').end(expose(all, now()))
      })
    )
    startedAt = performance.now()
    const rung = new Set<string>()
    while (now() < seconds) {
      // Of the guard itself there is nothing here to believe: a busy machine may scrape it late.
      for (const { labels } of await prometheus.firing()) {
        if (labels.namespace === 'shop') rung.add(`${labels.alertname} ${labels.service}`)
      }
      await wait(LOOK_MS)
    }

    const titles = titlesOf({ from: 0, to: RUNS })
    const titled = (rows: readonly string[]) => rows.map(row => `${row}: ${titles.get(row.split(' ')[1] ?? '')}`)
    const missed = bad.map(({ service }) => `KeyBuzzRolloutStuck ${service}`).filter(row => !rung.has(row))
    assert.deepEqual(titled(missed), [])
    assert.deepEqual(titled([...rung].filter(row => !/ bad-\d+$/.test(row))), [])
  })
})

function expose(plays: readonly Play[], elapsed: number): string {
  const seconds = Date.now() / 1000
  const services = plays.map(({ service, scenario, sightings }) => {
    const sighting = sightingAt(sightings, beginOf(scenario) + elapsed)
    const checked = `keybuzz_version_check_timestamp_seconds{namespace="shop",service="${service}"} ${seconds}\n`
    return sighting === undefined ? '' : `${exposeSighting(service, scenario.workload, sighting)}${checked}`
  })
  const own = { build_info: 1, check_interval_seconds: 20, kubernetes_up: 1 }
  const guard = { ...own, kubernetes_last_sync_timestamp_seconds: seconds }
  const lines = Object.entries(guard).map(([name, value]) => `keybuzz_version_guard_${name} ${value}\n`)
  return [...lines, ...services].join('')
}
