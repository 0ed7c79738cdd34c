import { ROLLOUT_STATES, type RolloutState } from '../src/domain/rollout.ts'
import { GUARD_STATES, STATES, type State, WORKLOAD_CODES } from './states.ts'

// Which series a dashboard looks at, by its variables.
export const GUARDS = 'cluster=~"$cluster", job=~"$job"'
export const FLEET = `${GUARDS}, namespace=~"$namespace"`
export const SERVICE = `${GUARDS}, namespace="$namespace", service="$service"`
const SERVICES_ANYWHERE = 'namespace=~"$namespace", service=~"$service"'
export const SERVICES = `cluster=~"$cluster", ${SERVICES_ANYWHERE}`
export const SERVICES_OF_GUARDS = `${GUARDS}, ${SERVICES_ANYWHERE}`
export const GUARD = `${GUARDS}, instance=~"$instance"`

/** One row for each service, however many replicas watch it: the value of the worst-off, or of the one that knows. */
export function perService(selected: string): string {
  return `max by (namespace, service) (${selected})`
}

/** One row for each image, however many replicas check it. */
export function perImage(selected: string, ...more: readonly string[]): string {
  return `max by (${['namespace, service, container', ...more].join(', ')}) (${selected})`
}

/** How many images could not be read at their last check; absent, and not 0, if none was checked. */
export function imagesNotRead(scope: string): string {
  const checked = perImage(gauge('keybuzz_image_last_check_timestamp_seconds', scope))
  return `count(${perImage(gauge('keybuzz_image_check_failure', scope))}) or 0 * count(${checked})`
}

/** A series of one gauge in a scope. */
export function gauge(name: string, scope: string): string {
  return `${name}{${scope}}`
}

/**
 * The code of each service's present status, the worst of the replicas that check it. What none of them has checked for
 * three intervals is STALE, whatever it was.
 */
export function statusNow(scope: string): string {
  return stateOf(scope, series => series)
}

/**
 * The code of the worst status within each step, so that no blip hides between two steps; the services that are worst
 * at the end of the range first, those that are gone by then last. Prometheus sorts the series of a range by their
 * labels, whatever the query says, and Grafana keeps that order: hence a label `lane`, which comes before all others.
 */
export function worstStatus(scope: string): string {
  const worst = stateOf(scope, series => `sum_over_time(${series}[$__rate_interval])`)
  const atEnd = stateOf(scope, series => `${series} @ end()`, ' @ end()')
  const seen = perService(`last_over_time(keybuzz_version_status{${scope}}[$__range] @ end())`)
  const lane = `count_values by (namespace, service) ("lane", 9 - (\n${atEnd}\nor 0 * ${seen}\n))`
  return `(\n${worst}\n)\n* on (namespace, service) group_left (lane) ${lane}`
}

/** Statuses from what `read` gives for a series: 1 or 0 for a moment, or the number of samples with it for a step. */
function stateOf(scope: string, read: (series: string) => string, at = ''): string {
  const status = (name: State['name']) => read(`keybuzz_version_status{${scope}, status="${name}"}`)
  const judged = GUARD_STATES.map(({ name }) => `clamp(${status(name)} > 0, ${constant(name)})`)
  const worst = perService(
    `\n  (${judged.join('\n  or ')})\n  unless on (namespace, service, job, instance) ${tooOld(scope, at)}\n`
  )
  // A mismatch with more samples than the rollout was there without it too. As in the alert, any replica's rollout counts.
  const rollout = perService(read(`keybuzz_workload_state{${scope}, state="ROLLING"}`))
  const hushed = `(${perService(status('MISMATCH'))} <= on (namespace, service) (${rollout} > 0))`
  const quiet = `clamp(${worst} == ${codeOf('MISMATCH')} and ${hushed}, ${constant('MISMATCH (ROLLOUT)')})`
  // What a replica that no longer checks once saw is not known now, so only where no other checks is there nothing else.
  return `${quiet} or ${worst}\nor clamp(${perService(tooOld(scope, at))}, ${constant('STALE')})`
}

