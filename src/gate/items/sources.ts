import type { GateConfig } from '../gate-config.ts'
import type { GateFacts, ItemResult, ItemSpec, SourceSpec } from '../item.ts'
import type { HttpFailure } from '../live/http-client.ts'
import type { LiveFacts, PrometheusFacts, ServiceFacts } from '../live/live-facts.ts'
import { samplesIn } from '../live/prometheus-api.ts'
import { inWords, MOST_SKEW_SECONDS, skipPartial, skipUnseen, source, timeOf, whyUnseen } from './evidence.ts'
import { fail, notConfigured, pass, skip } from './results.ts'

// Clocks differ; an answer of a cache, or of recorded data, is older.
const CLOCK_TOLERANCE_SECONDS = 300
const START_TOLERANCE_SECONDS = 1
// Prometheus learns of a start only with its next scrape, so for at least this long after it, Prometheus may not know
// it.
const JUST_STARTED_SECONDS = 120

/**
 * What items may need: that the service answers, that Prometheus does, and that it is the one that scrapes this
 * service. No item needs Alertmanager, which has nothing to say about a quiet alert; but without it, nobody would hear
 * of one that fires.
 */
export function liveSources(config: GateConfig): readonly SourceSpec[] {
  return [
    { id: 'service', needs: [], judge: ({ live }) => judgeService(live.service) },
    { id: 'prometheus', needs: [], judge: judgePrometheus },
    { id: 'identity', needs: ['prometheus'], judge: facts => judgeIdentity(facts, config) },
    { id: 'alertmanager', needs: [], judge: ({ live }) => judgeAlertmanager(live) }
  ]
}

/** An item that is judged from what this service's own Prometheus answered; not required where none is configured. */
export function ofPrometheus(
  row: Pick<ItemSpec, 'id' | 'section' | 'item'>,
  config: GateConfig,
  {
    judge,
    ...rest
  }: Partial<Omit<ItemSpec, 'judge'>> & { judge(prometheus: PrometheusFacts, facts: GateFacts): ItemResult }
): ItemSpec {
  if (config.prometheus === null) return notConfigured(row, 'prometheus', config)
  return {
    ...row,
    needs: ['prometheus', 'identity'],
    required: true,
    ...rest,
    judge: facts =>
      facts.live.prometheus === null ? skip('Prometheus was not asked', null) : judge(facts.live.prometheus, facts)
  }
}

/** What a person should do when nothing at all answers at the service's address; `null`: something does. */
export function actionToStart(service: ServiceFacts): string | null {
  const failure = failureOf(service)
  // Something answers there, and the gate cannot talk to it.
  if (failure === null || failure.reason === 'tls') return null
  return `Start the service: nothing answers at ${service.url} (${failure.message})`
}

/** What a person should do so that the gate gets an answer of the service; `null`: it gets one. */
export function actionToReach(service: ServiceFacts): string | null {
  const failure = failureOf(service)
  return actionToStart(service) ?? (failure && `Fix service.url or its certificates: ${failure.message}`)
}

/** Why nothing of the service gave an answer; `null`: something did. */
function failureOf({ metrics, health }: ServiceFacts): HttpFailure | null {
  const all = [metrics, ...health.values()]
  const failed = all.flatMap(result => (result.answered || result.reason === 'not_asked' ? [] : [result]))
  return failed.length < all.length ? null : (failed[0] ?? null)
}

/** What a person should do where the service wants to be asked over https. */
export function setServiceUrl(secureUrl: string): string {
  return `Set service.url to ${secureUrl}: it wants https`
}

/** Why nothing can be learnt of the service from Prometheus; `null`: it can. */
export function whyNoPrometheus(facts: GateFacts, config: GateConfig): ItemResult | null {
  const own = judgePrometheus(facts)
  if (own.status !== 'PASS') return own
  const identity = judgeIdentity(facts, config)
  return identity.status === 'PASS' ? null : identity
}

/** What answers at the address of Prometheus, for messages. */
export function productOf({ build }: Pick<PrometheusFacts, 'build'>): string {
  return build.answer.seen ? build.answer.value.product : 'this server'
}

function judgeService(service: ServiceFacts): ItemResult {
  const action = actionToReach(service)
  if (action === null) return pass(`${service.url} answers`)
  const message = service.metrics.answered ? '' : service.metrics.message
  return fail(`nothing answers at ${service.url}: ${message}`, action)
}

