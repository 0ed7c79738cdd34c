import type { RunningImage } from '../../domain/image-check.ts'
import { type ImageReference, parseImageReference } from '../../domain/image-reference.ts'
import type { Observed } from '../../domain/observation.ts'
import type { ImageRepository, WorkloadFacts } from '../../domain/ports.ts'
import type { Pod, PodContainer, Workload } from '../../domain/workload.ts'
import { allContainers } from '../../guards/deployed-image.ts'
import { type ImageUpdatesMode, readImageRules } from '../../guards/image-update/image-rules.ts'
import type { TagRules } from '../../guards/image-update/newer-tags.ts'

/** One container whose image is watched. */
export interface WantedImage {
  readonly container: string
  /** As written in the pod template. */
  readonly image: string
  /** `null`: the image names no tag in any registry, so there is nothing to ask. */
  readonly question: ImageQuestion | null
}

/** All that a registry is asked about an image. Containers with equal questions share the answer. */
export interface ImageQuestion {
  readonly repository: ImageRepository
  readonly tag: string
  /** Unseen: an annotation is invalid. */
  readonly rules: Observed<TagRules, 'invalid'>
  readonly platform: string | null
  /** Without repeats; empty: not known. */
  readonly running: readonly RunningImage[]
  /** Equal for equal questions. */
  readonly key: string
  /** Like `key`, but the same whatever runs. */
  readonly imageKey: string
}

/** Which images are watched, and how they are read. */
export interface ImageWatchOptions {
  readonly mode: ImageUpdatesMode
  /** Whether images are read with the pull secrets that their workload names. */
  readonly usesPullSecrets: boolean
}

/**
 * A service's containers, native sidecars included, whose images are watched; empty: none, or the workload is not seen.
 */
export function readWantedImages(
  { workload, pods }: Pick<WorkloadFacts, 'workload' | 'pods'>,
  { mode, usesPullSecrets }: ImageWatchOptions
): readonly WantedImage[] {
  if (!workload.seen) return NONE
  const containers = allContainers(workload.value)
  const { annotations, namespace, pullSecrets: names = [] } = workload.value
  const pullSecrets = usesPullSecrets && names.length > 0 ? { pullSecrets: { namespace, names } } : {}
  const { rules } = readImageRules(
    annotations,
    containers.map(({ name }) => name),
    mode
  )
  const wanted = containers.flatMap(({ name, image }): WantedImage | [] => {
    const own = rules.get(name)
    if (own?.isWatched !== true || image === '') return []
    const reference = parseImageReference(image)
    if (reference?.tag == null) return { container: name, image, question: null }
    const inPods = pods.seen ? runningContainers(pods.value, { name, image }) : []
    const reported = runningImages(inPods)
    const pinned = reported.every(({ isUnread }) => isUnread === true) ? pinnedImage(reference) : []
    const running = pinned.length === 0 ? reported : pinned
    const platform = own.platform ?? platformOf(inPods)
    const { registry, repository, tag } = reference
    const place = { repository: { registry, repository, ...pullSecrets }, tag }
    const question = toQuestion(place, { ...own, platform }, running)
    return { container: name, image, question }
  })
  return wanted.length === 0 ? NONE : wanted
}

const NONE: readonly WantedImage[] = []

/**
 * Equal if answers may be shared. What one namespace may read with its credentials must not be shown to another, so the
 * owner of the credentials is part of it.
 */
export function repositoryKey({ registry, repository, pullSecrets }: ImageRepository): string {
  return JSON.stringify([registry, repository, pullSecrets?.namespace, pullSecrets?.names])
}

function toQuestion(
  { repository, tag }: Pick<ImageQuestion, 'repository' | 'tag'>,
  { tags: rules, platform }: { readonly tags: ImageQuestion['rules']; readonly platform: string | null },
  running: readonly RunningImage[]
): ImageQuestion {
  const ruleKey = rules.seen ? [rules.value.pattern?.source ?? null, rules.value.range?.raw ?? null] : rules.message
  const imageKey = JSON.stringify([repositoryKey(repository), tag, ruleKey, platform])
  return {
    repository,
    tag,
    rules,
    platform,
    running,
    imageKey,
    key: `${imageKey} ${running.map(keyOf).join(' ')}`
  }
}

/** In pods of the current template. Pods that go, and those of another template, say nothing about this image. */
function runningContainers(
  pods: readonly Pod[],
  { name, image }: Workload['containers'][number]
): readonly PodContainer[] {
  return pods.flatMap(({ containers, terminatesAt }) => {
    const container = containers.find(one => one.name === name && one.image === image)
    // Without a runtime it was never started.
    return container === undefined || container.runtime === '' || terminatesAt !== null ? [] : [container]
  })
}

const UNREAD: RunningImage = { digests: [], imageId: null, isUnread: true }

function runningImages(containers: readonly PodContainer[]): readonly RunningImage[] {
  const all = containers.map(({ digest, digests, imageId = null }): RunningImage => {
    if (digests === undefined && digest === '' && imageId === null) return UNREAD
    return { digests: digests ?? (digest === '' ? [] : [digest]), imageId }
  })
  const byKey = new Map(all.map(running => [keyOf(running), running]))
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, running]) => running)
}

/** The platform that all of them run on; `null`: there are several, or nobody says. */
function platformOf(containers: readonly PodContainer[]): string | null {
  const [platform = null, ...others] = new Set(containers.map(one => one.platform))
  return others.length === 0 ? platform : null
}

// If no pod says what it runs, `repository:tag@sha256:…` does.
function pinnedImage({ digest }: ImageReference): readonly RunningImage[] {
  return digest === null ? [] : [{ digests: [digest], imageId: null }]
}

function keyOf({ digests, imageId, isUnread }: RunningImage): string {
  return isUnread === true ? 'unread' : `${digests.join('+')}|${imageId ?? ''}`
}
