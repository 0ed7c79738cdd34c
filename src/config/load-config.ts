import { readdirSync } from 'node:fs'
import { type Shard, WHOLE } from '../domain/shard.ts'
import { shown } from '../domain/text.ts'
import { systemReason } from '../files/read-text.ts'
import { type AllowRules, parseAllowRules } from '../probe/allow.ts'
import { NO_PROXIES, readProxyRules } from '../proxy-environment.ts'
import { parseDuration } from '../text/durations.ts'
import { accepted, badInput, cannotRead, type Mistake, type Result, refused } from '../text/mistake.ts'
import { readCertificates } from './certificates.ts'
import { type Config, ConfigError } from './config.ts'
import { readEngineConfig } from './docker-engine.ts'
import type { Environment, Variables } from './environment.ts'
import { readSecret } from './headers.ts'
import { readOrdinal } from './names.ts'
import { imagesConfig, readRegistryAuth, scheduleMistakes } from './registries.ts'
import { headerFilesOf, readTargetsFile, targetDefaults } from './targets-file.ts'
import { unknownVariables } from './unknown-variables.ts'
import { validateVariables } from './validate-variables.ts'
import { splitList } from './variable-types.ts'
import { readWebConfig } from './web-config/read.ts'

/**
 * Reads and checks the environment and the files that it names. Throws a `ConfigError` with all mistakes at once.
 *
 * `manifestMistakes` reports what is wrong in `WORKLOADS_FILE`, whose format the sources know, and `gateMistakes` what
 * is wrong in `GATE_CONFIG`, whose format the gate knows.
 */
export function loadConfig(
  env: Environment,
  manifestMistakes: (path: string) => readonly Mistake[],
  gateMistakes: (path: string) => readonly Mistake[] = () => []
): Config {
  const { variables, mistakes: wrongValues, wrongNames } = validateVariables(env)
  const mistakes = [...unknownVariables(env), ...wrongValues]
  // A default stands in for a wrong value, so that everything else can be checked too.
  const take = <Value>(result: Result<Value>, standIn: Value): Value => {
    if (result.ok) return result.value
    mistakes.push(...result.mistakes)
    return standIn
  }
  const { WORKLOADS_FILE: manifests, TARGETS_FILE: targets, ENDPOINT_CA_FILE: caFile } = variables
  const { WEB_CONFIG_FILE: webConfig, RELEASES_DIR: releasesDir, REGISTRY_AUTH_FILE: registryAuth } = variables
  const { GATE_CONFIG: gate } = variables
  // A wrong source is one mistake; what depends on it cannot be judged.
  if (!wrongNames.has('WORKLOAD_SOURCE')) mistakes.push(...sourceMistakes(variables))
  const endpointAllow = take(allowRules(variables.ENDPOINT_ALLOW), { hosts: [], suffixes: [], networks: [] })
  const proxies = take(readProxyRules(env), NO_PROXIES)
  if (caFile !== undefined) take<unknown>(readCertificates(caFile), null)
  if (webConfig !== undefined) take<unknown>(readWebConfig(webConfig).result, null)
  if (releasesDir !== undefined) mistakes.push(...folderMistakes(releasesDir))
  if (registryAuth !== undefined) take<unknown>(readRegistryAuth(registryAuth), null)
  // The defaults are right, and checking them takes a tenth of the start.
  if (env.IMAGE_CHECK_SCHEDULE || env.IMAGE_CHECK_TIMEZONE) mistakes.push(...scheduleMistakes(variables))
  if (variables.IMAGE_PULL_SECRETS && variables.IMAGE_UPDATES === 'off' && !wrongNames.has('IMAGE_UPDATES')) {
    mistakes.push(
      badInput(
        'IMAGE_PULL_SECRETS: has no effect while IMAGE_UPDATES is off; set IMAGE_UPDATES, or unset IMAGE_PULL_SECRETS'
      )
    )
  }
  const workloads = take(workloadsConfig(variables, env), STAND_IN)
  // A wrong number of shards is one mistake.
  const shard = wrongNames.has('TOTAL_SHARDS') ? WHOLE : take(ownShard(variables), WHOLE)
  if (targets !== undefined) mistakes.push(...targetsMistakes(targets, variables))
  if (variables.WORKLOAD_SOURCE === 'file' && manifests !== undefined) mistakes.push(...manifestMistakes(manifests))
  if (gate !== undefined) mistakes.push(...gateMistakes(gate))
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return Object.freeze({
    host: withoutBrackets(variables.HOST ?? ''),
    port: variables.PORT,
    checkMode: variables.CHECK_MODE,
    checkIntervalMs: toMs(variables.CHECK_INTERVAL),
    checkTimeoutMs: toMs(variables.CHECK_TIMEOUT),
    checkDeadlineMs: toMs(variables.CHECK_DEADLINE),
    checkConcurrency: variables.CHECK_CONCURRENCY,
    rolloutDeadlineMs: toMs(variables.ROLLOUT_DEADLINE),
    helmPendingMs: toMs(variables.HELM_DEADLINE),
    workloads,
    releasesDir: releasesDir ?? null,
    targetsFile: targets ?? null,
    discovery: variables.DISCOVERY,
    versionMatch: variables.VERSION_MATCH,
    endpointAllow,
    endpointCaFile: caFile ?? null,
    proxies,
    webConfigFile: webConfig ?? null,
    seriesLimit: variables.SERIES_LIMIT,
    links: { runbookUrl: variables.RUNBOOK_URL, dashboardUrl: variables.DASHBOARD_URL ?? null },
    logLevel: variables.LOG_LEVEL,
    logDir: variables.LOG_DIR ?? null,
    logChecks: variables.LOG_CHECKS,
    shard,
    images: imagesConfig(variables),
    gate: gate === undefined ? null : { file: gate, intervalMs: toMs(variables.GATE_INTERVAL) }
  })
}

