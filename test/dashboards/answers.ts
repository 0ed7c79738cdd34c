import type { RunningPrometheus } from '../support/prometheus.ts'
import { type Asked, substituted, type Variables } from './model.ts'
import { EVENTFUL } from './watched-fleet.ts'

const RANGE_S = 15
/** From one point of a range to the next. */
export const STEP_S = 0.25
const STEP_MS = STEP_S * 1000

/** The variables as Grafana would set them, for scrapes every 200 ms. */
export const VARIABLES: Variables = {
  job: '.+',
  instance: '.+',
  __rate_interval: '1s',
  __interval: `${STEP_MS}ms`,
  __interval_ms: `${STEP_MS}`,
  __range: `${RANGE_S}s`,
  __range_s: `${RANGE_S}`
}

/** One series of an answer; an instant query has one point. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly points: readonly (readonly [atSeconds: number, value: number])[]
}

/** Every namespace where a dashboard looks at many; the eventful service where it looks at one. */
export function variablesFor(file: string): Variables {
  const one = file === 'service.json'
  return { ...VARIABLES, namespace: one ? EVENTFUL.namespace : '.+', service: EVENTFUL.service }
}

/** What Prometheus answers, at each step of the range where the panel is about a range. */
export async function answerTo(
  prometheus: RunningPrometheus,
  { expr, overRange }: Asked,
  variables: Variables
): Promise<readonly Series[]> {
  const query = substituted(expr, variables)
  const samples = await prometheus.query(overRange ? `(${query})[${RANGE_S}s:${STEP_MS}ms]` : query)
  return samples.map(sample => {
    // A query of a range is answered with `values`, one of a moment with `value`.
    const points: unknown[] = 'values' in sample && Array.isArray(sample.values) ? sample.values : [sample.value]
    return { labels: sample.metric, points: points.map(pointOf) }
  })
}

function pointOf(point: unknown): readonly [number, number] {
  const [at, value]: unknown[] = Array.isArray(point) ? point : []
  return [Number(at), Number(value)]
}
