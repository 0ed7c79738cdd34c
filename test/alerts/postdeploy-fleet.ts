// Services in the minutes after a rollout, as series of promtool: one sample every 15 s. The rollout began at 19m and ended
// at 20m; its pods answer from 19m30s on.
import type { Values } from './promtool.ts'

const STARTED_S = 1140
const COMPLETED_S = 1200
const SAMPLES = 420
/** The index of the sample at an age in seconds, and of the new pods' first sample. */
const at = (age: number) => (COMPLETED_S + age) / 15
const FIRST = at(-30)
/** While the guard is away, in samples: longer than half an hour. */
const AWAY = [at(1_200), at(3_150)] as const

export type Status = 'RUNNING' | 'PASSED' | 'FAILED' | 'NO_DATA'

/** What a pod does each 15 s, from an age in seconds on. */
export interface Phase {
  readonly from?: number
  /** Requests that succeed, and requests that fail; both may be fractions. */
  readonly good?: number
  readonly bad?: number
}

export interface Watched {
  readonly service: string
  /** By default `shop`. */
  readonly namespace?: string
  /** Of the new pod; by default twenty good requests at a time. `null`: it has no series of requests. */
  readonly does?: readonly Phase[] | null
  /** Requests of the old pod, which lingers; by default none. */
  readonly oldDoes?: readonly Phase[]
  /** When the new pod's process began, in seconds; by default half a minute after the rollout did. */
  readonly newSince?: number
  /** The age at which a second new pod, with good requests only, ends; by default there is no second one. */
  readonly secondEnds?: number
  /** The age at which the old pod is gone; by default it never is. */
  readonly oldEnds?: number
  /** Which label has the HTTP status. */
  readonly statusLabel?: string
  /** What further labels its requests have. */
  readonly route?: string
  /** How many of 20 requests took at most 0.25, 0.5 and 1 s, from an age on; by default 0, 20, 20. `null`: not measured. */
  readonly took?: readonly (readonly [from: number, to250ms: number, to500ms: number, to1s: number])[] | null
  readonly oldTook?: Watched['took']
  /** Its health as both replicas of the guard see it, from ages on: by default 1. */
  readonly up?: readonly (readonly [from: number, value: number])[]
  /** When the guard's last check ended, as each replica says; by default as it is scraped. */
  readonly checkedAt?: readonly [Values, Values]
  readonly latencyObjective?: number
  readonly errorObjective?: number
  /** The checks that never had enough data to judge by, if the row is about them. */
  readonly lacks?: readonly string[]
  /** Its status from each age on. */
  readonly expected: readonly (readonly [from: number, status: Status])[]
}

/** A counter that rises by this amount at each sample. */
function counter(first: number, phases: readonly (readonly [from: number, by: number])[], end = SAMPLES): Values {
  let total = 0
  const values = Array.from({ length: end - first }, (_, index) => {
    const by = phases.findLast(([from]) => first + index > from)?.[1] ?? 0
    total += index === 0 ? 0 : by
    return String(Math.round(total * 1e6) / 1e6)
  })
  return [...(first === 0 ? [] : [`_x${first}`]), ...values, ...(end === SAMPLES ? [] : ['stale'])].join(' ')
}

function stepped(steps: readonly (readonly [from: number, value: number])[]): Values {
  return Array.from({ length: SAMPLES }, (_, index) => steps.findLast(([from]) => index >= from)?.[1] ?? '_').join(' ')
}

/** Not there while the guard is away. */
function watched(values: Values): Values {
  const all = values.split(' ')
  return [...all.slice(0, AWAY[0]), 'stale', ...Array(AWAY[1] - AWAY[0] - 1).fill('_'), ...all.slice(AWAY[1])].join(' ')
}

