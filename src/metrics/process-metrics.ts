import { collectDefaultMetrics, type Metric, type OpenMetricsContentType, Registry } from 'prom-client'
import type { Clock } from '../domain/ports.ts'
import type { Format } from './family.ts'

// promtool refuses these three of prom-client's defaults: gauges whose names end in _total.
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']
const SHARED_MS = 1_000

/** The usual `process_*` and `nodejs_*`, as prom-client has them, on a registry of their own for each format. */
export function createProcessMetrics(): (format: Format) => Promise<string> {
  const text = new Registry()
  const openmetrics = new Registry<OpenMetricsContentType>()
  openmetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  collectDefaultMetrics({ register: text })
  for (const name of MISNAMED) text.removeSingleMetric(name)
  // Collected once for both: what watches the event loop wakes the process a hundred times a second.
  for (const { name } of text.getMetricsAsArray()) openmetrics.registerMetric(text.getSingleMetric(name) as Metric)
  // To read what a process has open and in use takes longer than all the rest of a scrape, and blocks the loop.
  const monotonic = () => performance.now()
  const readings = {
    text: shareReading(() => text.metrics(), monotonic),
    openmetrics: shareReading(async () => (await openmetrics.metrics()).replace(/# EOF\n$/, ''), monotonic)
  }
  return format => readings[format]()
}

/** Those who ask within a second share one reading; `monotonic` never jumps. */
export function shareReading(read: () => Promise<string>, monotonic: Clock): () => Promise<string> {
  let last: { readonly reading: Promise<string>; readonly at: number } | undefined
  return () => {
    const now = monotonic()
    if (last === undefined || now - last.at >= SHARED_MS) last = { reading: read(), at: now }
    return last.reading
  }
}
