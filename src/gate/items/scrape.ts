import { counted, firstFew } from '../../text/lines.ts'
import type { PrometheusConfigFile } from '../files/file-facts.ts'
import type { GateConfig } from '../gate-config.ts'
import type { GateFacts, ItemResult, ItemSpec } from '../item.ts'
import type { LiveFacts, PrometheusFacts, Target } from '../live/live-facts.ts'
import { matches, parseMatchers } from '../live/matchers.ts'
import { type Sample, samplesIn, seenIn, told } from '../live/prometheus-api.ts'
import {
  inSeries,
  inWords,
  MOST_SKEW_SECONDS,
  passPartly,
  skipPartial,
  skipUnseen,
  source,
  whyUnseen
} from './evidence.ts'
import { fail, notConfigured, pass, skip } from './results.ts'
import { actionToStart, ofPrometheus, productOf, whyNoPrometheus } from './sources.ts'

const DEFAULT_INTERVAL_MS = 60_000
// A Prometheus that scrapes many times a second is not late after three scrapes.
const LEAST_AGE_SECONDS = 5

/** Whether Prometheus scrapes the service, and has what it serves: the second half of the section. */
export function scrapeItems(config: GateConfig): readonly ItemSpec[] {
  const { prefix, isPushed } = config.metrics
  const row = (id: string, item: string) => ({ id, section: 'Prometheus scrape', item }) as const
  const job = row('scrape-job-configured', 'The scrape job is configured')
  const up = row('scrape-target-up', 'The scrape is active (up = 1)')
  const visible = row('metrics-in-prometheus', 'The metrics are visible in Prometheus')
  return [
    config.prometheus === null
      ? notConfigured(job, 'prometheus', config)
      : { ...job, needs: [], required: !isPushed, judge: facts => judgeJob(facts, config) },
    ofPrometheus(up, config, {
      required: !isPushed,
      judge: (prometheus, facts) => judgeUp(prometheus, facts, config)
    }),
    prefix === null
      ? notConfigured(visible, 'metrics.prefix', config)
      : ofPrometheus(visible, config, {
          judge: (prometheus, facts) => judgeFresh(prometheus, facts, config)
        })
  ]
}

/**
 * What a person should do so that Prometheus has samples of the service: the same text for everything that is missing
 * for the same cause. `null`: it is scraped.
 */
export function actionToScrape({ prometheus, service }: LiveFacts, config: GateConfig): string | null {
  if (config.metrics.isPushed || prometheus === null || !prometheus.up.answer.seen) return null
  const { targets } = prometheus
  const { samples } = prometheus.up.answer.value
  if (samples.length === 0) return addJob(config)
  const down = samples.find(({ value }) => value !== 1)
  if (down === undefined) return lacksAll(prometheus, config) ? bringFresh(config) : null
  // If the service answers nobody, its scrape has no fault of its own.
  return actionToStart(service) ?? fixScrape(down, seenIn(targets))
}

function judgeJob(facts: GateFacts, config: GateConfig): ItemResult {
  const { prometheus } = facts.live
  if (config.metrics.isPushed) return skip('not scraped by design (metrics.pushed)', null)
  const selector = config.prometheus?.selector ?? ''
  const unusable = whyNoPrometheus(facts, config)
  if (unusable === null && prometheus !== null && prometheus.targets.answer.seen) {
    const { targets } = prometheus
    const own = ownTargets(prometheus, selector)
    if (own === null) return skip(`the selector {${selector}} cannot be compared with targets here`, null)
    if (own.length > 0) {
      const urls = firstFew(own.map(({ url }) => url))
      return pass(`${jobsOf(own)}: ${counted(own.length, 'active target')}, ${urls} ${source(targets)}`)
    }
    if (targets.partial.length > 0) return skipPartial(targets)
    const inFile = jobInFile(facts, selector)
    const more =
      inFile === null || inFile === false ? '' : `; ${inFile}, so Prometheus has not loaded it, or finds no target`
    return fail(`no active target of {${selector}} ${source(targets)}${more}`, addJob(config))
  }
  const found = jobInFile(facts, selector)
  if (found === false) return fail(`no job of {${selector}} in ${facts.files.prometheusConfig?.path}`, addJob(config))
  if (found !== null) return pass(found)
  const file = facts.files.prometheusConfig
  const series = unusable === null && prometheus !== null && mayRename(file) ? samplesIn(prometheus.up) : []
  if (prometheus !== null && series.length > 0) {
    const words = `${firstFew(series.map(upOf))}; a job in ${file?.path} gives its targets a label job of their own`
    return passPartly(`${words} ${source(prometheus.up)}`, prometheus.up.partial)
  }
  const inFile =
    file === null
      ? 'prometheus.configFile is not configured'
      : `${file.path}: ${file.unreadable ?? file.mistakes[0] ?? 'names no such job that can be told'}`
  if (unusable !== null) return skip(`${unusable.evidence}; ${inFile}`, unusable.action)
  if (prometheus === null) return skip('Prometheus was not asked', null)
  return skip(
    `${productOf(prometheus)}: ${whyUnseen(prometheus.targets)}; ${inFile}`,
    'Set prometheus.configFile, so that the scrape job can be looked up without the targets API'
  )
}

