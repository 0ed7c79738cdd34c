import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { CULPRITS } from '../../src/domain/diagnosis.ts'
import { NEWEST_PAIR } from '../support/alertmanager.ts'
import { temporaryFolder } from '../support/files.ts'
import { prometheusMissing } from '../support/prometheus.ts'
import { RULES } from './shipped-rules.ts'

/** A promtool, or why there is none here. */
export interface Promtool {
  readonly name: string
  readonly program: string
  readonly missing: string | undefined
}

/** Those on which every unit test of the rules runs. */
export const PROMTOOLS: readonly Promtool[] = [
  { name: 'installed', program: 'promtool', missing: prometheusMissing },
  { name: 'newest', program: NEWEST_PAIR.promtool, missing: NEWEST_PAIR.missing }
]

/** Values as promtool writes them: `1x10` is eleven samples of 1, `_` a missing one; one every 15 s. */
export type Values = string

/** What one replica of the guard says about one service; what is absent is healthy. */
export interface Seen {
  readonly service?: string
  readonly consistent?: Values
  /** By default it has one. */
  readonly hasEndpoint?: boolean
  readonly up?: Values
  readonly warning?: Values
  readonly found?: Values
  /** Whether the workload is ROLLING, STUCK, MIXED; and whether that is held on purpose, by its reason. */
  readonly rollout?: Values
  readonly stuck?: Values
  readonly mixed?: Values
  readonly held?: readonly [reason: string, values: Values]
  /** What a person would go back to: the labels of `keybuzz_rollback_info`. */
  readonly wayBack?: Readonly<Record<string, string>>
  /** The namespace of the release to go back in, if it is not the service's. */
  readonly releaseNamespace?: string
  /** Helm releases of it that failed or hang: the labels of `keybuzz_helm_release_stuck`. */
  readonly helmStuck?: readonly Readonly<Record<string, string>>[]
  /** Helm's revision, where its records are read. */
  readonly helmRevision?: string
  /** When the last check ended, in seconds; by default as it is scraped. */
  readonly checkedAt?: Values
  /** How many versions and SHAs the pods report; by default they are not asked. */
  readonly reportedVersions?: Values
  readonly imageTag?: string
  readonly uiVersion?: string
  readonly gitSha?: string
  /** The failure's reason and HTTP status, where the endpoint is down. */
  readonly failure?: readonly [reason: string, status: Values]
  /** Of the images that are watched, by container. */
  readonly images?: readonly SeenImage[]
  /** The kind of the workload, by default a Deployment. */
  readonly kind?: string
  /** Who applies it; empty by default: nobody known. */
  readonly managedBy?: string
  /** Who is out of step; by default the guard does not say. */
  readonly culprit?: string
}

/** Where the service is asked, and since when each guard finds what it finds, in seconds. */
export const ENDPOINT = 'https://shop.example/debug/version'
export const SINCE = { version: 40, rollout: 80 }

interface SeenImage {
  readonly available?: Values
  readonly drift?: Values
  readonly info: Readonly<Record<'container' | 'image' | 'current' | 'latest' | 'same_major' | 'notes', string>>
}

/** What one replica of the guard says of itself. */
export interface Replica {
  readonly alive?: Values
  readonly kubernetesUp?: Values
  readonly lastSync?: Values
  /** Of a guard of a Docker host, in place of the two before. */
  readonly docker?: { readonly up?: Values; readonly lastSync?: Values }
  /** CHECK_INTERVAL in seconds, by default 20. */
  readonly interval?: number
  readonly reloadSuccess?: Values
  readonly dropped?: Values
  /** Whether Prometheus reached it, and when its process began, in seconds; by default neither is known. */
  readonly up?: Values
  readonly startedAt?: Values
  /** By default one shard, which is the whole. */
  readonly shard?: readonly [index: number, total: number]
}

interface Series {
  readonly series: string
  readonly values: Values
}

const LONG = 'x240'
const ALWAYS: Values = `1${LONG}`
const NEVER: Values = `0${LONG}`
const FRESH: Values = `0+15${LONG}`

/** The series of one replica, scraped under this instance. */
export function replica(instance: string, seen: readonly Seen[], self: Replica = {}): readonly Series[] {
  const scraped = `job="guard",instance="${instance}"`
  const own = (name: string, values: Values, labels = '') => ({
    series: `keybuzz_version_guard_${name}{${scraped}${labels}}`,
    values
  })
  const { alive = ALWAYS, kubernetesUp = ALWAYS, lastSync = FRESH, interval = 20, shard = [0, 1] } = self
  const whileAlive = (value: number) => alive.replaceAll(/(?<=^| )1/g, String(value))
  return [
    own('build_info', alive, ',version="0.1.0"'),
    own('check_interval_seconds', whileAlive(interval)),
    own('targets', whileAlive(seen.length)),
    ...(self.dropped === undefined ? [] : [own('series_dropped_total', self.dropped)]),
    own('config_reload_success', self.reloadSuccess ?? alive),
    ...(self.up === undefined ? [] : [{ series: `up{${scraped}}`, values: self.up }]),
    ...(self.startedAt === undefined
      ? []
      : [{ series: `process_start_time_seconds{${scraped}}`, values: self.startedAt }]),
    own('shard', whileAlive(shard[0])),
    own('total_shards', whileAlive(shard[1])),
    ...(self.docker === undefined
      ? [own('kubernetes_up', kubernetesUp), own('kubernetes_last_sync_timestamp_seconds', lastSync)]
      : [
          own('docker_up', self.docker.up ?? ALWAYS),
          own('docker_last_sync_timestamp_seconds', self.docker.lastSync ?? FRESH)
        ]),
    ...seen.flatMap(facts => targetSeries(scraped, facts))
  ]
}

