import { type Container, KEPT_LENGTH } from '../domain/workload.ts'
import { listAt, textAt } from '../text/json.ts'

/** A container of a pod template, reduced to what is judged. Texts are cut, but one that is too long stays too long. */
export function toContainer(container: unknown): Container {
  const read = (key: keyof Container) => textAt(container, key).slice(0, KEPT_LENGTH)
  return { name: read('name'), image: read('image') }
}

/**
 * The init containers of a pod, or of a pod template, that go on running beside its containers.
 *
 * Source: Kubernetes' KEP-753, `restartPolicy: Always` of an init container.
 */
export function nativeSidecars(pod: unknown): readonly unknown[] {
  return listAt(pod, 'spec', 'initContainers').filter(container => textAt(container, 'restartPolicy') === 'Always')
}
