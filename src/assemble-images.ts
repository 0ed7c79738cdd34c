import { setTimeout as wait } from 'node:timers/promises'
import { createImageSource, type ImageSourceParts } from './check/images/image-source.ts'
import type { Config } from './config/config.ts'
import { type Followed, followRegistryAuth } from './config/followed.ts'
import type { FactSources } from './domain/guard.ts'
import type { RegistryReason } from './domain/image-registry.ts'
import { type Observed, seen, unseen } from './domain/observation.ts'
import type { ImageRegistry, ImageRepository, ReadPullSecret } from './domain/ports.ts'
import { isSpecialAddress } from './probe/special-addresses.ts'
import { proxyFor } from './proxy-environment.ts'
import { createCredentialTrials } from './registry/credential-trials.ts'
import { type Credential, type DockerConfig, findCredentials } from './registry/docker-config.ts'
import { createPullCredentials } from './registry/pull-credentials.ts'
import { createReach } from './registry/reach.ts'
import { createRegistryClient } from './registry/registry-client.ts'
import type { PullSecretReader } from './sources/kubernetes/pull-secrets.ts'
import { parseCron } from './text/cron.ts'

export interface ImagesSurroundings {
  /** Our own version. */
  readonly version: string
  readonly onRefused: (mistakes: readonly string[]) => void
  /** `null`: they are not used. Closed together with the images. */
  readonly pullSecrets: PullSecretReader | null
  readonly onProgress?: ImageSourceParts['onProgress']
}

export interface ImageParts {
  readonly source: NonNullable<FactSources['images']>
  /** Whether the current version of the credentials file is in use. */
  ok(): boolean
}

// Lines of one pass; a registry may have many repositories that it does not show.
const MOST_PROBLEMS = 20

/** Wires what judges images; apart from the rest, to be loaded only where somebody asks for it. */
export function assembleImages({ images, proxies }: Config, surroundings: ImagesSurroundings): ImageParts {
  const { onRefused, onProgress, version, pullSecrets } = surroundings
  const auth =
    images.authFile === null
      ? NO_AUTH
      : followRegistryAuth(images.authFile, { onRefused, onTaken: () => source.retryRefused() })
  const refusals = new Set<string>()
  const pulls = createPullCredentials({ read: pullSecrets?.read ?? NO_SECRET, now: () => performance.now() })
  // A namespace's own credential comes first. Pull secrets do not decide which hosts are trusted: tenants write them.
  const credentialsOf = async (repository: ImageRepository) => {
    const own = await pulls.find(repository)
    if (!own.seen || own.value.length > 0) return own
    return seen(findCredentials(auth.current().entries, repository).slice(0, 1))
  }
  const reach = createReach({
    trusted: () => [...images.realms, ...images.insecure, ...auth.current().entries.map(({ host }) => host)],
    isSpecial: isSpecialAddress
  })
  const client = createRegistryClient({
    version,
    perMinute: images.perMinute,
    rules: { realms: images.realms, insecure: images.insecure },
    proxyFor: url => proxyFor(url, proxies),
    onProblem: line => {
      if (refusals.size < MOST_PROBLEMS) refusals.add(line)
    },
    ...reach
  })
  const source = createImageSource({
    registry: withCredentials(client, credentialsOf),
    mode: images.mode,
    usesPullSecrets: pullSecrets !== null,
    clock: Date.now,
    monotonic: () => performance.now(),
    wait: (delayMs, signal) => wait(delayMs, undefined, { signal, ref: false }),
    nextPass: createNextPass(images.schedule),
    problems: () => [...auth.current().problems, ...refusals, ...pulls.problems()],
    onPass: () => {
      refusals.clear()
      pulls.forgetProblems()
    },
    onRest: pulls.forget,
    ...(onProgress === undefined ? {} : { onProgress })
  })
  return {
    source: {
      ...source,
      close: async () => {
        auth.close()
        pullSecrets?.close()
        await Promise.all([source.close(), client.close()])
      }
    },
    ok: auth.ok
  }
}

const NO_AUTH: Followed<DockerConfig> = {
  current: () => ({ entries: [], problems: [] }),
  ok: () => true,
  close: () => {}
}

const NO_SECRET: ReadPullSecret = async () => unseen('not_found', 'pull secrets are not used')

type Client = ReturnType<typeof createRegistryClient>
type Seeing<Value> = Promise<Observed<Value, RegistryReason>>

function withCredentials(
  client: Client,
  credentialsOf: (repository: ImageRepository) => Seeing<readonly Credential[]>
): ImageRegistry {
  const trials = createCredentialTrials()
  const as = async <Value>(
    { registry, repository, ...whose }: ImageRepository,
    ask: (repository: Parameters<Client['listTags']>[0]) => Seeing<Value>
  ): Seeing<Value> => {
    const credentials = await credentialsOf({ registry, repository, ...whose })
    if (!credentials.seen) return credentials
    const key = JSON.stringify([registry, repository, whose])
    return trials.read(key, credentials.value, trial => ask({ registry, repository, ...trial }))
  }
  return {
    listTags: repository => as(repository, client.listTags),
    digestOf: (repository, tag) => as(repository, known => client.digestOf(known, tag)),
    manifest: (repository, digest) => as(repository, known => client.manifest(known, digest)),
    labels: (repository, image) => as(repository, known => client.labels(known, image))
  }
}

// Up to a tenth earlier, so that many instances do not ask at the same moment.
const JITTER = 0.1

function createNextPass(schedule: Config['images']['schedule']): (after: number) => number {
  if ('intervalMs' in schedule) return after => after + schedule.intervalMs * (1 - JITTER * Math.random())
  const next = parseCron(schedule.pattern, schedule.timezone)
  if (next === null) throw new TypeError(`not a schedule: ${schedule.pattern}`)
  return next
}