function serviceLabels(service: string, { kind = 'Deployment', managedBy = '', hasEndpoint = true }: Seen) {
  const endpoint = hasEndpoint ? ENDPOINT : ''
  return { kind, workload: service, container: 'app', endpoint, managed_by: managedBy }
}

function targetSeries(scraped: string, facts: Seen): readonly Series[] {
  const { service = 'shop', imageTag = 'v1', uiVersion = 'v1', gitSha = 'abc1234', failure } = facts
  const gauge = (name: string, values: Values, labels = '') => ({
    series: `keybuzz_${name}{namespace="dev",service="${service}",${scraped}${labels}}`,
    values
  })
  const { consistent, up, warning, found } = facts
  const isWell = [consistent, up, warning, found].every(values => values === undefined)
  const isMismatch = (consistent ?? ALWAYS).replaceAll(/(?<=^| )[01]/g, value => (value === '0' ? '1' : '0'))
  const ofEndpoint = [
    gauge('version_consistent', facts.consistent ?? ALWAYS),
    gauge('debug_endpoint_up', facts.up ?? ALWAYS),
    gauge('version_status', isMismatch, ',status="MISMATCH"'),
    gauge('version_status', facts.warning ?? NEVER, ',status="WARNING"'),
    gauge('version_status', (warning ?? NEVER).replaceAll(/(?<=^| )[01]/g, isWell ? '1' : '0'), ',status="OK"'),
    gauge('version_check_timestamp_seconds', facts.checkedAt ?? FRESH),
    gauge('finding_since_timestamp_seconds', `${SINCE.version}${LONG}`, ',guard="version"'),
    ...(facts.culprit === undefined
      ? []
      : CULPRITS.map(culprit =>
          gauge('version_culprit', culprit === facts.culprit ? ALWAYS : NEVER, `,culprit="${culprit}"`)
        ))
  ]
  return [
    ...(facts.hasEndpoint === false ? [] : ofEndpoint),
    gauge('finding_since_timestamp_seconds', `${SINCE.rollout}${LONG}`, ',guard="rollout"'),
    gauge('workload_found', facts.found ?? ALWAYS),
    gauge('workload_state', facts.rollout ?? NEVER, ',state="ROLLING"'),
    gauge('workload_state', facts.stuck ?? NEVER, ',state="STUCK"'),
    gauge('workload_state', facts.mixed ?? NEVER, ',state="MIXED"'),
    ...(facts.mixed === undefined
      ? []
      : [gauge('workload_running_images', facts.mixed.replaceAll(/(?<=^| )1x/g, '2x'))]),
    ...(facts.reportedVersions === undefined ? [] : [gauge('workload_reported_versions', facts.reportedVersions)]),
    ...(facts.held === undefined ? [] : [gauge('workload_held', facts.held[1], `,reason="${facts.held[0]}"`)]),
    ...(facts.wayBack === undefined ? [] : [gauge('rollback_info', ALWAYS, labelsOf(facts.wayBack))]),
    ...(facts.releaseNamespace === undefined
      ? []
      : [gauge('rollback_release_namespace_info', ALWAYS, labelsOf({ release_namespace: facts.releaseNamespace }))]),
    ...(facts.helmStuck ?? []).map(labels => gauge('helm_release_stuck', ALWAYS, labelsOf(labels))),
    ...(facts.helmRevision === undefined
      ? []
      : [gauge('release_info', ALWAYS, labelsOf({ chart: 'shop', revision: facts.helmRevision }))]),
    ...(facts.images ?? []).flatMap(({ available = NEVER, drift = NEVER, info }) => [
      gauge('image_update_available', available, labelsOf({ container: info.container })),
      gauge('image_digest_drift', drift, labelsOf({ container: info.container })),
      gauge('image_update_info', ALWAYS, labelsOf(info))
    ]),
    gauge('service_info', ALWAYS, labelsOf(serviceLabels(service, facts))),
    gauge('version_info', ALWAYS, `,image_tag="${imageTag}",ui_version="${uiVersion}",git_sha="${gitSha}"`),
    ...(failure === undefined
      ? []
      : [
          gauge('debug_endpoint_failure', ALWAYS, `,reason="${failure[0]}"`),
          gauge('debug_endpoint_http_status_code', failure[1])
        ])
  ]
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `,${name}="${value}"`)
    .join('')
}

export interface Scenario {
  readonly input_series: readonly Series[]
  readonly [expectation: string]: unknown
}

/** All that fires at a moment: by alert, `ServiceName namespace` or the service alone. */
export function firing(
  at: string,
  ...alerts: readonly (readonly [alert: string, severity: string, service: string])[]
) {
  return {
    expr: 'ALERTS{alertstate="firing"}',
    eval_time: at,
    exp_samples: alerts.map(([alert, severity, service]) => {
      const namespace = service === 'keybuzz-version-guard' ? '' : ',namespace="dev"'
      return {
        labels: `ALERTS{alertname="${alert}",alertstate="firing",severity="${severity}",service="${service}"${namespace}}`,
        value: 1
      }
    })
  }
}

/** Runs promtool's unit tests on the shipped rules, or on another file of rules; gives its complaint, empty if all hold. */
export function runPromtool(
  t: TestContext,
  scenarios: readonly Scenario[],
  options: { program: string; interval?: string; rules?: string }
): string {
  const file = join(temporaryFolder(t), 'test.json')
  const { program, interval = '15s', rules = RULES } = options
  const tests = scenarios.map(scenario => ({ interval, ...scenario }))
  writeFileSync(file, JSON.stringify({ rule_files: [rules], evaluation_interval: '15s', tests }))
  const { status, stdout, stderr } = spawnSync(program, ['test', 'rules', file], { encoding: 'utf8' })
  return status === 0 ? '' : `${stdout}${stderr}`
}
