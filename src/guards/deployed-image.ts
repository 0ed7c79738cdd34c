import type { Facts } from '../domain/guard.ts'
import { parseImageReference, shortDigest } from '../domain/image-reference.ts'
import { type Observed, seen, unseen } from '../domain/observation.ts'
import type { WorkloadUnseen } from '../domain/ports.ts'
import type { Target } from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import type { Container, Pod, Workload } from '../domain/workload.ts'

export interface DeployedImage {
  readonly container: string
  /** The reference as written in the pod template. */
  readonly image: string
  /** `null`: a digest alone, so there is no tag to compare. */
  readonly tag: string | null
  /** The running digest if pods are read, else the template's; `null`: neither is known. */
  readonly digest: string | null
}

/**
 * Which image of a target's workload is compared: of the named container, else the one named like the service, else the
 * first.
 */
export function deployedImage(
  target: Target,
  { workload, pods }: Pick<Facts, 'workload' | 'pods'>
): Observed<DeployedImage, WorkloadUnseen | 'no_container' | 'not_a_reference'> {
  if (!workload.seen) return workload
  const { kind, name } = workload.value
  const container = chooseContainer(target, workload.value)
  if (container === undefined) {
    const wanted = target.workload.container
    const there = allContainers(workload.value)
      .map(({ name }) => shown(name))
      .join(', ')
    return wanted === undefined
      ? unseen('no_container', `${kind} ${shown(name)} has no containers`)
      : unseen('no_container', `no container ${shown(wanted)} in ${kind} ${shown(name)}; it has: ${there || 'none'}`)
  }
  if (container.image === '') return unseen('unreadable', describeNoImage(workload.value, container))
  const reference = parseImageReference(container.image)
  if (reference === null) return unseen('not_a_reference', `"${shown(container.image)}" is not an image reference`)
  const { tag, digest } = reference
  const running = pods.seen ? runningDigest(pods.value, container.name) : null
  return seen({ container: container.name, image: container.image, tag, digest: running ?? digest })
}

// The API server lets no such container through, but a webhook may write one later, and a file of manifests may hold
// one.
function describeNoImage({ kind, name }: Workload, container: Container): string {
  const which = container.name === '' ? 'a container without a name' : `container ${shown(container.name)}`
  return `${kind} ${shown(name)} could not be read: ${which} has no image`
}

/**
 * Whether a service on a Docker host is known to have no running container. The service is kept, so that a crash is
 * seen; whatever answers at its address is then another container, such as its successor or one on another host.
 */
export function hasStopped({ workload, pods }: Pick<Facts, 'workload' | 'pods'>): boolean {
  return workload.seen && workload.value.kind === 'Container' && pods.seen && pods.value.length === 0
}

type Containers = Pick<Workload, 'containers' | 'sidecars'>

// A named container that is not there is never replaced by another: that would compare the wrong image.
export function chooseContainer({ service, workload }: Target, own: Containers): Container | undefined {
  if (workload.container !== undefined) return allContainers(own).find(({ name }) => name === workload.container)
  return own.containers.find(({ name }) => name === service) ?? own.containers[0]
}

/** Those that run as long as the pod does; native sidecars come last. */
export function allContainers({ containers, sidecars = [] }: Containers): readonly Container[] {
  return [...containers, ...sidecars]
}

// While pods run more than one digest, each is named, shortened so that all can be read in one label.
function runningDigest(pods: readonly Pod[], container: string): string | null {
  const running = pods
    .filter(({ terminatesAt }) => terminatesAt === null)
    .flatMap(({ containers }) => containers.filter(({ name }) => name === container))
  const digests = [...new Set(running.map(({ digest }) => digest))].filter(digest => digest !== '').sort()
  if (digests.length <= 1) return digests[0] ?? null
  return digests.map(shortDigest).join(',')
}