export function seriesOf(wish: Watched) {
  const {
    service,
    namespace = 'shop',
    does = [{ good: 20 }],
    oldDoes = [],
    oldEnds,
    statusLabel = 'status',
    route = ''
  } = wish
  const name = `namespace="${namespace}",service="${service}"`
  const one = (metric: string, labels: string, values: Values) => ({
    series: `${metric}{${name},${labels}}`,
    values
  })
  const guards = ['g:1', 'g:2']
  const gauge = (metric: string, values: Values | readonly [Values, Values]) =>
    guards.map((instance, index) =>
      one(
        `keybuzz_${metric}`,
        `job="guard",instance="${instance}"`,
        watched(typeof values === 'string' ? values : (values[index] ?? ''))
      )
    )
  const pod = (instance: string, phases: readonly Phase[], span: readonly [number, number]) => {
    const labels = `job="api",instance="${instance}"${route}`
    const rises = (kind: 'good' | 'bad') =>
      phases.map(phase => [at(phase.from ?? -COMPLETED_S), phase[kind] ?? 0] as const)
    const has = (kind: 'good' | 'bad') => phases.some(phase => phase[kind] !== undefined)
    return (['good', 'bad'] as const)
      .filter(has)
      .map(kind =>
        one(
          'http_requests_total',
          `${labels},${statusLabel}="${kind === 'good' ? 200 : 500}"`,
          counter(span[0], rises(kind), span[1])
        )
      )
  }
  const durations = (instance: string, took: Watched['took'], first: number) =>
    (took ?? []).length === 0
      ? []
      : [
          ['0.1', () => 0] as const,
          ['0.25', (row: readonly number[]) => row[1] ?? 0] as const,
          ['0.5', (row: readonly number[]) => row[2] ?? 0] as const,
          ['1', (row: readonly number[]) => row[3] ?? 0] as const,
          ['+Inf', (row: readonly number[]) => row[3] ?? 0] as const
        ].map(([le, count]) =>
          one(
            'http_request_duration_seconds_bucket',
            `job="api",instance="${instance}"${route},le="${le}"`,
            counter(
              first,
              (took ?? []).map(row => [at(row[0]), count(row)] as const)
            )
          )
        )
  const end = oldEnds === undefined ? SAMPLES : at(oldEnds)
  return [
    ...gauge(
      'rollout_completed_timestamp_seconds',
      stepped([
        [0, -90_000],
        [at(-45), Number.NaN],
        [at(0), COMPLETED_S]
      ])
        .replaceAll('NaN', '_')
        .replace(' _', ' stale')
    ),
    ...gauge(
      'rollout_started_timestamp_seconds',
      stepped([
        [0, -90_060],
        [at(-60), STARTED_S]
      ])
    ),
    ...gauge(
      'debug_endpoint_up',
      stepped((wish.up ?? [[-COMPLETED_S, 1]]).map(([from, value]) => [at(from), value] as const))
    ),
    ...gauge('version_check_timestamp_seconds', wish.checkedAt ?? FRESH),
    ...(wish.latencyObjective === undefined
      ? []
      : gauge('postdeploy_latency_objective_seconds', stepped([[0, wish.latencyObjective]]))),
    ...(wish.errorObjective === undefined
      ? []
      : gauge('postdeploy_error_objective_ratio', stepped([[0, wish.errorObjective]]))),
    one('process_start_time_seconds', 'job="api",instance="old:1"', counter(0, [], end).replaceAll(/\b0\b/g, '5')),
    one(
      'process_start_time_seconds',
      'job="api",instance="new:1"',
      `_x${FIRST} ${wish.newSince ?? STARTED_S + 30}x${SAMPLES - FIRST - 1}`
    ),
    ...pod('old:1', oldDoes, [0, end]),
    ...pod('new:1', does ?? [], [FIRST, SAMPLES]),
    ...(wish.secondEnds === undefined ? [] : pod('new:2', [{ good: 20 }], [FIRST, at(wish.secondEnds)])),
    ...durations('old:1', wish.oldTook ?? null, 0),
    ...durations('new:1', wish.took === undefined ? [[-COMPLETED_S, 0, 20, 20]] : wish.took, FIRST)
  ]
}

/** What the statuses are at every 15 s of the watch, a while after it, and when the guard is back. */
export function expectedStatuses({ service, namespace = 'shop', expected }: Watched) {
  const ages = [...Array.from({ length: 68 }, (_, index) => index * 15), 3_300]
  return ages.map(age => {
    const status = expected.findLast(([from]) => age >= from)?.[1]
    const labels = `keybuzz:postdeploy_status{namespace="${namespace}",service="${service}",status="${status}"}`
    return {
      expr: `keybuzz:postdeploy_status{namespace="${namespace}",service="${service}"}`,
      eval_time: `${COMPLETED_S + age}s`,
      exp_samples: status === undefined ? [] : [{ labels, value: 1 }]
    }
  })
}

/** Which checks had enough data to judge by, once the watch is over. */
export function expectedSeen({ service, namespace = 'shop', lacks }: Watched) {
  if (lacks === undefined) return []
  const exp_samples = ['errors', 'health', 'latency']
    .filter(check => !lacks.includes(check))
    .map(check => ({
      labels: `keybuzz:postdeploy_seen:timestamp{check="${check}",namespace="${namespace}",service="${service}"}`,
      value: COMPLETED_S
    }))
  const expr = `keybuzz:postdeploy_seen:timestamp{namespace="${namespace}",service="${service}"}`
  return [{ expr, eval_time: `${COMPLETED_S + 690}s`, exp_samples }]
}