// `null`: the file cannot say; `false`: it has none.
function jobInFile({ files }: GateFacts, selector: string): string | false | null {
  const file = files.prometheusConfig
  const matchers = parseMatchers(selector)?.filter(({ label }) => label === 'job') ?? []
  if (file === null || file.unreadable !== null || file.mistakes.length > 0 || matchers.length === 0) return null
  const job = file.jobs.find(({ name }) => matches({ job: name }, matchers) === true)
  if (job === undefined) {
    return mayRename(file) || matchers.some(matcher => matches({}, [matcher]) === null) ? null : false
  }
  const targets = job.targets.length === 0 ? 'targets by discovery' : firstFew(job.targets.map(told))
  return `job ${told(job.name)} in ${file.path}: ${targets}`
}

/** Whether a job that the file does not name may be there all the same. */
function mayRename(file: PrometheusConfigFile | null): boolean {
  return file?.jobs.some(job => job.mayRename) ?? false
}

function ownTargets({ targets, up }: PrometheusFacts, selector: string): readonly Target[] | null {
  const matchers = parseMatchers(selector)
  // External labels are in what is queried, but not in what is scraped.
  const seen = samplesIn(up)
  const own = seenIn(targets).filter(({ labels }) => {
    const isOwn = matchers === null ? null : matches(labels, matchers)
    return isOwn === true || seen.some(sample => isSameInstance(sample, labels))
  })
  return matchers === null && own.length === 0 ? null : own
}

function isSameInstance({ labels }: Sample, other: Readonly<Record<string, string>>): boolean {
  return labels.instance !== undefined && labels.instance === other.instance && labels.job === other.job
}

function jobsOf(targets: readonly Target[]): string {
  return `job ${firstFew([...new Set(targets.map(({ labels }) => told(labels.job ?? '')))])}`
}

function judgeUp(prometheus: PrometheusFacts, { live }: GateFacts, config: GateConfig): ItemResult {
  const { up, upAge, targets } = prometheus
  const selector = config.prometheus?.selector ?? ''
  if (config.metrics.isPushed) return skip('not scraped by design (metrics.pushed)', null)
  if (!up.answer.seen) return skipUnseen(up)
  const { samples } = up.answer.value
  const known = seenIn(targets)
  if (samples.length === 0) {
    if (up.partial.length > 0) return skipPartial(up)
    const waiting = (ownTargets(prometheus, selector) ?? []).find(({ health }) => health === 'unknown')
    if (waiting !== undefined) {
      return skip(
        `${waiting.url} is a target that has not been scraped yet (health unknown)`,
        'Run the gate again once Prometheus has scraped the service'
      )
    }
    return fail(`no up{${selector}} at all: Prometheus does not scrape it ${source(up)}`, addJob(config))
  }
  const down = samples.find(({ value }) => value !== 1)
  if (down !== undefined) {
    const more = samples.length > 1 ? `, of ${samples.length} instances` : ''
    return fail(
      `${upOf(down)}${more}: ${errorOf(down, known) ?? 'Prometheus does not say why'} ${source(up)}`,
      actionToScrape(live, config)
    )
  }
  if (up.partial.length > 0) return skipPartial(up)
  const isWhole = targets.answer.seen && targets.partial.length === 0
  if (isWhole && ownTargets(prometheus, selector)?.length === 0) {
    return skip(
      `${firstFew(samples.map(upOf))}, but no active target has these labels: its job may have been removed, and Prometheus shows the last sample for up to 5 m ${source(targets)}`,
      addJob(config)
    )
  }
  if (!upAge.answer.seen) return skipUnseen(upAge)
  const ages = upAge.answer.value.samples
  const oldest = ages.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  const late = ages.find(age => !(age.value <= latestSeconds(age, known)))
  if (late !== undefined) {
    return fail(
      `${upOf({ ...late, value: 1 })}, but ${inWords(late.value)} old: Prometheus no longer scrapes it ${source(upAge)}`,
      `Find out why Prometheus no longer scrapes ${instanceOf(late)}`
    )
  }
  const ahead = ages.find(({ value }) => value < -MOST_SKEW_SECONDS)
  if (ahead !== undefined) {
    return skip(
      `${upOf({ ...ahead, value: 1 })}, but ${inWords(-ahead.value)} in the future, so whether it is still scraped is unknown ${source(upAge)}`,
      'Correct the clocks of Prometheus and of its storage'
    )
  }
  if (ages.length === 0) {
    return skip(`${firstFew(samples.map(upOf))}, but gone a moment later ${source(upAge)}`, 'Run the gate again')
  }
  return pass(`${firstFew(samples.map(upOf))}, scraped ${inWords(oldest)} ago ${source(up)}`)
}

