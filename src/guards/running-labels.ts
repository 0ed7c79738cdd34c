import type { Facts } from '../domain/guard.ts'
import type { ImageLabels } from '../domain/image-registry.ts'
import type { Container, PodContainer } from '../domain/workload.ts'

/**
 * The labels of the image that all pods run, as the runtime reports them; `null`: it does not, or not for all pods, or
 * some run another build of it.
 */
export function labelsByRuntime({ pods }: Pick<Facts, 'pods'>, deployed: NamedImage): ImageLabels | null {
  if (!pods.seen) return null
  const running = pods.value.flatMap(({ containers }) => ownContainer(containers, deployed) ?? [])
  const told = running.flatMap(({ labels }) => labels ?? [])
  const [first] = told
  const isOne = told.every(({ revision, version }) => revision === first?.revision && version === first?.version)
  return first !== undefined && told.length === running.length && isOne ? first : null
}

/** A pod's container of that name, if it runs that image. */
export function ownContainer(containers: readonly PodContainer[], deployed: NamedImage): PodContainer | undefined {
  return containers.find(({ name, image }) => name === deployed.container && image === deployed.image)
}

interface NamedImage {
  readonly container: Container['name']
  readonly image: Container['image']
}
