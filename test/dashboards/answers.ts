import type { RunningPrometheus } from '../support/prometheus.ts'
import { type Asked, substituted, type Variables } from './model.ts'
import { EVENTFUL } from './watched-fleet.ts'

const RANGE_S = 15
/** From one point of a range to the next. */
export const STEP_S = 0.25
const STEP_MS = STEP_S * 1000

/** The variables as Grafana would set them, for scrapes every 200 ms. */
export const VARIABLES: Variables = {
  cluster: '.*',
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
  if (!one) return { ...VARIABLES, namespace: '.+', service: '.+' }
  return { ...VARIABLES, ...EVENTFUL }
}

/** What Prometheus answers, at each step of the range where the panel is about a range. */
export async function answerTo(
  prometheus: RunningPrometheus,
  { expr, overRange }: Asked,
  variables: Variables
): Promise<readonly Series[]> {
  const query = substituted(expr, variables)
  const series = overRange
    ? await prometheus.queryRange(query, RANGE_S, STEP_S)
    : (await prometheus.query(query)).map(({ metric, value }) => ({ metric, values: [value] }))
  return series.map(({ metric, values }) => ({
    labels: metric,
    points: values.map(([at, value]) => [at, Number(value)] as const)
  }))
}