function latestSeconds(sample: Sample, targets: readonly Target[]): number {
  const interval = targets.find(({ labels }) => isSameInstance(sample, labels))?.intervalMs ?? DEFAULT_INTERVAL_MS
  return Math.max(LEAST_AGE_SECONDS, (3 * interval) / 1000)
}

function judgeFresh(prometheus: PrometheusFacts, { live }: GateFacts, config: GateConfig): ItemResult {
  const { fresh } = prometheus
  const { prefix } = config.metrics
  if (fresh === null || prefix === null) return skip('metrics.prefix is not configured', null)
  if (!fresh.answer.seen) return skipUnseen(fresh)
  const { now, minute, fiveMinutes, hour } = fresh.answer.value
  const asked = source({ asked: `query ${prefix}*`, ms: fresh.ms })
  if (now > 0 && fiveMinutes > 0) {
    return passPartly(
      `${inSeries(now)}, ${Math.min(now, minute)} with a sample of the last minute ${asked}`,
      fresh.partial
    )
  }
  if (fresh.partial.length > 0) return skipPartial(fresh)
  const old =
    now > 0
      ? `${inSeries(now)}, but the last sample is older than 5 m`
      : hour > 0
        ? `none now; ${inSeries(hour)} in the last hour, ${fiveMinutes > 0 ? 'ended less than 5 m ago' : 'older than 5 m'}`
        : 'none now, and none in the last hour'
  return fail(`${old} ${asked}`, actionToScrape(live, config) ?? bringFresh(config))
}

/** Whether all metrics with the prefix are missing, such as by a relabelling that drops them. */
function lacksAll({ fresh }: PrometheusFacts, { metrics }: GateConfig): boolean {
  if (metrics.prefix === null || !fresh?.answer.seen || fresh.partial.length > 0) return false
  const { now, fiveMinutes } = fresh.answer.value
  return now === 0 || fiveMinutes === 0
}

function bringFresh({ metrics }: GateConfig): string {
  return `Make Prometheus scrape it: it has no fresh ${metrics.prefix}*`
}

function addJob({ prometheus, service }: GateConfig): string {
  const job = parseMatchers(prometheus?.selector ?? '')?.find(
    ({ label, operator }) => label === 'job' && operator === '='
  )
  const name = job === undefined ? `for {${prometheus?.selector}}` : told(job.value)
  return `Make Prometheus scrape it: add job ${name} with target ${URL.parse(service.url)?.host ?? ''}`
}

function fixScrape(sample: Sample, targets: readonly Target[]): string {
  const why = errorOf(sample, targets)
  return `Fix the scrape of ${instanceOf(sample)}${why === null ? '' : `: ${why}`}`
}

function errorOf(sample: Sample, targets: readonly Target[]): string | null {
  const error = targets.find(({ labels }) => isSameInstance(sample, labels))?.lastError ?? ''
  return error === '' ? null : error
}

function instanceOf({ labels }: Sample): string {
  return told(labels.instance ?? 'an instance without a name')
}

function upOf({ labels, value }: Sample): string {
  const shownLabels = ['job', 'instance'].flatMap(name =>
    labels[name] === undefined ? [] : [`${name}=${told(labels[name])}`]
  )
  return `up{${shownLabels.join(',')}} = ${value}`
}