const RUNNING = [0, 'RUNNING'] as const
const PASSES = [RUNNING, [615, 'PASSED']] as const
const NOT_SEEN = [RUNNING, [675, 'NO_DATA']] as const
const fails = (age: number) => [RUNNING, [age, 'FAILED']] as const
/** When the last check ended: as it is scraped, and before the rollout's end. */
const FRESH = Array.from({ length: SAMPLES }, (_, index) => index * 15).join(' ')
const BEFORE = stepped([[0, 0]])
const freshFrom = (age: number) =>
  FRESH.split(' ')
    .map((time, index) => (index < at(age) ? '0' : time))
    .join(' ')
const AFTER_A_MINUTE = freshFrom(75)
const AFTER_TWO_MINUTES = freshFrom(120)
const AT_ITS_END = stepped([[0, COMPLETED_S]])

/** One service for each rule, named after it. */
export const FLEET: readonly Watched[] = [
  { service: 'well, whatever its old pod did', oldDoes: [{ good: 10, bad: 10 }], oldEnds: 15, expected: PASSES },
  { service: 'old pod that lingers with errors', oldDoes: [{ good: 100, bad: 100 }], expected: PASSES },
  {
    service: 'old pod that lingers and is slow',
    oldDoes: [{ good: 20 }],
    oldTook: [[-COMPLETED_S, 0, 0, 200]],
    expected: PASSES
  },
  {
    service: 'old pod alone has traffic',
    does: [{ good: 0, bad: 0 }],
    oldDoes: [{ good: 20, bad: 20 }],
    oldTook: [[-COMPLETED_S, 0, 20, 20]],
    took: [[-COMPLETED_S, 0, 0, 0]],
    lacks: ['latency', 'errors'],
    expected: NOT_SEEN
  },
  {
    service: 'errors hidden by an old pod, 2m',
    oldDoes: [{ good: 2000 }],
    does: [{ good: 10, bad: 10 }],
    expected: fails(135)
  },
  {
    service: 'errors hidden by an old pod, 5m',
    oldDoes: [{ good: 2000 }],
    does: [{ good: 97, bad: 3 }],
    statusLabel: 'code',
    expected: fails(315)
  },
  {
    service: 'errors hidden by an old pod, 10m',
    oldDoes: [{ good: 2000 }],
    does: [{ good: 7, bad: 0.08 }],
    expected: fails(615)
  },

  { service: 'new pod as old as the rollout', newSince: STARTED_S, expected: PASSES },
  { service: 'new pod that soon ends', secondEnds: 60, expected: PASSES },
  {
    service: 'half of all, label of OpenTelemetry',
    does: [{ good: 10, bad: 10 }],
    statusLabel: 'http_response_status_code',
    expected: fails(135)
  },
  { service: '3 %', does: [{ good: 97, bad: 3 }], statusLabel: 'status_code', expected: fails(315) },
  { service: '0.7 %', does: [{ good: 993, bad: 7 }], expected: PASSES },
  { service: '0.7 % above its own limit', does: [{ good: 993, bad: 7 }], errorObjective: 0.005, expected: fails(315) },
  { service: '3 % below its own limit', does: [{ good: 97, bad: 3 }], errorObjective: 0.05, expected: PASSES },
  { service: 'just 5 % and 10 errors in 2m', does: [{ good: 23.75, bad: 1.25 }], expected: fails(135) },
  { service: 'just 20 requests in 2m', does: [{ good: 1.25, bad: 1.25 }], expected: fails(135) },
  { service: '19 requests in 2m', does: [{ good: 1.1, bad: 1.3 }], expected: fails(315) },
  { service: '8 errors in 2m', does: [{ good: 9, bad: 1 }], expected: fails(315) },
  { service: 'just 1 % and 3 errors in 5m', does: [{ good: 14.85, bad: 0.15 }], expected: fails(315) },
  { service: 'just 20 requests in 5m', does: [{ good: 0.5, bad: 0.5 }], expected: fails(315) },
  { service: '19 requests in 5m', does: [{ good: 0.45, bad: 0.5 }], expected: fails(615) },
  { service: 'just 1 % and 3 errors in 10m', does: [{ good: 7.425, bad: 0.075 }], expected: fails(615) },
  { service: 'just 20 requests in 10m', does: [{ good: 0.25, bad: 0.25 }], lacks: ['latency'], expected: fails(615) },
  {
    service: '19 requests in 10m',
    does: [{ good: 0.225, bad: 0.25 }],
    lacks: ['latency', 'errors'],
    expected: NOT_SEEN
  },
  { service: '2 errors in 10m', does: [{ good: 3.95, bad: 0.05 }], expected: PASSES },
  {
    service: 'breaks in minute three',
    does: [
      { good: 150, bad: 0 },
      { from: 165, good: 10, bad: 10 }
    ],
    expected: fails(225)
  },
  {
    service: 'breaks in minute seven, with less traffic',
    does: [
      { good: 200, bad: 0 },
      { from: 405, good: 8.5, bad: 1.5 }
    ],
    expected: fails(585)
  },
  {
    service: 'breaks in minute six, with less traffic',
    does: [
      { good: 200, bad: 0 },
      { from: 195, good: 20 },
      { from: 300, good: 10, bad: 10 }
    ],
    expected: fails(345)
  },
  {
    service: 'a few errors at the end',
    does: [
      { good: 20, bad: 0 },
      { from: 600, good: 15, bad: 5 }
    ],
    expected: PASSES
  },
  {
    service: 'enough requests at the end',
    does: [{ good: 0 }, { from: 600, good: 20 }],
    lacks: ['latency'],
    expected: NOT_SEEN
  },
  {
    service: 'enough requests too late',
    does: [{ good: 0 }, { from: 660, good: 20 }],
    lacks: ['latency', 'errors'],
    expected: NOT_SEEN
  },
  {
    service: 'breaks when it has passed',
    does: [
      { good: 20, bad: 0 },
      { from: 615, good: 10, bad: 10 }
    ],
    expected: PASSES
  },
  {
    service: 'breaks when nobody looks any more',
    does: [
      { good: 20, bad: 0 },
      { from: 660, good: 10, bad: 10 }
    ],
    took: null,
    expected: NOT_SEEN
  },

  { service: 'slow', took: [[-COMPLETED_S, 0, 16, 20]], expected: fails(315) },
  { service: 'just at 500 ms', took: [[-COMPLETED_S, 0, 19, 20]], expected: fails(315) },
  {
    service: 'slow at first',
    took: [
      [-COMPLETED_S, 0, 0, 20],
      [150, 0, 20, 20]
    ],
    expected: fails(315)
  },
  { service: 'slow within its own limit', took: [[-COMPLETED_S, 0, 16, 20]], latencyObjective: 1, expected: PASSES },
  { service: 'slower than its own limit', latencyObjective: 0.3, expected: fails(315) },
  {
    service: 'slow after five minutes',
    took: [
      [-COMPLETED_S, 0, 20, 20],
      [360, 0, 0, 20]
    ],
    expected: PASSES
  },
  { service: 'measured after five minutes', took: [[360, 0, 20, 20]], lacks: ['latency'], expected: NOT_SEEN },
  { service: 'not measured', took: null, lacks: ['latency'], expected: NOT_SEEN },
  { service: 'just enough for p95', does: [{ good: 1 }], lacks: [], expected: PASSES },
  { service: 'not enough for p95', does: [{ good: 0.95 }], lacks: ['latency'], expected: NOT_SEEN },

  {
    service: 'requests at first alone',
    does: [{ good: 20 }, { from: 0, good: 0 }],
    lacks: ['latency', 'errors'],
    expected: NOT_SEEN
  },
  { service: 'no requests', does: null, lacks: ['latency', 'errors'], expected: NOT_SEEN },
  {
    service: 'probes alone',
    does: [{ good: 20, bad: 5 }],
    route: ',handler="/readyz"',
    lacks: ['latency', 'errors'],
    expected: NOT_SEEN
  },

  {
    service: 'down',
    up: [
      [-COMPLETED_S, 1],
      [0, 0]
    ],
    expected: fails(60)
  },
  {
    service: 'up for a moment within a minute',
    up: [
      [-COMPLETED_S, 1],
      [0, 0],
      [30, 1],
      [45, 0],
      [90, 1]
    ],
    expected: PASSES
  },
  {
    service: 'up within a minute',
    up: [
      [-COMPLETED_S, 1],
      [0, 0],
      [60, 1]
    ],
    expected: PASSES
  },
  {
    service: 'down after two minutes',
    up: [
      [-COMPLETED_S, 1],
      [90, 0],
      [240, 1]
    ],
    expected: PASSES
  },
  { service: 'checked before the rollout ended', checkedAt: [BEFORE, BEFORE], lacks: ['health'], expected: NOT_SEEN },
  {
    service: 'down before the rollout ended',
    up: [[-COMPLETED_S, 0]],
    checkedAt: [BEFORE, BEFORE],
    expected: NOT_SEEN
  },
  {
    service: 'checked after two minutes',
    checkedAt: [AFTER_TWO_MINUTES, AFTER_TWO_MINUTES],
    lacks: ['health'],
    expected: NOT_SEEN
  },
  { service: 'checked after a minute', checkedAt: [AFTER_A_MINUTE, AFTER_A_MINUTE], lacks: [], expected: PASSES },
  { service: 'checked as the rollout ended', checkedAt: [AT_ITS_END, AT_ITS_END], expected: PASSES },
  { service: 'checked by one replica', checkedAt: [BEFORE, FRESH], expected: PASSES },

  { service: 'slow', namespace: 'bank', expected: PASSES }
]
