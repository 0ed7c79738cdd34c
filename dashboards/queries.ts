import { STATES, type State } from './states.ts'

// Which series a dashboard looks at, from its variables.
export const FLEET = 'job=~"$job", namespace=~"$namespace"'
export const SERVICE = 'job=~"$job", namespace="$namespace", service="$service"'
export const GUARD = 'job=~"$job", instance=~"$instance"'

/** One row for each service, however many replicas watch it: the value of the worst-off, or of the one that knows. */
export function perService(selected: string): string {
  return `max by (namespace, service) (${selected})`
}

/** A series of one gauge in a scope. */
export function gauge(name: string, scope: string): string {
  return `${name}{${scope}}`
}

/** The code of each service's present status. What was not checked for three intervals is STALE, whatever it was. */
export function statusNow(scope: string): string {
  return stateOf(scope, series => series)
}

/** The code of the worst status within each step, so that no blip hides between two steps. */
export function worstStatus(scope: string): string {
  return stateOf(scope, series => `max_over_time(${series}[$__rate_interval])`)
}

function stateOf(scope: string, read: (series: string) => string): string {
  const judged = STATES.filter(({ name }) => name !== 'STALE').map(
    ({ name, code }) => `${code} * ${read(`keybuzz_version_status{${scope}, status="${name}"}`)}`
  )
  const stale = codeOf('STALE')
  const old = tooOld(scope)
  return `(${perService(`\n  ${judged.join('\n  or ')}\n`)} unless on (namespace, service) ${old})\nor clamp(${old}, ${stale}, ${stale})`
}

// As old as it was when it was scraped: the scrape's own interval is not the guard's fault. The freshest replica counts.
function tooOld(scope: string): string {
  const checked = gauge('keybuzz_version_check_timestamp_seconds', scope)
  const interval = 'scalar(max(keybuzz_version_guard_check_interval_seconds{job=~"$job"}))'
  return `(min by (namespace, service) (timestamp(${checked}) - ${checked}) > 3 * ${interval})`
}

/** How many services have this state; absent where there are no services. */
export function countOf(state: State['name'], scope: string): string {
  return `sum((\n${statusNow(scope)}\n) == bool ${codeOf(state)})`
}

/**
 * Seconds since each service's status is what it is, as far back as the dashboard's range goes: since the last moment
 * in which it was another, else since the service was first seen.
 */
export function secondsInStatus(scope: string): string {
  const status = `max by (namespace, service, status) (keybuzz_version_status{${scope}})`
  return `time() - max by (namespace, service) (
  (max_over_time(((${status} == bool 0) * time())[$__range:$__interval]) and (${status} == 1))
  or min_over_time((0 * ${perService(`keybuzz_version_status{${scope}}`)} + time())[$__range:$__interval])
)`
}

/** The share of the time in which a service was seen that it spent in one status. */
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

/** The first twelve digits of the reported commit, as people write it. */
export function shortSha(scope: string): string {
  return `label_replace(${versions(scope, 'git_sha')}, "git_sha", "$1", "git_sha", "([0-9a-f]{12}).*")`
}

/** Each version of a service: 1 while it is only deployed, 2 while it is only reported, 3 while it is both. */
export function versionLanes(scope: string): string {
  const lane = (label: string) =>
    `label_replace(max by (${label}) (keybuzz_version_info{${scope}, ${label}!=""}), "version", "$1", "${label}", "(.+)")`
  return `sum by (version) (\n  ${lane('image_tag')}\n  or 2 * ${lane('ui_version')}\n)`
}

/** -1 the workload is missing, 0 it is as wished, 1 its pods are being replaced, 2 it is found and has no status. */
export function workload(scope: string): string {
  const rollout = perService(gauge('keybuzz_workload_rollout_in_progress', scope))
  return `${rollout} or 3 * ${perService(gauge('keybuzz_workload_found', scope))} - 1`
}

/** Why an endpoint fails: one series for each service, the reason as a label. */
export function failure(scope: string): string {
  const failing = `max by (namespace, service, reason) (keybuzz_debug_endpoint_failure{${scope}})`
  return `topk by (namespace, service) (1, ${failing})`
}

/** The same for the ten services whose slowest probe in the dashboard's range was the slowest. */
export function tenSlowest(scope: string): string {
  const duration = gauge('keybuzz_debug_endpoint_duration_seconds', scope)
  const slowest = `topk(10, ${perService(`max_over_time(${duration}[$__range] @ end())`)})`
  return `${perService(`max_over_time(${duration}[$__rate_interval])`)}\nand on (namespace, service) ${slowest}`
}

/** 1 every guard sees all that it watches in Kubernetes, 0 one does not or has not for five minutes; absent: not used. */
export function kubernetesSeen(scope: string): string {
  const up = `min(${gauge('keybuzz_version_guard_kubernetes_up', scope)})`
  const synced = gauge('keybuzz_version_guard_kubernetes_last_sync_timestamp_seconds', scope)
  return `${up} unless max(timestamp(${synced}) - ${synced}) > 300 or 0 * ${up}`
}

/** Seconds since the last check of each service ended. */
export function secondsSinceCheck(scope: string): string {
  return `time() - ${perService(gauge('keybuzz_version_check_timestamp_seconds', scope))}`
}

function codeOf(name: State['name']): number {
  return STATES.find(state => state.name === name)?.code ?? 0
}
