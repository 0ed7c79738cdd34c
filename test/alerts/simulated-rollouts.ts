// Simulated rollouts as input of promtool's unit tests, and what the shipped rules have to make of them.
import { exposeSighting, seriesOf } from '../support/rollouts/exposition.ts'
import { playBad, playNormal } from '../support/rollouts/plays.ts'
import { createRandom } from '../support/rollouts/random.ts'
import { type Onlooker, sightingAt, simulate } from '../support/rollouts/simulate.ts'
import type { Scenario as Rollout } from '../support/rollouts/stage.ts'
import type { Scenario } from './promtool.ts'

// How long a play lasts before anything happens and after every alert, in seconds: more takes longer and proves no more.
const BEFORE_SECONDS = 300
const AFTER_SECONDS = 600
/** Between two scrapes, in seconds. */
const SCRAPE_SECONDS = 15
/** How long an alert may take in addition to the deadline. */
const MARGIN_SECONDS = 120

export const ONLOOKER: Onlooker = { seesPods: true, restartsAt: null, podsLag: 0 }

/** Seeds, from the first up to, but not including, the last. */
export interface Seeds {
  readonly from: number
  readonly to: number
}

/** The name of a service that tells which seed plays it again. */
export function nameOf(kind: 'normal' | 'bad', seed: number): string {
  return `${kind}-${seed}`
}

/** What is played, by the name of its service: a person wants to know what rang. */
export function titlesOf({ from, to }: Seeds): ReadonlyMap<string, string> {
  const seeds = Array.from({ length: to - from }, (_, index) => from + index)
  return new Map(
    seeds.flatMap(seed => [
      [nameOf('normal', seed), playNormal(createRandom(seed)).name] as const,
      [nameOf('bad', seed), playBad(createRandom(seed)).name] as const
    ])
  )
}

/** One world in which all these rollouts happen side by side: no normal one may raise an alert, every bad one must. */
export function scenarioOf({ from, to }: Seeds): Scenario {
  const series: { series: string; values: string }[] = []
  const tests: object[] = []
  let longest = 0
  for (let seed = from; seed < to; seed++) {
    const normal = playNormal(createRandom(seed))
    const shown = { from: beginOf(normal), to: normal.endsAt }
    series.push(...inputOf(nameOf('normal', seed), normal, shown))
    longest = Math.max(longest, shown.to - shown.from)

    const bad = playBad(createRandom(seed))
    const due = dueAt(bad)
    const told = { from: beginOf(bad), to: due + AFTER_SECONDS }
    series.push(...inputOf(nameOf('bad', seed), bad, told))
    for (const at of [due, told.to]) tests.push(rings(nameOf('bad', seed), at - told.from))
  }
  tests.push({
    expr: `count by (alertname, service) (count_over_time(ALERTS{alertstate="firing",service!~"bad-.*"}[${longest}s]))`,
    eval_time: `${longest}s`,
    exp_samples: []
  })
  return { input_series: [...guardSeries(longest), ...series], promql_expr_test: tests }
}

/** When a bad one must have raised its alert, in seconds. Pods get their time to terminate first. */
export function dueAt({ badSince, deadlineSeconds, cluster }: Rollout): number {
  return (badSince ?? 0) + cluster.graceSeconds + deadlineSeconds + MARGIN_SECONDS
}

interface Span {
  readonly from: number
  readonly to: number
}

/** When a play becomes interesting, in seconds. */
export function beginOf({ events }: Rollout): number {
  const [first] = events
  return first === undefined ? 0 : Math.max(0, first.at - BEFORE_SECONDS)
}

function rings(service: string, at: number): object {
  const alert = `ALERTS{alertname="KeyBuzzRolloutStuck",alertstate="firing",service="${service}"}`
  const labels = `{alertname="KeyBuzzRolloutStuck",service="${service}"}`
  return {
    expr: `count by (alertname, service) (${alert})`,
    eval_time: `${at}s`,
    exp_samples: [{ labels, value: 1 }]
  }
}

/** As promtool writes samples: what was scraped of a service, every 15 s. */
function inputOf(service: string, rollout: Rollout, { from, to }: Span) {
  const sightings = simulate(rollout, ONLOOKER)
  const scrapes = Math.ceil((to - from) / SCRAPE_SECONDS) + 1
  const values = new Map<string, string[]>()
  for (let index = 0; index < scrapes; index += 1) {
    const sighting = sightingAt(sightings, from + index * SCRAPE_SECONDS)
    if (sighting === undefined) continue
    for (const [series, value] of seriesOf(exposeSighting(service, rollout.workload, sighting))) {
      const known = values.get(series) ?? []
      while (known.length < index) known.push('stale')
      known.push(value)
      values.set(series, known)
    }
  }
  const checkedAt = `keybuzz_version_check_timestamp_seconds{namespace="shop",service="${service}"}`
  return [
    { series: scrapedAs(checkedAt), values: `0+${SCRAPE_SECONDS}x${scrapes}` },
    ...[...values].map(([series, known]) => {
      const isOver = known.length < scrapes ? ['stale'] : []
      return { series: scrapedAs(series), values: runLengths([...known, ...isOver]) }
    })
  ]
}

function scrapedAs(series: string): string {
  return series.replace('{', '{job="guard",instance="a",')
}

/** `1 1 1 stale` as `1x2 stale`; a series that is not scraped again ends at once, as a real one does. */
function runLengths(values: readonly string[]): string {
  const runs: { value: string; count: number }[] = []
  for (const value of values) {
    const last = runs.at(-1)
    if (last?.value === value) last.count += 1
    else runs.push({ value, count: 1 })
  }
  return runs
    .map(({ value, count }) => {
      if (value === 'stale') return count === 1 ? 'stale' : `stale _x${count - 1}`
      return count === 1 ? value : `${value}x${count - 1}`
    })
    .join(' ')
}

/** A guard that is well. */
function guardSeries(seconds: number) {
  const length = Math.ceil(seconds / SCRAPE_SECONDS)
  const own = (name: string, values: string) => ({
    series: `keybuzz_version_guard_${name}{job="guard",instance="a"}`,
    values
  })
  return [
    own('build_info', `1x${length}`),
    own('check_interval_seconds', `20x${length}`),
    own('kubernetes_up', `1x${length}`),
    own('kubernetes_last_sync_timestamp_seconds', `0+${SCRAPE_SECONDS}x${length}`)
  ]
}
