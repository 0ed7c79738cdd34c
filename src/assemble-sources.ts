import type { Config } from './config/config.ts'
import type { Clock, WorkloadSource } from './domain/ports.ts'
import { createFileSource } from './sources/file.ts'
import { createHelmReleases, type HelmReleases } from './sources/kubernetes/helm-releases.ts'
import type { KubeEnvironment } from './sources/kubernetes/kubeconfig.ts'
import { createKubernetesSource } from './sources/kubernetes/kubernetes-source.ts'
import type { PullSecretReader } from './sources/kubernetes/pull-secrets.ts'
import { createRequiredObjects, type RequiredObjects } from './sources/kubernetes/required-objects.ts'
import type { ManifestsReader } from './sources/read-manifests-file.ts'
import { createReleaseManifests, type ReleaseManifests } from './sources/releases/release-manifests.ts'

export interface SourcesSurroundings {
  /** Tells where a Kubernetes configuration is, and is passed on to its credential plugins. */
  readonly environment: KubeEnvironment
  readonly manifests: ManifestsReader
  readonly clock: Clock
  /**
   * Called when a followed file has a new version that is refused: a line for each mistake; the last good one stays. With
   * none once the file is good again.
   */
  readonly onRefused: (file: 'WORKLOADS_FILE' | 'RELEASES_DIR', mistakes: readonly string[]) => void
}

/** Where facts come from. Nothing is asked or watched yet except files. */
export interface Sources {
  readonly source: WorkloadSource
  /** `null`: RELEASES_DIR is not set. */
  readonly manifests: ReleaseManifests | null
  /** `null`: workloads do not come from Kubernetes, or HELM_RELEASES is off. */
  readonly helm: HelmReleases | null
  /** `null`: workloads do not come from Kubernetes. */
  readonly objects: RequiredObjects | null
  /** `null`: they are not used. */
  readonly pullSecrets: PullSecretReader | null
}

/** Wires the sources of workloads and of what belongs to them. What only some configurations use is loaded with those. */
export async function assembleSources(config: Config, surroundings: SourcesSurroundings): Promise<Sources> {
  const { clock, onRefused } = surroundings
  return {
    source: await createSource(config, surroundings),
    manifests:
      config.releasesDir === null
        ? null
        : createReleaseManifests({
            folder: config.releasesDir,
            clock,
            onRefused: mistakes => onRefused('RELEASES_DIR', mistakes)
          }),
    ...createReleaseSources(config, surroundings),
    pullSecrets: await createPullSecrets(config, surroundings)
  }
}

async function createSource(
  { workloads }: Config,
  { environment, manifests, clock, onRefused }: SourcesSurroundings
): Promise<WorkloadSource> {
  if (workloads.source === 'file') {
    return createFileSource({
      path: workloads.path,
      manifests,
      clock,
      onRefused: mistakes => onRefused('WORKLOADS_FILE', mistakes)
    })
  }
  if (workloads.source === 'docker') {
    const { createDockerSource } = await import('./sources/docker/docker-source.ts')
    return createDockerSource({ engine: workloads.engine, clock })
  }
  return createKubernetesSource({
    environment,
    namespaces: workloads.namespaces,
    watchPods: workloads.pods,
    clock
  })
}

/** What else Kubernetes says about releases; `null`: it is not asked. */
function createReleaseSources({ workloads }: Config, { environment, clock }: SourcesSurroundings) {
  if (workloads.source !== 'kubernetes') return { helm: null, objects: null }
  const options = { environment, namespaces: workloads.namespaces, clock }
  return {
    helm: workloads.helmReleases ? createHelmReleases(options) : null,
    objects: createRequiredObjects(options)
  }
}

async function createPullSecrets({ images }: Config, { environment, clock }: SourcesSurroundings) {
  if (images.mode === 'off' || !images.pullSecrets) return null
  const { createPullSecretReader } = await import('./sources/kubernetes/pull-secrets.ts')
  return createPullSecretReader({ environment, clock })
}
