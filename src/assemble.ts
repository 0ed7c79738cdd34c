import type { GateParts, GateSurroundings } from './assemble-gate.ts'
import type { ImageParts } from './assemble-images.ts'
import { assembleSources, type Sources, type SourcesSurroundings } from './assemble-sources.ts'
import type { BuildInfo } from './build-info.ts'
import { type Checker, type CheckerParts, createChecker } from './check/checker.ts'
import type { Config } from './config/config.ts'
import { followCertificates, followTargets, followWebConfig } from './config/followed.ts'
import { targetDefaults } from './config/targets-file.ts'
import type { FactSources } from './domain/guard.ts'
import type { Clock, WorkloadSource } from './domain/ports.ts'
import type { Target } from './domain/target.ts'
import { createPace } from './event-loop.ts'
import { imageUpdateGuard } from './guards/image-update/image-update.ts'
import { judgeHelmRelease } from './guards/release/helm.ts'
import { createReleaseGuard } from './guards/release/release.ts'
import { createRolloutGuard } from './guards/rollout/rollout.ts'
import { versionGuard } from './guards/version.ts'
import type { ListenerRules } from './http/listener/rules.ts'
import { createExposition, type Exposition } from './metrics/exposition.ts'
import { createGateText } from './metrics/gate-families.ts'
import { createOwnMetrics } from './metrics/own-metrics.ts'
import { createProcessMetrics } from './metrics/process-metrics.ts'
import { countSeries } from './metrics/service-families.ts'
import { createEndpointProbe, type ProbeEvent } from './probe/endpoint-probe.ts'
import { parseDuration } from './text/durations.ts'

/** The process that runs the parts, as far as they see it. */
export interface Runtime extends Pick<SourcesSurroundings, 'environment' | 'manifests'> {
  readonly buildInfo: BuildInfo
  readonly nodeVersion: string
  /** Aborted when the process exits, for whatever must not outlive it. */
  readonly exiting: AbortSignal
}

type FollowedFile =
  | 'TARGETS_FILE'
  | 'RELEASES_DIR'
  | 'WORKLOADS_FILE'
  | 'WEB_CONFIG_FILE'
  | 'ENDPOINT_CA_FILE'
  | 'REGISTRY_AUTH_FILE'
  | 'GATE_CONFIG'
  | 'A header file of TARGETS_FILE'

export interface Surroundings {
  readonly runtime: Runtime
  /** Absent: the machine's. */
  readonly clock?: Clock
  /** Aborted when the process stops. */
  readonly signal: AbortSignal
  /** Called after the gauges of a report are published. */
  readonly onReport: CheckerParts['onReport']
  /** Called when the targets file has a new version, good or not. */
  readonly onTargetsChange: () => void
  /**
   * Called when a followed file has a new version that is refused: a line for each mistake; the last good one stays. With
   * none once the file is good again.
   */
  readonly onRefused: (file: FollowedFile, mistakes: readonly string[]) => void
  /** Called after each probe; absent: nothing is noted of how they go. */
  readonly onProbe?: (event: ProbeEvent) => void
  /** Called after each image that was checked; absent: nobody watches. */
  readonly onImageProgress?: (checked: number, total: number) => void
  /** Called for each accepted version of the web config, the first one too, with its warnings, if any. */
  readonly onWebConfig: (warnings: readonly string[]) => void
  /** Absent: no gate runs, whatever is configured. */
  readonly gate?: Pick<GateSurroundings, 'onReport' | 'onFailure'>
}

/** The running parts, wired; nothing is asked or watched yet except the targets file and the web config. */
export interface Parts {
  readonly source: WorkloadSource
  readonly factSources: FactSources
  readonly checker: Checker
  readonly exposition: Exposition
  /** The rules at this moment for whoever asks us; absent: none are configured. */
  readonly listener?: () => ListenerRules
  /** Nothing runs by itself. Absent: none is configured, or it is for shard 0 to run. */
  readonly gate?: GateParts
  close(): Promise<void>
}

