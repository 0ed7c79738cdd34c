import { listAt, textAt } from '../text/json.ts'

/**
 * The init containers of a pod, or of a pod template, that go on running beside its containers.
 *
 * Source: Kubernetes' KEP-753, `restartPolicy: Always` of an init container.
 */
export function nativeSidecars(pod: unknown): readonly unknown[] {
  return listAt(pod, 'spec', 'initContainers').filter(container => textAt(container, 'restartPolicy') === 'Always')
}
