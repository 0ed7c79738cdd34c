import { withoutQuery } from '../../text/url-secrets.ts'
import type { GateConfig, MetricType } from '../gate-config.ts'
import type { GateFacts, ItemResult, ItemSpec } from '../item.ts'
import type { Exposition } from '../live/exposition/exposition.ts'
import type { KeyMetricFacts } from '../live/live-facts.ts'
import { told } from '../live/prometheus-api.ts'
import { fullNameOf } from '../live/queries.ts'
import {
  describeGet,
  inSeries,
  inWords,
  MOST_SKEW_SECONDS,
  passPartly,
  skipPartial,
  skipTruncated,
  skipUnseen,
  source,
  whyUnseen
} from './evidence.ts'
import { ONLY_PROTOBUF } from './metrics-endpoint.ts'
import { fail, pass, skip } from './results.ts'
import { actionToScrape } from './scrape.ts'
import { whyNoPrometheus } from './sources.ts'

const FRESH_SECONDS = 300
const TYPELESS: readonly (string | null)[] = [null, 'untyped', 'unknown']

/** One item for each metric of `metrics.required`. */
export function keyMetricItems(config: GateConfig): readonly ItemSpec[] {
  return Object.entries(config.metrics.required).map(([name, type]) => ({
    id: `key-metric-${name}`,
    section: 'Key metrics',
    item: `${fullNameOf(config.metrics, name)} is there as a ${type}`,
    needs: ['metrics-endpoint-answers'],
    required: true,
    judge: facts => judgeMetric({ name, type }, facts, config)
  }))
}

function judgeMetric(
  { name, type }: { readonly name: string; readonly type: MetricType },
  facts: GateFacts,
  config: GateConfig
): ItemResult {
  const { service, prometheus } = facts.live
  const full = fullNameOf(config.metrics, name)
  const { metrics } = service
  if (!metrics.answered) return skip(describeGet(metrics), null)
  const { exposition } = metrics
  if (exposition === 'protobuf') return ONLY_PROTOBUF
  if (typeof exposition === 'string') return fail(`${exposition}, and no metrics`, `Expose ${full}`)
  const known = prometheus?.keyMetrics.get(name)
  const inService = judgeInService({ full, name, type, prefix: config.metrics.prefix ?? '' }, exposition, known)
  const isThere = samplesOf(full, type).some(one => exposition.series.has(one))
  if (!isThere && metrics.isTruncated) return skipTruncated(full, withoutQuery(config.metrics.path))
  if (inService.status !== 'PASS' || prometheus === null || known === undefined) return inService
  const unusable = whyNoPrometheus(facts, config)
  if (unusable !== null) return pass(`${inService.evidence}; not looked up in Prometheus: ${unusable.evidence}`)
  const { series } = known
  if (!series.answer.seen) return skipUnseen(series, `${inService.evidence}; ${whyUnseen(series)}`)
  const { count, age } = series.answer.value
  const asked = source({ asked: `query ${full}`, ms: series.ms })
  if (count > 0 && age !== null && age < -MOST_SKEW_SECONDS) {
    return skip(
      `${inService.evidence}; in Prometheus ${inWords(-age)} in the future, so its age is unknown ${asked}`,
      'Correct the clocks of Prometheus and of its storage'
    )
  }
  if (count > 0 && age !== null && age <= FRESH_SECONDS) {
    return passPartly(`${inService.evidence}; in Prometheus ${inWords(age)} old ${asked}`, series.partial)
  }
  if (series.partial.length > 0) return skipPartial(series)
  const words =
    count === 0 ? 'not in Prometheus' : `in Prometheus ${age === null ? 'without an age' : `${inWords(age)} old`}`
  return fail(
    `${inService.evidence}, but ${words} ${asked}`,
    actionToScrape(facts.live, config) ?? `Make Prometheus scrape it: it has no fresh ${full}`
  )
}

interface Wanted {
  readonly full: string
  /** Without the prefix. */
  readonly name: string
  readonly prefix: string
  readonly type: MetricType
}

function judgeInService(
  { full, name, prefix, type }: Wanted,
  exposition: Exposition,
  known: KeyMetricFacts | undefined
): ItemResult {
  const { series, families } = exposition
  const instead = (short: string, as = '') => `Name ${short}${as} in metrics.required of the gate file`
  // Queries have these names, the metric has not.
  const [suffix = ''] = /_(?:bucket|count|sum)$/.exec(name) ?? []
  const whole = families.has(full) ? undefined : families.get(full.slice(0, full.length - suffix.length))?.type
  if (whole === 'histogram' || whole === 'summary') {
    return fail(`${full} is a part of a ${whole}`, instead(name.slice(0, -suffix.length), ` as a ${whole}`))
  }
  const found = samplesOf(full, type).flatMap(one => series.get(one) ?? [])
  const [first] = found
  if (first === undefined) {
    const alone = families.has(full) ? `${full} is only in HELP or TYPE lines` : `${full} is not there`
    // Client libraries append it to the name in the code.
    if (type === 'counter' && series.has(`${full}_total`)) {
      return fail(`${alone}, but ${full}_total is there`, instead(`${name}_total`))
    }
    const bare = full !== name && samplesOf(name, type).some(one => series.has(one)) ? `, but ${name} is` : ''
    const isPrefixed = bare !== '' && name.startsWith(prefix)
    return fail(`${alone}${bare}`, isPrefixed ? instead(name.slice(prefix.length)) : `Expose ${full}`)
  }
  const said = typeOf(full, families)
  const inPrometheus = known?.types.answer.seen === true ? known.types.answer.value : []
  const isTypeless = TYPELESS.includes(said)
  if (isTypeless ? !inPrometheus.includes(type) : said !== type) {
    const actual = isTypeless ? 'has no type' : `is a ${told(said ?? '')}`
    return fail(`${full} ${actual}; expected a ${type}`, `Expose ${full} as a ${type}`)
  }
  const value = type === 'gauge' || type === 'counter' ? `, value ${first.value}` : ''
  const from = isTypeless && known !== undefined ? ` by ${source(known.types)}` : ''
  return pass(`${type}${from}, ${inSeries(first.count)}${value}`)
}

// A purely native histogram still has its count in the text format.
function samplesOf(full: string, type: MetricType): readonly string[] {
  if (type === 'histogram') return [`${full}_count`, `${full}_bucket`]
  return type === 'summary' ? [`${full}_count`, full] : [full]
}

// OpenMetrics has the type of a counter under its name without `_total`, and that of an info without `_info`. An info
// or a stateset in it is a gauge in the text format, where a person looks for its type.
function typeOf(full: string, families: Exposition['families']): string | null {
  const typeWithout = (suffix: string) =>
    full.endsWith(suffix) ? (families.get(full.slice(0, -suffix.length))?.type ?? null) : null
  if (typeWithout('_info') === 'info') return 'gauge'
  const type = families.get(full)?.type ?? typeWithout('_total')
  return type === 'stateset' ? 'gauge' : type
}
