import { parseImageReference, printImageReference, shortDigest } from '../../domain/image-reference.ts'
import type { ImageVariant, Mixture, RunningImages } from '../../domain/rollout.ts'
import { shown } from '../../domain/text.ts'
import type { Container, Pod, PodContainer } from '../../domain/workload.ts'

const MOST_TAGS = 5
const MOST_VARIANTS = 5
const MOST_NAMES = 3

/**
 * What pods run, by the containers of the workload's template: injected containers are not the workload's.
 *
 * `container` is the service's own.
 */
export function countImages(pods: readonly Pod[], template: readonly Container[], container: string): RunningImages {
  const mixtures = template.map(({ name }) => mixtureOf(pods, name))
  const worst = mixtures.toSorted((a, b) => sizeOf(b) - sizeOf(a))[0]
  return {
    count: worst === undefined ? 0 : sizeOf(worst),
    byTag: countTags(pods, container),
    mixture: worst !== undefined && sizeOf(worst) > 1 ? worst : null
  }
}

/** The tag of an image, or how its digest begins if it has no tag; empty: it has neither. */
export function tagOf(image: string): string {
  const reference = parseImageReference(image)
  return shown(reference?.tag ?? shortDigest(reference?.digest ?? ''))
}

function sizeOf({ references, digests }: Mixture): number {
  return Math.max(references, digests)
}

interface Running {
  readonly pod: string
  readonly image: string
  /** The same for two spellings of one reference. */
  readonly reference: string
  /** Of the reference, its tag and digest. */
  readonly version: string
  /** Empty: not comparable. */
  readonly digest: string
  /** Digests are compared only within one of these. */
  readonly realm: string
}

function mixtureOf(pods: readonly Pod[], container: string): Mixture {
  const running = pods.flatMap(pod => {
    const found = pod.containers.find(({ name }) => name === container)
    // A container without an image could not be read, as when a proxy keeps Docker from telling: that is not another
    // image.
    return found === undefined || found.image === '' ? [] : [toRunning(pod, found)]
  })
  const digests = [...Map.groupBy(running, ({ realm }) => realm).values()].map(group =>
    countDistinct(group.map(({ digest }) => digest).filter(digest => digest !== ''))
  )
  return {
    container: shown(container),
    references: countReferences(running),
    digests: Math.max(0, ...digests),
    variants: variantsOf(running)
  }
}

// A webhook may have some pods pull through a mirror: the same tag and digest, from another repository.
function countReferences(running: readonly Running[]): number {
  const pulled = running.filter(({ digest }) => digest !== '')
  const contentOf = ({ version, digest }: Running): string => `${version} ${digest}`
  const firstOf = new Map(pulled.toReversed().map(one => [contentOf(one), one.reference]))
  const same = new Map(pulled.map(one => [one.reference, firstOf.get(contentOf(one))]))
  return countDistinct(running.map(({ reference }) => same.get(reference) ?? reference))
}

/**
 * containerd reports the digest that was pulled, which is the index's on every architecture; cri-o and docker may
 * report the platform's, so theirs are compared within one architecture, and not at all where that is not known.
 *
 * Sources: kubernetes/kubernetes#108689, containerd/containerd#12787, openshift/origin#28535.
 */
function toRunning(pod: Pod, { image, digest, runtime }: PodContainer): Running {
  const isIndex = runtime === 'containerd'
  const isComparable = isIndex || pod.architecture !== ''
  const reference = parseImageReference(image)
  return {
    pod: shown(pod.name),
    image,
    reference: reference === null ? image : printImageReference(reference),
    version: `${reference?.tag ?? ''}@${reference?.digest ?? ''}`,
    digest: isComparable ? digest : '',
    realm: isIndex ? runtime : `${runtime} ${pod.architecture}`
  }
}

function variantsOf(running: readonly Running[]): readonly ImageVariant[] {
  const groups = Map.groupBy(running, ({ reference, digest }) => `${reference} ${digest}`)
  const variants = [...groups.values()].map((group): ImageVariant => {
    const [first] = group
    return {
      image: shown(first?.image ?? ''),
      digest: first?.digest ?? '',
      pods: group.length,
      podNames: group.slice(0, MOST_NAMES).map(({ pod }) => pod)
    }
  })
  return variants.sort((a, b) => b.pods - a.pods).slice(0, MOST_VARIANTS)
}

function countTags(pods: readonly Pod[], container: string): RunningImages['byTag'] {
  const counts = new Map<string, number>()
  for (const { containers } of pods) {
    const image = containers.find(({ name }) => name === container)?.image
    if (image !== undefined) counts.set(tagOf(image), (counts.get(tagOf(image)) ?? 0) + 1)
  }
  const byTag = [...counts].map(([imageTag, pods]) => ({ imageTag, pods })).sort((a, b) => b.pods - a.pods)
  const others = byTag.slice(MOST_TAGS).reduce((sum, { pods }) => sum + pods, 0)
  return others === 0 ? byTag : [...byTag.slice(0, MOST_TAGS), { imageTag: '(other)', pods: others }]
}

function countDistinct(values: readonly string[]): number {
  return new Set(values).size
}