function constant(name: State['name']): string {
  return `${codeOf(name)}, ${codeOf(name)}`
}

// By replica. The age of a check when it was scraped: the scrape interval is not the guard's fault. As in the alert, a check
// in the future is no better than an old one.
function tooOld(scope: string, at: string): string {
  const checked = `${gauge('keybuzz_version_check_timestamp_seconds', scope)}${at}`
  const interval = `scalar(max(keybuzz_version_guard_check_interval_seconds{${GUARDS}}))`
  return `(abs(timestamp(${checked}) - ${checked}) > 3 * ${interval})`
}

/** How many services have this state; absent where there are no services. */
export function countOf(state: State['name'], scope: string): string {
  return `sum((\n${statusNow(scope)}\n) == bool ${codeOf(state)})`
}

/**
 * Seconds since each service last had another status within the dashboard's range; -1 if it had none: then the status is
 * older than the range, or as old as the service's first sample, and nobody can say how old.
 */
export function secondsInStatus(scope: string): string {
  const status = `max by (namespace, service, status) (keybuzz_version_status{${scope}})`
  return `time() - max by (namespace, service) (
  (max_over_time(((${status} == bool 0) * time())[$__range:$__interval]) > 0) and (${status} == 1)
)
or -${perService(`keybuzz_version_status{${scope}}`)}`
}

/** The share that one status has of the time in which a service was seen. */
export function shareOfTime(status: string, scope: string): string {
  // The mean of replicas, so that a service's shares add up where replicas disagree for a moment.
  const share = `avg by (namespace, service) (keybuzz_version_status{${scope}, status="${status}"})`
  return `avg_over_time(${share}[$__range:$__interval])`
}

/** The share of the dashboard's range in which a service was seen at all. */
export function shareSeen(scope: string): string {
  const seen = `count_over_time(${perService(`keybuzz_version_status{${scope}}`)}[$__range:$__interval])`
  return `clamp_max(${seen} * $__interval_ms / 1000 / $__range_s, 1)`
}

/**
 * What is deployed or reported, one series for each service: these labels of the replica that was scraped last. What
 * is not known says so.
 */
export function versions(scope: string, ...labels: readonly ('image_tag' | 'ui_version' | 'git_sha')[]): string {
  const newest = `topk by (namespace, service) (1, timestamp(keybuzz_version_info{${scope}}))`
  const one = `max by (namespace, service, ${labels.join(', ')}) (${newest})`
  return labels.reduce((series, label) => `label_replace(${series}, "${label}", "not known", "${label}", "")`, one)
}

/** A commit or a digest cut to its first twelve digits, as people write it: the whole does not fit on a screen. */
export function shortened(series: string, label: 'git_sha' | 'image_digest'): string {
  return `label_replace(${series}, "${label}", "$1", "${label}", "((?:sha256:)?[0-9a-f]{12}).*")`
}

/** Each version of a service: 1 while it is only deployed, 2 while it is only reported, 3 while it is both. */
export function versionLanes(scope: string): string {
  const lane = (label: string) =>
    `label_replace(max by (${label}) (keybuzz_version_info{${scope}, ${label}!=""}), "version", "$1", "${label}", "(.+)")`
  return `sum by (version) (\n  ${lane('image_tag')}\n  or 2 * ${lane('ui_version')}\n)`
}

/** -1 the workload is missing; otherwise the code of its state, the worst that a replica sees. */
export function workload(scope: string): string {
  const state = (name: RolloutState) => `${WORKLOAD_CODES[name]} * keybuzz_workload_state{${scope}, state="${name}"}`
  const missing = `${perService(gauge('keybuzz_workload_found', scope))} == 0`
  return `(${missing}) - 1 or ${perService(`\n  ${ROLLOUT_STATES.map(state).join('\n  or ')}\n`)}`
}

