import type { DynamicConfigValue, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import { MappingType } from '@grafana/grafana-foundation-sdk/dashboard'
import { VERSION_STATUSES, type VersionStatus } from '../src/domain/finding.ts'
import type { FailureReason } from '../src/domain/probe.ts'
import type { RolloutState } from '../src/domain/rollout.ts'

/**
 * A status as the dashboards show it. Two exist only here: STALE, the last check is too old to count as current, and
 * MISMATCH (ROLLOUT), a mismatch without an alert, because pods are being replaced.
 */
export interface State {
  readonly name: VersionStatus | 'STALE' | 'MISMATCH (ROLLOUT)'
  /** Its number in the queries: the higher, the worse. */
  readonly code: number
  readonly meaning: string
  readonly color: string
  /** The alert whose runbook helps; `null`: none is needed. */
  readonly alert: string | null
}

/** Worst first. */
export const STATES: readonly State[] = [
  { name: 'ERROR', code: 7, meaning: 'no usable report', color: 'red', alert: 'KeyBuzzDebugEndpointDown' },
  { name: 'MISMATCH', code: 6, meaning: 'another version', color: 'orange', alert: 'KeyBuzzVersionMismatch' },
  { name: 'WARNING', code: 5, meaning: 'no git SHA', color: 'yellow', alert: 'KeyBuzzGitShaMissing' },
  { name: 'STALE', code: 4, meaning: 'not checked lately', color: 'purple', alert: 'KeyBuzzVersionGuardStale' },
  { name: 'UNKNOWN', code: 3, meaning: 'deployed unknown', color: 'blue', alert: 'KeyBuzzWorkloadMissing' },
  // A muted colour: this is to be expected until the rollout has ended or is stuck.
  { name: 'MISMATCH (ROLLOUT)', code: 2, meaning: 'expected', color: '#b8956a', alert: 'KeyBuzzRolloutStuck' },
  { name: 'OK', code: 1, meaning: '', color: 'green', alert: null }
]

/** The statuses that the guard itself gives. */
export const GUARD_STATES: readonly State[] = STATES.filter(({ name }) =>
  VERSION_STATUSES.some(status => status === name)
)

/** The status words alone, for lanes and counts. */
export const STATE_NAMES: readonly ValueMapping[] = words(
  Object.fromEntries(STATES.map(({ name, code, color }) => [code, [name, color]]))
)

/** The status words with what they mean, for a table. */
export const STATE_MEANINGS: readonly ValueMapping[] = words(
  Object.fromEntries(
    STATES.map(({ name, code, meaning, color }) => [code, [meaning === '' ? name : `${name}: ${meaning}`, color]])
  )
)

/** What a workload's pods are doing, in `workload` of queries.ts: the higher, the worse. */
export const WORKLOAD_CODES: Readonly<Record<RolloutState, number>> = {
  STABLE: 0,
  UNKNOWN: 1,
  ROLLING: 2,
  MIXED: 3,
  STUCK: 4
}

/** The same in words; -1: the workload is missing. */
export const WORKLOAD_WORDS: readonly ValueMapping[] = words({
  '-1': ['Missing', 'red'],
  [WORKLOAD_CODES.STABLE]: ['Stable', 'green'],
  [WORKLOAD_CODES.UNKNOWN]: ['Not known', 'transparent'],
  [WORKLOAD_CODES.ROLLING]: ['Rolling out', 'blue'],
  [WORKLOAD_CODES.MIXED]: ['Mixed images', 'yellow'],
  [WORKLOAD_CODES.STUCK]: ['Stuck', 'orange']
})

/** Codes of `sourceSeen` in queries.ts. */
export const SOURCE_WORDS: readonly ValueMapping[] = words({
  '-1': ['No guard: blind', 'red'],
  0: ['Not seen', 'red'],
  1: ['Seen', 'green']
})

/** The alerts that fire when the source is not seen. */
export const SOURCE_ALERTS = ['KeyBuzzKubernetesUnreachable', 'KeyBuzzDockerUnreachable'] as const

/** Codes of `guardsRunning` in queries.ts; any other value is how many run. */
export const RUNNING_WORDS: readonly ValueMapping[] = words({
  '-1': ['A shard is gone', 'red'],
  0: ['None: blind', 'red']
})

/** The code of `secondsInStatus` in queries.ts; any other value is seconds. */
export const CHANGE_WORDS: readonly ValueMapping[] = words({ '-1': ['No change seen', 'transparent'] })

/** The verdicts on rollouts, as `verdict` in release.ts numbers them: the higher, the worse. */
export const VERDICTS = [
  { name: 'FAILED', code: 4, color: 'red' },
  { name: 'RUNNING', code: 3, color: 'blue' },
  { name: 'NO_DATA', code: 2, color: 'purple' },
  { name: 'PASSED', code: 1, color: 'green' }
] as const

export const VERDICT_WORDS: readonly ValueMapping[] = words(
  Object.fromEntries(VERDICTS.map(({ name, code, color }) => [code, [name, color]]))
)

/** The result of one check of a verdict. */
export const CHECK_WORDS: readonly ValueMapping[] = words({ 1: ['passed', 'green'], 2: ['failed', 'red'] })

export const HEALTH_WORDS: readonly ValueMapping[] = words({ 0: ['Down', 'red'], 1: ['Up', 'green'] })

const REASON_WORDS: Readonly<Record<FailureReason, string>> = {
  dns: 'Name not found (DNS)',
  connect: 'No connection',
  tls: 'TLS or certificate',
  timeout: 'Timeout',
  http_status: 'HTTP error',
  redirect: 'Redirect not followed',
  too_large: 'Answer too large',
  not_json: 'Answer is not JSON',
  no_version: 'No version in answer',
  refused: 'Refused by ENDPOINT_ALLOW'
}

/** The reasons of a failure in words, where the reason is a table's cell. */
export const REASONS: readonly ValueMapping[] = words(
  Object.fromEntries(Object.entries(REASON_WORDS).map(([reason, text]) => [reason, [text, 'text']]))
)

/** The reasons of a failure in words, where the reason is a series' name. */
export const REASON_NAMES: readonly { readonly name: string; readonly properties: DynamicConfigValue[] }[] =
  Object.entries(REASON_WORDS).map(([name, value]) => ({ name, properties: [{ id: 'displayName', value }] }))

/** Values as words, each with a colour, in this order. */
export function words(texts: Readonly<Record<string, readonly [text: string, color: string]>>): ValueMapping[] {
  const options = Object.entries(texts).map(([value, [text, color]], index) => [value, { text, color, index }])
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }]
}