const STAND_IN: Config['workloads'] = { source: 'kubernetes', namespaces: [], pods: false, helmReleases: false }

function workloadsConfig(variables: Variables, env: Environment): Result<Config['workloads']> {
  const {
    WORKLOAD_SOURCE: source,
    WORKLOADS_FILE: path = '',
    WATCH_NAMESPACES: namespaces,
    WATCH_PODS: pods,
    HELM_RELEASES: helmReleases
  } = variables
  if (source === 'file') return accepted({ source, path })
  if (source === 'docker') {
    const engine = readEngineConfig(variables, env.HOME ?? '')
    return engine.ok ? accepted({ source, engine: engine.value }) : engine
  }
  const watched = namespaces === undefined ? [] : [...new Set(splitList(namespaces))]
  return accepted({ source, namespaces: watched, pods, helmReleases })
}

// The contents may come later, and are followed; a folder that does not exist is a typo.
function folderMistakes(path: string): Mistake[] {
  try {
    readdirSync(path)
    return []
  } catch (error) {
    return [cannotRead(`${path}: cannot be read: ${systemReason(error) ?? error}`)]
  }
}

// A variable that the source never reads would be ignored in silence, while somebody believes that it holds.
function sourceMistakes({ WORKLOAD_SOURCE: source, WORKLOADS_FILE: path, ...variables }: Variables): Mistake[] {
  const misplaced = source === 'file' || path === undefined ? [] : [onlyFor('WORKLOADS_FILE', 'file')]
  if (source === 'kubernetes') return misplaced
  const missing = 'WORKLOADS_FILE: missing; WORKLOAD_SOURCE=file takes the path of Kubernetes manifests, YAML or JSON'
  return [
    ...misplaced,
    ...(source === 'file' && path === undefined ? [badInput(missing)] : []),
    ...(variables.WATCH_NAMESPACES === undefined ? [] : [onlyFor('WATCH_NAMESPACES', 'kubernetes')]),
    ...(variables.WATCH_PODS ? [onlyFor('WATCH_PODS', 'kubernetes')] : []),
    ...(variables.HELM_RELEASES ? [onlyFor('HELM_RELEASES', 'kubernetes')] : []),
    ...(variables.IMAGE_PULL_SECRETS ? [onlyFor('IMAGE_PULL_SECRETS', 'kubernetes')] : [])
  ]
}

function onlyFor(name: string, source: Variables['WORKLOAD_SOURCE']): Mistake {
  return badInput(`${name}: only works with WORKLOAD_SOURCE=${source}; unset it, or set WORKLOAD_SOURCE=${source}`)
}

function allowRules(list: string | undefined): Result<AllowRules> {
  const patterns = list === undefined ? [] : splitList(list)
  const parsed = parseAllowRules(patterns)
  const mistakes = parsed.ok ? [] : parsed.mistakes.map(({ message }) => badInput(`ENDPOINT_ALLOW: ${message}`))
  // A list of blanks would set no limit, and so allow what nobody meant to allow.
  if (patterns.includes(''))
    mistakes.push(badInput('ENDPOINT_ALLOW: has an empty part; it takes patterns separated by commas'))
  return parsed.ok && mistakes.length === 0 ? accepted(parsed.value) : refused(mistakes)
}

function ownShard({ SHARD: name, TOTAL_SHARDS: total }: Variables): Result<Shard> {
  const index = readOrdinal(name) ?? 0
  if (index < total) return accepted({ index, total })
  const takes = total === 1 ? 'only 0, because there is one shard' : `0 to ${total - 1}`
  return refused([badInput(`SHARD: "${shown(name)}" is not below TOTAL_SHARDS=${total}; it takes ${takes}`)])
}

function targetsMistakes(path: string, variables: Variables): readonly Mistake[] {
  const file = readTargetsFile(path, targetDefaults(variables.VERSION_MATCH, variables.WORKLOAD_SOURCE))
  if (!file.ok) return file.mistakes
  return headerFilesOf(file.value).flatMap(name => {
    const secret = readSecret(name)
    return secret.ok ? [] : secret.mistakes
  })
}

// People write them as in the address of a page, `http://[::]:9877`.
function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}

// The schema lets only durations through.
function toMs(duration: string): number {
  const ms = parseDuration(duration)
  if (ms === null) throw new TypeError(`not a duration: ${duration}`)
  return ms
}
