import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Clock } from '../domain/ports.ts'
import type { Format } from './family.ts'

// promtool refuses these three of prom-client's defaults: gauges whose names end in _total.
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']
const SHARED_MS = 1_000

/** The usual `process_*` and `nodejs_*`, as prom-client has them. */
export function createProcessMetrics(): (format: Format) => Promise<string> {
  const register = new Registry()
  collectDefaultMetrics({ register })
  for (const name of MISNAMED) register.removeSingleMetric(name)
  // To read what a process has open and in use takes longer than all the rest of a scrape, and blocks the loop.
  const read = shareReading(
    () => register.metrics(),
    () => performance.now()
  )
  return async format => (format === 'text' ? await read() : toOpenMetrics(await read()))
}

// A second registry would collect everything twice, and its watch on the event loop wakes the process a hundred times a
// second. In OpenMetrics a counter's family is named without its suffix, and no line is empty.
function toOpenMetrics(text: string): string {
  return text.replace(/^(# (?:HELP|TYPE) \S+)_total /gm, '$1 ').replace(/\n{2,}/g, '\n')
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
