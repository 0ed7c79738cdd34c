import type { FactSources } from '../../domain/guard.ts'
import { digestFailure, type ImageCheck, type WatchedImage } from '../../domain/image-check.ts'
import type { RegistryReason } from '../../domain/image-registry.ts'
import type { ImageRegistry, SourceProblem, WorkloadFacts } from '../../domain/ports.ts'
import { type Target, targetKey } from '../../domain/target.ts'
import { throttle } from '../schedule.ts'
import { checkRepository, isRefusal } from './check-repository.ts'
import { createImageClock, type FailedQuestion, type ImageClockParts } from './image-clock.ts'
import { inShares } from './in-shares.ts'
import {
  type ImageQuestion,
  type ImageWatchOptions,
  readWantedImages,
  repositoryKey,
  type WantedImage
} from './wanted-image.ts'

export interface ImageSourceParts extends Omit<ImageClockParts, 'check' | 'failing'>, ImageWatchOptions {
  readonly registry: ImageRegistry
  /** Never jumps. */
  readonly monotonic: () => number
  /** What affects the checks of all images, such as credentials that cannot be read; empty: nothing. */
  readonly problems: () => readonly string[]
  /** Called before all images are checked again. */
  readonly onPass?: () => void
  /** Called when the last check that was under way has ended. */
  readonly onRest?: () => void
  readonly onProgress?: (checked: number, total: number) => void
}

type ImageSource = NonNullable<FactSources['images']> & {
  /** Checks again what a registry refused, because the credentials have changed. */
  retryRefused(): void
}

/** A service, and what was last reported about it. */
interface KnownService {
  readonly workload: WorkloadFacts['workload']
  readonly pods: WorkloadFacts['pods']
  readonly wanted: readonly WantedImage[]
  readonly images: readonly WatchedImage[]
}

// A pass takes minutes, because registries limit requests. Meanwhile its answers are reported together.
const TELL_GAP_MS = 2_000
// Anybody who can annotate workloads can name any number of registries. A registry's own budget limits it further.
const REPOSITORIES_AT_ONCE = { most: 64, ofGroup: 4 }

/**
 * What registries say about the images that run, on a clock of its own. Learns from each judged service which images
 * there are. A new image is checked within seconds, and all of them are checked at each pass.
 */