function judgePrometheus({ live, now }: GateFacts): ItemResult {
  const prometheus = live.prometheus
  if (prometheus === null) {
    return skip(
      'prometheus.url and prometheus.selector are not configured',
      'Set prometheus.url and prometheus.selector in the gate file'
    )
  }
  const { url, time, build } = prometheus
  const { answer } = time
  if (!answer.seen) {
    const words = `${url}: ${whyUnseen(time)}`
    if (answer.reason === 'stopped') return skip(words, null)
    return fail(
      words,
      answer.reason === 'unreachable'
        ? `Make Prometheus scrape it: start Prometheus, or fix prometheus.url: ${answer.message}`
        : `Fix prometheus.url or its credentials: ${answer.message}`
    )
  }
  const at = answer.value.samples[0]?.value ?? Number.NaN
  const off = now / 1000 - at
  if (!(Math.abs(off) <= CLOCK_TOLERANCE_SECONDS)) {
    const distance = `${inWords(Math.abs(off))} ${off > 0 ? 'behind' : 'ahead of'} this machine's`
    return fail(
      `its current time is ${timeOf(at)}${Number.isFinite(off) ? `, ${distance}` : ''}: old data, or a wrong clock ${source(time)}`,
      'Ask Prometheus itself rather than a cache, or correct the clock of its machine or of this one'
    )
  }
  const name = build.answer.seen ? `${build.answer.value.product} ${build.answer.value.version}` : url
  return pass(`${name} answers queries ${source(time)}`)
}

function judgeIdentity({ live, now }: GateFacts, config: GateConfig): ItemResult {
  if (live.prometheus === null || config.prometheus === null) return skip('prometheus is not configured', null)
  const { startTimes, up, url } = live.prometheus
  const { selector } = config.prometheus
  const startedAt = startOf(live)
  if (startedAt === null) return pass('not checked: the service has no single process_start_time_seconds')
  const { answer } = startTimes
  if (!answer.seen) {
    const words = `whether this Prometheus scrapes the service could not be asked: ${whyUnseen(startTimes)}`
    return skipUnseen(startTimes, words)
  }
  const known = answer.value.samples.map(({ value }) => value)
  if (known.some(value => Math.abs(value - startedAt) <= START_TOLERANCE_SECONDS)) {
    return pass(`started at ${timeOf(startedAt)}, as Prometheus knows ${source(startTimes)}`)
  }
  const ups = samplesIn(up)
  const isUp = ups.some(({ value }) => value === 1)
  // Prometheus knows nothing of it: no other cluster's data can be taken for its own.
  if (known.length === 0 && !isUp) return pass(`not checked: Prometheus has no process_start_time_seconds{${selector}}`)
  // A target that cannot be scraped since a restart keeps its old start for a while.
  if (ups.length > 0 && !isUp && up.partial.length === 0) {
    return pass(`not checked: no target of {${selector}} is up, so Prometheus may only know an earlier start`)
  }
  if (startTimes.partial.length > 0) return skipPartial(startTimes)
  const age = now / 1000 - startedAt
  // The clock of the service may be ahead of this one.
  if (age > -CLOCK_TOLERANCE_SECONDS && age < Math.max(JUST_STARTED_SECONDS, sinceScrape(live.prometheus))) {
    const when = age < 0 ? 'just now' : `${inWords(age)} ago`
    return skip(
      `the service started ${when}, and Prometheus has not scraped it since ${source(startTimes)}`,
      'Run the gate again once Prometheus has scraped the service'
    )
  }
  const words = `the service started at ${timeOf(startedAt)}, and Prometheus has`
  const pointAt = `Point prometheus.url at the Prometheus that scrapes this service: ${url} knows no instance that started at ${timeOf(startedAt)}`
  if (known.length === 0) {
    return fail(
      `another cluster's or another service's, unless a relabelling drops process_start_time_seconds: ${words} no start at all for {${selector}} ${source(startTimes)}`,
      `${pointAt}; or let it keep process_start_time_seconds`
    )
  }
  const has = known
    .slice(0, 3)
    .map(seconds => timeOf(seconds))
    .join(', ')
  return fail(
    `another cluster's or another service's: ${words} only ${has} for {${selector}} ${source(startTimes)}`,
    pointAt
  )
}

function judgeAlertmanager({ alertmanager }: LiveFacts): ItemResult {
  if (alertmanager === null) return skip('alertmanager.url is not configured', null)
  const { answer } = alertmanager
  if (answer.seen || answer.reason === 'stopped') return pass('asked')
  return { ...pass('asked'), warning: `nothing was learnt from Alertmanager: ${answer.message}` }
}

/**
 * The most seconds that may have passed since each target was scraped, with room for clocks that differ; 0: not known.
 */
function sinceScrape({ upAge }: PrometheusFacts): number {
  return samplesIn(upAge).reduce((most, { value }) => Math.max(most, value + MOST_SKEW_SECONDS), 0)
}

function startOf({ service: { metrics } }: LiveFacts): number | null {
  if (!metrics.answered || typeof metrics.exposition === 'string') return null
  const start = metrics.exposition.series.get('process_start_time_seconds')
  // With several processes, nobody can tell which one Prometheus scrapes.
  return start?.count === 1 && Number.isFinite(start.value) ? start.value : null
}
