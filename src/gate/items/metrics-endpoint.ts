import { counted, firstFew } from '../../text/lines.ts'
import { withoutQuery } from '../../text/url-secrets.ts'
import type { GateConfig } from '../gate-config.ts'
import type { ItemResult, ItemSpec } from '../item.ts'
import type { LiveFacts, MetricsFacts, ServiceFacts } from '../live/live-facts.ts'
import { samplesIn, told } from '../live/prometheus-api.ts'
import { describeGet, notAsked, skipTruncated } from './evidence.ts'
import { fail, notConfigured, pass, skip } from './results.ts'
import { actionToReach, setServiceUrl } from './sources.ts'

/** What the service itself serves to Prometheus: the first half of the section. */
export function metricsEndpointItems(config: GateConfig): readonly ItemSpec[] {
  const { prefix } = config.metrics
  const path = withoutQuery(config.metrics.path)
  const row = (id: string, item: string) => ({ id, section: 'Prometheus scrape', item }) as const
  const endpoint = row('metrics-endpoint-answers', `${path} answers`)
  const prefixed = row('metrics-have-prefix', `Metrics that begin with ${prefix ?? 'metrics.prefix'} are there`)
  const format = row('metrics-format-valid', `The format of ${path} is valid`)
  const needsEndpoint = { needs: [endpoint.id], required: true }
  return [
    { ...endpoint, needs: [], required: true, judge: ({ live }) => judgeEndpoint(live.service, path) },
    prefix === null
      ? notConfigured(prefixed, 'metrics.prefix', config)
      : {
          ...prefixed,
          ...needsEndpoint,
          judge: ({ live }) => judgePrefix(live.service.metrics, path, prefix)
        },
    { ...format, ...needsEndpoint, judge: ({ live }) => judgeFormat(live, path) }
  ]
}

function judgeEndpoint(service: ServiceFacts, path: string): ItemResult {
  const { metrics } = service
  const words = describeGet(metrics)
  if (!metrics.answered) {
    return notAsked(metrics) ?? fail(words, actionToReach(service) ?? `Make ${metrics.url} answer: ${metrics.message}`)
  }
  const { url, status, location, secureUrl, bytes, isTruncated, exposition } = metrics
  if (secureUrl !== null) return fail(`${words}, as it wants https`, setServiceUrl(secureUrl))
  // Many frameworks know a path with or without its last slash.
  const other = location === `${url}/` ? `${path}/` : `${location}/` === url ? path.slice(0, -1) : null
  if (other !== null)
    return fail(`${words}, a redirect to ${location}`, `Set metrics.path in the gate file to ${other}`)
  if (location !== null) {
    return fail(
      `${words}, a redirect to ${location}: ${hostOf(location) === hostOf(url) ? 'it is not followed' : 'a login page?'}`,
      `Let ${url} be read without a redirect to ${location}, or set metrics.path`
    )
  }
  if (status !== 200) return fail(words, `Make ${url} answer 200: it answers ${status}`)
  if (bytes === 0 && !isTruncated) return fail(`${words}: it is empty`, `Make ${url} answer with metrics: it is empty`)
  if (exposition === 'html') {
    return fail(`${words}: HTML, a login page?`, `Make ${url} answer with metrics: it answers with HTML`)
  }
  return pass(words)
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? ''
}

/** For a service that answers in protobuf, whatever it is asked for. */
export const ONLY_PROTOBUF = skip(
  'the service offers only protobuf, which the gate cannot read',
  'Make the service offer the text format too'
)

function judgePrefix(metrics: MetricsFacts, path: string, prefix: string): ItemResult {
  if (!metrics.answered) return skip(describeGet(metrics), null)
  const { exposition } = metrics
  if (exposition === 'protobuf') return ONLY_PROTOBUF
  if (typeof exposition === 'string') {
    return fail(`${exposition}, and no metrics: ${describeGet(metrics)}`, `Expose metrics that begin with ${prefix}`)
  }
  const own = [...exposition.series].filter(([name]) => name.startsWith(prefix))
  const samples = own.reduce((sum, [, { count }]) => sum + count, 0)
  const written = [...exposition.families.keys()].filter(name => name.startsWith(prefix))
  const alone = written.filter(name => !own.some(([sample]) => sample === name || sample.startsWith(`${name}_`)))
  if (samples === 0 && metrics.isTruncated) return skipTruncated(`${prefix}*`, path)
  if (samples === 0) {
    const more = alone.length === 0 ? '' : `; ${firstFew(alone.map(told))} only in HELP or TYPE lines`
    return fail(
      `none of ${counted(exposition.samples, 'sample')} begins with ${prefix}${more}`,
      `Expose metrics that begin with ${prefix}`
    )
  }
  const more = alone.length === 0 ? '' : ` (${alone.length} more only in HELP or TYPE lines)`
  const begin = samples === 1 ? 'begins' : 'begin'
  return pass(`${counted(samples, 'sample')} of ${counted(own.length, 'name')} ${begin} with ${prefix}${more}`)
}

function judgeFormat({ service: { metrics }, prometheus }: LiveFacts, path: string): ItemResult {
  if (!metrics.answered) return skip(describeGet(metrics), null)
  const { exposition, isTruncated, isUtf8, contentType, bytes } = metrics
  if (exposition === 'protobuf') return ONLY_PROTOBUF
  if (typeof exposition === 'string') {
    return fail(`${exposition}, which Prometheus does not read`, `Make ${path} answer in the text format`)
  }
  if (isTruncated) {
    return skip(
      `more than the ${bytes.toLocaleString('en-US')} bytes that the gate reads`,
      `Make ${path} smaller, or make metrics-format-valid optional`
    )
  }
  const { format, samples, faults, faultCount, newExemplar } = exposition
  const words = `${format}, ${counted(samples, 'sample')}, ${counted(faultCount, 'fault')}`
  const [first] = faults
  if (first !== undefined) {
    return fail(`${words}; line ${first.line}: ${first.fault}`, `Fix line ${first.line} of ${path}: ${first.fault}`)
  }
  if (!isUtf8) return fail(`${words}, but not UTF-8`, `Make ${path} answer in UTF-8`)
  if (samples === 0) return fail(`${words}: there is nothing to scrape`, `Expose metrics at ${path}`)
  const isScraped = prometheus !== null && samplesIn(prometheus.up).some(({ value }) => value === 1)
  if (newExemplar !== undefined && !isScraped) {
    return {
      ...pass(words),
      warning: `${path} has an exemplar at ${told(newExemplar)}, where older versions of Prometheus refuse it`
    }
  }
  if (/^(?:text\/plain|application\/openmetrics-text)\b/i.test(contentType)) return pass(words)
  return {
    ...pass(words),
    warning: `${path} has ${contentType === '' ? 'no Content-Type' : `the Content-Type ${contentType}`}, which Prometheus 3 does not scrape by default: text/plain is right`
  }
}
