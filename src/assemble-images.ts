import { setTimeout as wait } from 'node:timers/promises'
import { createImageSource, type ImageSourceParts } from './check/images/image-source.ts'
import type { Config } from './config/config.ts'
import { type Followed, followRegistryAuth } from './config/followed.ts'
import type { FactSources } from './domain/guard.ts'
import type { ImageRegistry } from './domain/ports.ts'
import { isSpecialAddress } from './probe/special-addresses.ts'
import { proxyFor } from './proxy-environment.ts'
import { type CredentialEntry, type DockerConfig, findCredential } from './registry/docker-config.ts'
import { createReach } from './registry/reach.ts'
import { createRegistryClient } from './registry/registry-client.ts'
import { parseCron } from './text/cron.ts'

export interface ImagesSurroundings {
  /** Our own version. */
  readonly version: string
  readonly onRefused: (mistakes: readonly string[]) => void
  readonly onProgress?: ImageSourceParts['onProgress']
}

export interface ImageParts {
  readonly source: NonNullable<FactSources['images']>
  /** Whether the file with the credentials is in use as it is now. */
  ok(): boolean
}

// Lines of one pass; a registry may have many repositories that it does not show.
const MOST_PROBLEMS = 20

/** What judges images is wired here, apart from the rest: it is loaded only where somebody asks for it. */
export function assembleImages({ images, proxies }: Config, surroundings: ImagesSurroundings): ImageParts {
  const { onRefused, onProgress, version } = surroundings
  const auth = images.authFile === null ? NO_AUTH : followRegistryAuth(images.authFile, { onRefused })
  const refusals = new Set<string>()
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
    registry: withCredentials(client, () => auth.current().entries),
    mode: images.mode,
    clock: Date.now,
    monotonic: () => performance.now(),
    wait: (delayMs, signal) => wait(delayMs, undefined, { signal, ref: false }),
    nextPass: createNextPass(images.schedule),
    problems: () => [...auth.current().problems, ...refusals],
    onPass: () => refusals.clear(),
    ...(onProgress === undefined ? {} : { onProgress })
  })
  return {
    source: {
      ...source,
      close: async () => {
        auth.close()
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

function withCredentials(
  client: ReturnType<typeof createRegistryClient>,
  entries: () => readonly CredentialEntry[]
): ImageRegistry {
  const of = (repository: Parameters<ImageRegistry['listTags']>[0]) => ({
    ...repository,
    credential: findCredential(entries(), repository)
  })
  return {
    listTags: repository => client.listTags(of(repository)),
    digestOf: (repository, tag) => client.digestOf(of(repository), tag),
    manifest: (repository, digest) => client.manifest(of(repository), digest),
    labels: (repository, image) => client.labels(of(repository), image)
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
