import type { Shard } from '../domain/shard.ts'
import { shown } from '../domain/text.ts'
import type { Mistake } from '../files/mistake.ts'
import { type AllowRules, parseAllowRules } from '../probe/allow.ts'
import { parseDuration } from '../text/durations.ts'
import { badInput, type Checked } from './checked.ts'
import type { Config, KubernetesConfig, ManifestsConfig } from './config.ts'
import { ConfigError } from './config-error.ts'
import type { Environment, Variables } from './environment.ts'
import { readOrdinal } from './ordinal.ts'
import { readCertificates } from './read-certificates.ts'
import { readTargetsFile } from './read-targets-file.ts'
import { splitList } from './split-list.ts'
import { unknownVariables } from './unknown-variables.ts'
import { validateVariables } from './validate-variables.ts'
import { readWebConfig } from './web-config/read.ts'

/**
 * Reads and checks the environment and the files that it names. Throws a `ConfigError` with all mistakes at once.
 *
 * `manifestMistakes` tells what is wrong in `WORKLOADS_FILE`, whose format the sources know.
 */
export function loadConfig(env: Environment, manifestMistakes: (path: string) => readonly Mistake[]): Config {
  const { variables, mistakes, wrongNames } = validateVariables(env)
  const workloads = workloadsConfig(variables)
  const endpointAllow = allowRules(variables.ENDPOINT_ALLOW)
  const endpointCa = certificates(variables.ENDPOINT_CA_FILE)
  const shard = ownShard(variables)
  const all = [
    ...unknownVariables(env),
    ...mistakes,
    // A wrong source is one mistake; what hangs on it cannot be judged.
    ...(wrongNames.has('WORKLOAD_SOURCE') ? [] : workloads.mistakes),
    ...endpointAllow.mistakes,
    ...endpointCa.mistakes,
    ...webConfigMistakes(variables.WEB_CONFIG_FILE),
    // A wrong number of shards is one mistake.
    ...(wrongNames.has('TOTAL_SHARDS') ? [] : shard.mistakes),
    ...targetsMistakes(variables),
    ...(workloads.value.source === 'file' && workloads.value.path !== '' ? manifestMistakes(workloads.value.path) : [])
  ]
  if (all.length > 0) throw new ConfigError(all)
  return Object.freeze({
    host: variables.HOST,
    port: variables.PORT,
    checkMode: variables.CHECK_MODE,
    checkIntervalMs: toMs(variables.CHECK_INTERVAL),
    checkTimeoutMs: toMs(variables.CHECK_TIMEOUT),
    checkDeadlineMs: toMs(variables.CHECK_DEADLINE),
    checkConcurrency: variables.CHECK_CONCURRENCY,
    workloads: workloads.value,
    targetsFile: variables.TARGETS_FILE ?? null,
    discovery: variables.DISCOVERY,
    versionMatch: variables.VERSION_MATCH,
    endpointAllow: endpointAllow.value,
    endpointCa: endpointCa.value,
    webConfigFile: variables.WEB_CONFIG_FILE ?? null,
    seriesLimit: variables.SERIES_LIMIT,
    logLevel: variables.LOG_LEVEL,
    logDir: variables.LOG_DIR ?? null,
    logChecks: variables.LOG_CHECKS,
    shard: shard.value
  })
}

// A variable that the source never reads would be ignored in silence, while somebody believes that it holds.
function workloadsConfig(variables: Variables): Checked<KubernetesConfig | ManifestsConfig> {
  const { WORKLOAD_SOURCE: source, WORKLOADS_FILE: path, WATCH_NAMESPACES: namespaces, WATCH_PODS: pods } = variables
  if (source === 'kubernetes') {
    return {
      value: { source, namespaces: namespaces === undefined ? [] : [...new Set(splitList(namespaces))], pods },
      mistakes: path === undefined ? [] : [onlyFor('WORKLOADS_FILE', 'file')]
    }
  }
  const missing = 'WORKLOADS_FILE: missing; WORKLOAD_SOURCE=file takes the path of Kubernetes manifests, YAML or JSON'
  return {
    value: { source, path: path ?? '' },
    mistakes: [
      ...(path === undefined ? [badInput(missing)] : []),
      ...(namespaces === undefined ? [] : [onlyFor('WATCH_NAMESPACES', 'kubernetes')]),
      ...(pods ? [onlyFor('WATCH_PODS', 'kubernetes')] : [])
    ]
  }
}

function onlyFor(name: string, source: Variables['WORKLOAD_SOURCE']): Mistake {
  return badInput(`${name}: holds for WORKLOAD_SOURCE=${source} alone; unset it, or set WORKLOAD_SOURCE=${source}`)
}

function allowRules(list: string | undefined): Checked<AllowRules> {
  const patterns = list === undefined ? [] : splitList(list)
  const parsed = parseAllowRules(patterns)
  const mistakes = parsed.ok ? [] : parsed.mistakes.map(mistake => badInput(`ENDPOINT_ALLOW: ${mistake}`))
  // A list of blanks would bind nothing, and so allow what nobody meant to allow.
  if (patterns.includes('')) mistakes.push(badInput('ENDPOINT_ALLOW: has an empty part; it takes patterns by comma'))
  return { value: parsed.ok ? parsed.rules : { hosts: [], suffixes: [], networks: [] }, mistakes }
}

function certificates(path: string | undefined): Checked<string | null> {
  return path === undefined ? { value: null, mistakes: [] } : readCertificates(path)
}

function webConfigMistakes(path: string | undefined): readonly Mistake[] {
  if (path === undefined) return []
  const config = readWebConfig(path)
  return config.ok ? [] : config.mistakes
}

function ownShard({ SHARD: name, TOTAL_SHARDS: total }: Variables): Checked<Shard> {
  const index = readOrdinal(name) ?? 0
  if (index < total) return { value: { index, total }, mistakes: [] }
  const takes = total === 1 ? '0 alone, for there is one shard' : `0 to ${total - 1}`
  const mistake = `SHARD: "${shown(name)}" is not below TOTAL_SHARDS=${total}; it takes ${takes}`
  return { value: { index, total }, mistakes: [badInput(mistake)] }
}

function targetsMistakes({ TARGETS_FILE: path, VERSION_MATCH: versionMatch }: Variables): readonly Mistake[] {
  if (path === undefined) return []
  const file = readTargetsFile(path, { versionMatch })
  return file.ok ? [] : file.mistakes
}

// The schema has let durations through alone.
function toMs(duration: string): number {
  const ms = parseDuration(duration)
  if (ms === null) throw new TypeError(`not a duration: ${duration}`)
  return ms
}
