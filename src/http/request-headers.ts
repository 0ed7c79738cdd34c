import type { Encoding } from '../metrics/exposition.ts'
import type { Format } from '../metrics/family.ts'

/** One element of an `Accept` or `Accept-Encoding` header, names in lower case. */
interface Preference {
  readonly name: string
  readonly version: string | undefined
  readonly quality: number
}

/**
 * The exposition format that an `Accept` header prefers. OpenMetrics has to be named: a wildcard, no header and nonsense
 * get text. Parameters that we do not know (`escaping`, `charset`) do not count: Prometheus 3 sends them to all.
 */
export function negotiateFormat(accept: string | undefined): Format {
  const [best] = preferences(accept)
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .flatMap(preference => formatOf(preference) ?? [])
  return best ?? 'text'
}

/** `gzip` where an `Accept-Encoding` header allows it and does not prefer `identity`. */
export function negotiateEncoding(acceptEncoding: string | undefined): Encoding {
  const accepted = preferences(acceptEncoding)
  const qualityOf = (name: string) => accepted.find(preference => preference.name === name)?.quality
  const gzip = qualityOf('gzip') ?? qualityOf('x-gzip') ?? qualityOf('*') ?? 0
  return gzip > 0 && gzip >= (qualityOf('identity') ?? 0) ? 'gzip' : 'identity'
}

/**
 * The timeout that Prometheus announces with a scrape (`X-Prometheus-Scrape-Timeout-Seconds`), in milliseconds.
 * `undefined`: none, or not a positive finite number.
 */
export function readScrapeTimeoutMs(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined
  const timeoutMs = Number(header) * 1000
  return Number.isFinite(timeoutMs) && timeoutMs > 0 ? timeoutMs : undefined
}

function formatOf({ name, version }: Preference): Format | undefined {
  if (name === 'application/openmetrics-text') return (version ?? '1.0.0') === '1.0.0' ? 'openmetrics' : undefined
  if (name === 'text/plain') return (version ?? '0.0.4') === '0.0.4' ? 'text' : undefined
  return name === 'text/*' || name === '*/*' ? 'text' : undefined
}

function preferences(header = ''): Preference[] {
  return header.split(',').map(element => {
    const [name = '', ...parameters] = element.split(';').map(part => part.trim().toLowerCase())
    const values = new Map(parameters.map(parameter => nameAndValue(parameter)))
    return { name, version: values.get('version'), quality: qualityValue(values.get('q')) }
  })
}

function nameAndValue(parameter: string): [name: string, value: string] {
  const [name = '', value = ''] = parameter.split('=')
  return [name.trim(), value.trim().replaceAll('"', '')]
}

// RFC 9110, section 12.4.2: 0 to 1 with three decimals; anything else means not wanted.
function qualityValue(text = '1'): number {
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 0
}
