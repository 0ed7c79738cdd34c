import { createImageSource } from '../../../src/check/images/image-source.ts'
import type { ImageLabels, ImageManifest, RegistryReason, TagList } from '../../../src/domain/image-registry.ts'
import { type Observed, seen, unseen } from '../../../src/domain/observation.ts'
import type { ImageRegistry, ImageRepository } from '../../../src/domain/ports.ts'
import type { Target } from '../../../src/domain/target.ts'
import type { Pod, Workload } from '../../../src/domain/workload.ts'
import type { ImageUpdatesMode } from '../../../src/guards/image-update/image-rules.ts'
import { aTarget, aWorkload, theFacts } from '../../support/facts.ts'

export const sha = (letter: string) => `sha256:${letter.repeat(64)}`
export const down = unseen<RegistryReason>('unreachable', 'the registry cannot be reached')

type Answer<Value> = Observed<Value, RegistryReason>

export const NO_LABELS: ImageLabels = { source: null, revision: null, version: null, url: null }

/** A registry, a clock and a source that checks images, all in the test's hands. */
export function setUp({ mode = 'all' as ImageUpdatesMode, usesPullSecrets = false } = {}) {
  const world = {
    now: 1_000_000,
    /** How long it takes from one look at the clock that never jumps to the next. */
    slowness: 0,
    /** By repository and by image, as in `shop/app` and `shop/app:v1`. */
    tags: {} as Record<string, Answer<TagList> | Promise<Answer<TagList>>>,
    digests: {} as Record<string, Answer<string>>,
    manifests: {} as Record<string, Answer<ImageManifest>>,
    labels: {} as Record<string, Answer<ImageLabels>>,
    asked: [] as string[],
    changes: 0,
    /** How often no check was under way any more. */
    rests: 0,
    waits: [] as { readonly delayMs: number; readonly end: () => void }[]
  }
  let monotonic = 0
  const nameOf = ({ registry, repository }: ImageRepository) => `${registry}/${repository}`
  const whose = ({ pullSecrets }: ImageRepository) =>
    pullSecrets === undefined ? '' : ` for ${pullSecrets.namespace}: ${pullSecrets.names}`
  const ask = async <Value>(line: string, answer: Value | Promise<Value>): Promise<Value> => {
    world.asked.push(line)
    return answer
  }
  const registry: ImageRegistry = {
    listTags: repository =>
      ask(`tags ${nameOf(repository)}${whose(repository)}`, world.tags[repository.repository] ?? down),
    digestOf: (repository, tag) =>
      ask(
        `digest ${nameOf(repository)}:${tag}${whose(repository)}`,
        world.digests[`${repository.repository}:${tag}`] ?? seen(sha('f'))
      ),
    manifest: (_repository, digest) =>
      ask(`manifest ${digest}`, world.manifests[digest] ?? unseen('not_found', 'no such manifest')),
    labels: (_repository, { digest }) => ask(`labels ${digest}`, world.labels[digest] ?? seen(NO_LABELS))
  }
  const source = createImageSource({
    registry,
    mode,
    usesPullSecrets,
    clock: () => world.now,
    monotonic: () => (monotonic += world.slowness),
    wait: (delayMs, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true })
        world.waits.push({ delayMs, end: resolve })
      }),
    nextPass: after => after + 86_400_000,
    problems: () => [],
    onRest: () => {
      world.rests += 1
    }
  })
  const of = (workload: Workload, { pods, target }: { pods?: readonly Pod[]; target?: Target } = {}) =>
    source.of(
      target ?? aTarget({ service: workload.name }),
      theFacts({ workload: seen(workload), ...(pods === undefined ? {} : { pods: seen(pods) }) })
    )
  const read = () => source.read(new AbortController().signal)
  const follow = () =>
    source.follow(() => {
      world.changes += 1
    })
  /** Ends the waits that are under way, as time does, and lets what follows them happen. */
  const pass = async (ms: number) => {
    world.now += ms
    const over = world.waits.filter(({ delayMs }) => delayMs <= ms)
    world.waits = world.waits.filter(({ delayMs }) => delayMs > ms)
    for (const { end } of over) end()
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
  }
  return { world, source, of, read, follow, pass }
}

export const list = (...tags: string[]) => seen({ tags, gap: null })

export const app = (tag: string, changes: Partial<Workload> = {}) =>
  aWorkload({ image: `registry.example/shop/app:${tag}`, ...changes })
