import type { Exposition } from './exposition.ts'
import { parseOpenMetrics } from './open-metrics.ts'
import { parseTextFormat } from './text-format.ts'

/** Why an answer is no exposition that could be parsed. `protobuf` cannot be judged here; the others are wrong. */
export type NoExposition = 'html' | 'json' | 'protobuf'

/** Prometheus' own, without protobuf, so that the gate sees what Prometheus gets. */
export const SCRAPE_ACCEPT =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'

/** Parses the answer to a scrape by its Content-Type; one that says nothing is taken for text, as Prometheus 2 does. */
export function parseExposition(body: string, contentType: string): Exposition | NoExposition {
  const [media = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map(part => part.trim())
  if (media === 'application/vnd.google.protobuf') return 'protobuf'
  if (media === 'application/openmetrics-text') return parseOpenMetrics(body)
  const start = body.slice(0, 200).trimStart()
  if (start.startsWith('<')) return 'html'
  if (start.startsWith('{') && media.endsWith('json')) return 'json'
  return parseTextFormat(body, { hasQuotedNames: parameters.includes('version=1.0.0') })
}