/** The composition root: from a configuration to running parts. */
export async function assemble(config: Config, surroundings: Surroundings): Promise<Parts> {
  const { runtime, clock = Date.now, signal, onReport, onRefused, onTargetsChange, onProbe } = surroundings
  const { buildInfo, nodeVersion } = runtime
  // First what may be refused, the least first: whoever tries again, as `check --wait` does, must not leave more and more
  // behind that is followed.
  const web =
    config.webConfigFile === null
      ? undefined
      : followWebConfig(config.webConfigFile, {
          onRefused: mistakes => onRefused('WEB_CONFIG_FILE', mistakes),
          onTaken: surroundings.onWebConfig
        })
  const endpointCa =
    config.endpointCaFile === null
      ? undefined
      : followCertificates(config.endpointCaFile, { onRefused: mistakes => onRefused('ENDPOINT_CA_FILE', mistakes) })
  const targets =
    config.targetsFile === null
      ? undefined
      : followTargets(config.targetsFile, targetDefaults(config.versionMatch, config.workloads.source), {
          onChange: onTargetsChange,
          onRefused: mistakes => onRefused('TARGETS_FILE', mistakes),
          onHeaderRefused: mistakes => onRefused('A header file of TARGETS_FILE', mistakes)
        })
  const sources = await assembleSources(config, { ...runtime, clock, onRefused })
  const { source, manifests, helm, objects } = sources
  const images = await createImages(config, surroundings, sources.pullSecrets)
  const factSources: FactSources = { images: images?.source ?? null, manifest: manifests, helm, objects }
  const gate = await createGate(config, surroundings)
  const pace = createPace()
  const endpoints = createEndpointProbe({
    allow: config.endpointAllow,
    ca: endpointCa?.current,
    keepAliveMs: 2 * config.checkIntervalMs + config.checkTimeoutMs,
    version: buildInfo.version,
    proxies: config.proxies,
    pace,
    ...(onProbe === undefined ? {} : { onProbe }),
    ...(targets === undefined ? {} : { secretIn: targets.secretIn })
  })
  signal.addEventListener('abort', () => void endpoints.close(), { once: true })
  const own = createOwnMetrics({
    version: buildInfo.version,
    revision: buildInfo.gitSha ?? '',
    nodeVersion,
    checkIntervalMs: config.checkIntervalMs,
    shard: config.shard,
    targets: () => checker.report().services.length,
    configOk: () =>
      [targets, web, endpointCa, manifests, images, gate].every(one => one?.ok() ?? true) &&
      (config.workloads.source !== 'file' || source.health().up),
    ...(config.workloads.source === 'kubernetes' ? { kubernetes: () => source.health() } : {}),
    ...(config.workloads.source === 'docker' ? { docker: () => source.health() } : {})
  })
  const exposition = createExposition({
    own,
    readProcess: createProcessMetrics(),
    ...(gate === undefined ? {} : { readGate: createGateText(gate.standing) })
  })
  const checker = await createChecker({
    source,
    factSources,
    probe: endpoints.probe,
    fileTargets: () => targets?.current() ?? NO_TARGETS,
    guards: [
      versionGuard,
      createRolloutGuard(config.rolloutDeadlineMs),
      createReleaseGuard(config.helmPendingMs),
      imageUpdateGuard
    ],
    rules: { ...config, parseDuration, watchesImages: config.images.mode !== 'off' },
    timeoutMs: config.checkTimeoutMs,
    patienceMs: Math.max(LEAST_PATIENCE_MS, config.checkIntervalMs),
    budget: { most: config.seriesLimit, countSeries },
    ...(helm === null
      ? {}
      : {
          fleet: {
            releases: helm.releases,
            judge: (release, pendingMs = config.helmPendingMs, now) => judgeHelmRelease(release, pendingMs, now)
          }
        }),
    concurrency: config.checkConcurrency,
    pace,
    clock,
    monotonic: () => performance.now(),
    signal,
    onCycle: own.observeCycle,
    onReport: async (report, change) => {
      await exposition.publish(report)
      await onReport(report, change)
    }
  })
  return {
    source,
    factSources,
    checker,
    exposition,
    ...(web === undefined ? {} : { listener: web.current }),
    ...(gate === undefined ? {} : { gate }),
    close: async () => {
      targets?.close()
      gate?.close()
      web?.close()
      endpointCa?.close()
      await Promise.all([source.close(), ...Object.values(factSources).map(one => one?.close()), endpoints.close()])
    }
  }
}

// However short the interval: each end of a cycle means judging everything.
const LEAST_PATIENCE_MS = 1_000

// Always the same object, so that nothing seems to have changed.
const NO_TARGETS: readonly Target[] = []

/** One of all shards runs the gate, which is about no target. */
async function createGate(
  config: Config,
  { runtime, signal, onRefused, gate }: Surroundings
): Promise<GateParts | undefined> {
  if (config.gate === null || gate === undefined || config.shard.index !== 0) return undefined
  // Loaded only where it is used.
  const { assembleGate } = await import('./assemble-gate.ts')
  return assembleGate(config.gate, config, {
    ...gate,
    version: runtime.buildInfo.version,
    signal,
    onRefused: mistakes => onRefused('GATE_CONFIG', mistakes)
  })
}

async function createImages(
  config: Config,
  { runtime, onRefused, onImageProgress }: Surroundings,
  pullSecrets: Sources['pullSecrets']
): Promise<ImageParts | null> {
  if (config.images.mode === 'off') return null
  // Loaded only where it is used.
  const { assembleImages } = await import('./assemble-images.ts')
  return assembleImages(config, {
    version: runtime.buildInfo.version,
    pullSecrets,
    onRefused: mistakes => onRefused('REGISTRY_AUTH_FILE', mistakes),
    ...(onImageProgress === undefined ? {} : { onProgress: onImageProgress })
  })
}