export function createImageSource(parts: ImageSourceParts): ImageSource {
  const { problems, onPass, onRest, onProgress } = parts
  const services = new Map<string, KnownService>()
  const checks = new Map<string, ImageCheck>()
  // By image alone, whatever ran when it was checked.
  const checksOfImages = new Map<string, ImageCheck>()
  const underWay = new Set<string>()
  // By registry: how often not all of its repositories could be checked at once.
  const turns = new Map<string, number>()
  let version = {}
  // A new object whenever the credentials change.
  let credentials = {}
  let onChange = () => {}
  const tell = throttle(() => onChange(), TELL_GAP_MS)
  const clock = createImageClock({ ...parts, check: checkNow, failing })

  function imageOf({ container, image, question }: WantedImage, before: KnownService | undefined): WatchedImage {
    const known = before?.images.find(one => one.container === container && one.image === image)
    // Until the new question is answered, the last answer stands: something else may run, but the image is the same.
    const check = question === null ? null : (checks.get(question.key) ?? checksOfImages.get(question.imageKey) ?? null)
    return known !== undefined && known.check === check ? known : { container, image, check }
  }

  function questions(): ReadonlyMap<string, ImageQuestion> {
    const all = [...services.values()].flatMap(({ wanted }) => wanted.flatMap(({ question }) => question ?? []))
    return new Map(all.map(question => [question.key, question]))
  }

  function unanswered(): readonly ImageQuestion[] {
    return [...questions().values()].filter(({ key }) => !checks.has(key) && !underWay.has(key))
  }

  function failing(): readonly FailedQuestion[] {
    return [...questions().values()].flatMap(question => {
      const check = checks.get(question.key)
      if (check === undefined) return []
      const { checkedAt } = check
      if (isTemporary(check)) return { question, checkedAt, group: question.repository.registry }
      // Nothing tells us when such a Secret gets a new password; those of Amazon's registries change twice a day.
      const isRetried = question.repository.pullSecrets !== undefined && isRefused(check)
      return isRetried ? { question, checkedAt, group: `refused by ${question.repository.registry}` } : []
    })
  }

  /** `null`: all of them again. */
  async function checkNow(chosen: readonly ImageQuestion[] | null, signal: AbortSignal): Promise<void> {
    if (chosen === null) onPass?.()
    const asked = (chosen ?? [...questions().values()]).filter(({ key }) => !underWay.has(key))
    let checked = 0
    for (const { key } of asked) underWay.add(key)
    const means = {
      ...parts,
      keepsTags: chosen !== null,
      earlierOf: ({ imageKey }: ImageQuestion) => checksOfImages.get(imageKey),
      onCheck: (question: ImageQuestion, check: ImageCheck) => {
        checked += 1
        onProgress?.(checked, asked.length)
        checks.set(question.key, check)
        checksOfImages.set(question.imageKey, check)
        version = {}
        if (!signal.aborted) tell.call()
      }
    }
    const registries = [...Map.groupBy(asked, ({ repository }) => repository.registry).values()]
    const repositories = bySize(registries).map(ofRegistry =>
      inTurn([...Map.groupBy(ofRegistry, ({ repository }) => repositoryKey(repository)).values()])
    )
    await inShares(repositories, REPOSITORIES_AT_ONCE, async ofRepository => {
      const before = credentials
      if (!signal.aborted) await checkRepository(ofRepository, means)
      for (const { key } of ofRepository) underWay.delete(key)
      // These may have been read with the old credentials.
      if (before !== credentials) retryRefused(ofRepository.map(({ key }) => key))
    })
    if (underWay.size === 0) onRest?.()
    dropUnused()
  }

  function retryRefused(keys: Iterable<string>): void {
    for (const key of keys) {
      const check = checks.get(key)
      if (check !== undefined && isRefused(check)) checks.delete(key)
    }
    clock.checkSoon()
  }

  // A registry is left alone once it has failed for a few repositories, so the others have to come first the next time.
  function inTurn(repositories: readonly (readonly ImageQuestion[])[]): readonly (readonly ImageQuestion[])[] {
    const registry = repositories[0]?.[0]?.repository.registry
    if (registry === undefined || repositories.length <= REPOSITORIES_AT_ONCE.ofGroup) return repositories
    const turn = turns.get(registry) ?? 0
    turns.set(registry, turn + 1)
    const first = (turn * REPOSITORIES_AT_ONCE.ofGroup) % repositories.length
    return [...repositories.slice(first), ...repositories.slice(0, first)]
  }

  function dropUnused(): void {
    const used = questions()
    const registries = new Set([...used.values()].map(({ repository }) => repository.registry))
    for (const registry of turns.keys()) if (!registries.has(registry)) turns.delete(registry)
    const usedImages = new Set([...used.values()].map(({ imageKey }) => imageKey))
    for (const key of checks.keys()) if (!used.has(key)) checks.delete(key)
    for (const key of checksOfImages.keys()) if (!usedImages.has(key)) checksOfImages.delete(key)
  }

  return {
    of: (target, { workload, pods }) => {
      const key = targetKey(target)
      const before = services.get(key)
      const isSame = before !== undefined && isSameWorkload(before, { workload, pods })
      const wanted = isSame ? before.wanted : readWantedImages({ workload, pods }, parts)
      const images = wanted.map(one => imageOf(one, before))
      const isKnown = before?.images.length === images.length && images.every((one, at) => one === before.images[at])
      const now = { workload, pods, wanted, images: isKnown ? before.images : images }
      services.set(key, now)
      if (!isSame && wanted.some(({ question }) => question !== null && !checks.has(question.key))) clock.checkSoon()
      return now.images
    },
    version: () => version,
    forgetAllBut: (targets: readonly Target[]) => {
      const keys = new Set(targets.map(targetKey))
      for (const key of services.keys()) if (!keys.has(key)) services.delete(key)
    },
    read: async signal => {
      await checkNow(unanswered(), signal)
    },
    retryRefused: () => {
      credentials = {}
      retryRefused(checks.keys())
    },
    follow: async listener => {
      onChange = listener
      clock.start(unanswered)
    },
    health: () => ({ problems: problems().map(toProblem) }),
    close: async () => {
      clock.stop()
      tell.stop()
    }
  }
}

// The registry may answer in a while, so it is worth another attempt before the next pass.
function isTemporary(check: ImageCheck): boolean {
  return failuresOf(check).some(reason => reason === 'unreachable' || reason === 'rate_limited')
}

function isRefused(check: ImageCheck): boolean {
  return failuresOf(check).some(isRefusal)
}

/** Why parts of a check are not known; empty: all are. */
function failuresOf({ newer, digest, runningLabels }: ImageCheck): readonly RegistryReason[] {
  const tags = newer.seen ? (newer.value.gap?.reason ?? null) : newer.reason
  const labels = runningLabels.seen ? null : runningLabels.reason
  return [tags, digestFailure(digest), labels].filter(reason => reason !== null && reason !== 'not_known')
}

function isSameWorkload(
  before: Pick<KnownService, 'workload' | 'pods'>,
  { workload, pods }: Pick<KnownService, 'workload' | 'pods'>
): boolean {
  if (before.pods !== pods || before.workload.seen !== workload.seen) return false
  return !before.workload.seen || !workload.seen || before.workload.value === workload.value
}

// The registry with the most images comes first, one that a single image names last.
function bySize(registries: readonly (readonly ImageQuestion[])[]): readonly (readonly ImageQuestion[])[] {
  return registries.toSorted((a, b) => b.length - a.length)
}

function toProblem(message: string): SourceProblem {
  return { message, withholds: 'images' }
}
