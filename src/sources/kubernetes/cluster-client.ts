import type { Clock } from '../../domain/ports.ts'
import { createAccess } from './access.ts'
import { type ApiClient, createApiClient } from './api-client.ts'
import { type KubeConfig, type KubeEnvironment, loadKubeConfig } from './kubeconfig.ts'
import { DEFAULT_TIME_LIMITS, type TimeLimits } from './time-limits.ts'

export interface ClusterOptions {
  /** The process's own: says where the configuration is, and what plugins and proxies need to know. */
  readonly environment: KubeEnvironment
  /** Replaces the one that the environment names. Called again, at most once a second, when it is not accepted. */
  readonly loadKubeConfig?: () => KubeConfig
  readonly clock: Clock
  readonly timeLimits?: TimeLimits
}

/** A client of the cluster that the configuration names; `signal` ends what is under way. */
export function createClusterClient(options: ClusterOptions, signal: AbortSignal): ApiClient {
  const { environment, clock, timeLimits = DEFAULT_TIME_LIMITS } = options
  const { loadKubeConfig: load = () => loadKubeConfig(environment) } = options
  return createApiClient(createAccess({ loadKubeConfig: load, environment, clock, signal }), timeLimits)
}
