import type { Links } from '../domain/links.ts'
import type { Shard } from '../domain/shard.ts'
import type { VersionMatch } from '../domain/target.ts'
import type { AllowRules } from '../probe/allow.ts'
import type { ProxyRules } from '../proxy-environment.ts'
import type { Mistake } from '../text/mistake.ts'
import type { EngineConfig } from './docker-engine.ts'
import type { Variables } from './environment.ts'

/** The configuration as the program uses it; immutable. `null`: not set. */
export interface Config {
  /** Empty: every interface, IPv6 included if there is one. */
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly checkMode: Variables['CHECK_MODE']
  readonly checkIntervalMs: number
  readonly checkTimeoutMs: number
  readonly checkDeadlineMs: number
  readonly checkConcurrency: number
  /** For workloads that name none. */
  readonly rolloutDeadlineMs: number
  /** How long a Helm release may be pending if its workload does not say. */
  readonly helmPendingMs: number
  readonly workloads: KubernetesConfig | ManifestsConfig | DockerConfig
  /** The folder of release manifests. */
  readonly releasesDir: string | null
  readonly targetsFile: string | null
  /** Which workloads become services besides those of the targets file: none, annotated ones, or all. */
  readonly discovery: Variables['DISCOVERY']
  readonly versionMatch: VersionMatch
  readonly endpointAllow: AllowRules
  readonly endpointCaFile: string | null
  readonly proxies: ProxyRules
  readonly webConfigFile: string | null
  /** The most series of targets in `/metrics`. */
  readonly seriesLimit: number
  /** Where the pages' links lead. */
  readonly links: Links
  readonly logLevel: Variables['LOG_LEVEL']
  readonly logDir: string | null
  readonly logChecks: Variables['LOG_CHECKS']
  readonly shard: Shard
  readonly images: ImagesConfig
  /** The gate that runs again and again. */
  readonly gate: { readonly file: string; readonly intervalMs: number } | null
}

/** Which images are compared with their registries, when, and how registries are asked. */
export interface ImagesConfig {
  readonly mode: Variables['IMAGE_UPDATES']
  readonly authFile: string | null
  /** Whether an image is also read with the pull secrets that its workload names. */
  readonly pullSecrets: boolean
  /** Hosts, each with or without a port; empty: none. */
  readonly realms: readonly string[]
  readonly insecure: readonly string[]
  /** Requests, for each registry. */
  readonly perMinute: number
  readonly schedule: { readonly pattern: string; readonly timezone: string } | { readonly intervalMs: number }
}

interface KubernetesConfig {
  readonly source: 'kubernetes'
  /** Empty: all. */
  readonly namespaces: readonly string[]
  readonly pods: boolean
  readonly helmReleases: boolean
}

interface ManifestsConfig {
  readonly source: 'file'
  readonly path: string
}

interface DockerConfig {
  readonly source: 'docker'
  readonly engine: EngineConfig
}

/** All mistakes of a configuration at once; the message has one line for each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly Mistake[]

  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map(({ message }) => message).join('\n'))
    this.mistakes = mistakes
  }
}

/** All that is wrong with a configuration; empty: it loads. */
export function configMistakes(load: () => Config): readonly Mistake[] {
  try {
    load()
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
}