/** A gauge about the last check, of the replicas that check: what another once saw is not known now. */
export function lastChecked(name: string, scope: string): string {
  return `${gauge(name, scope)} unless on (namespace, service, job, instance) ${tooOld(scope, '')}`
}

/** Why an endpoint fails: one series for each service, with the reason as a label. */
export function failure(scope: string): string {
  const failing = `max by (namespace, service, reason) (${lastChecked('keybuzz_debug_endpoint_failure', scope)})`
  return `topk by (namespace, service) (1, ${failing})`
}

/** The slowest probe in each step, for the ten services with the slowest probes of the dashboard's range. */
export function tenSlowest(scope: string): string {
  const duration = gauge('keybuzz_debug_endpoint_duration_seconds', scope)
  const slowest = `topk(10, ${perService(`max_over_time(${duration}[$__range] @ end())`)})`
  return `${perService(`max_over_time(${duration}[$__rate_interval])`)}\nand on (namespace, service) ${slowest}`
}

/**
 * How many guards run; 0: none does; -1: a shard is gone, and its services with it. Two jobs may scrape the same guard, or
 * two Prometheus send what they scrape to one.
 */
export function guardsRunning(scope: string): string {
  const total = `max(keybuzz_version_guard_total_shards{${GUARDS}})`
  // As in the alert, a shard that restarts is not gone.
  const there = `count(count_values("shard", last_over_time(keybuzz_version_guard_shard{${GUARDS}}[1m])))`
  const instances = `count by (cluster, instance) (${gauge('keybuzz_version_guard_build_info', scope)})`
  return `clamp(${total} > ${there}, -1, -1) or count(${instances}) or vector(0)`
}

/**
 * 1: every guard sees all that it watches in Kubernetes or on its Docker host; 0: one does not, or has not for five
 * minutes; -1: there is no guard; absent: neither is used.
 */
export function sourceSeen(scope: string): string {
  const up = `min(${ofSource(source => gauge(`keybuzz_version_guard_${source}_up`, scope))})`
  const blind = `-absent(${gauge('keybuzz_version_guard_build_info', scope)})`
  return `${up} unless max(${sourceAge(scope)}) > 300 or 0 * ${up} or ${blind}`
}

/** The age in seconds of what each guard knew of Kubernetes, or of its Docker host, when it was scraped. */
export function sourceAge(scope: string): string {
  return ofSource(source => {
    const synced = gauge(`keybuzz_version_guard_${source}_last_sync_timestamp_seconds`, scope)
    return `timestamp(${synced}) - ${synced}`
  })
}

/** The series of either source: a guard has one of the two, or reads workloads from a file. */
export function ofSource(read: (source: 'kubernetes' | 'docker') => string): string {
  return `${read('kubernetes')} or ${read('docker')}`
}

/**
 * How many services of each namespace were newly kept out of `/metrics` within each step. A namespace has no counter
 * before its first such service, and Prometheus does not take a counter's first value for an increase. So, as in the
 * alert, a counter also counts if it was not there yet when the guard already was.
 */
export function newlyHeld(scope: string): string {
  const held = gauge('keybuzz_version_guard_new_series_held_total', scope)
  const before = 'offset $__rate_interval'
  const begun = `${held} unless ${held} ${before} and on (job, instance) ${gauge('keybuzz_version_guard_build_info', scope)} ${before}`
  return `max by (instance, namespace) (increase(${held}[$__rate_interval]) > 0 or (${begun}) or 0 * ${held})`
}

/** Seconds since the last check of each service ended. */
export function secondsSinceCheck(scope: string): string {
  return `time() - ${perService(gauge('keybuzz_version_check_timestamp_seconds', scope))}`
}

function codeOf(name: State['name']): number {
  return STATES.find(state => state.name === name)?.code ?? 0
}
