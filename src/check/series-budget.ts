import type { LeftOut, ServiceReport } from '../domain/report.ts'
import { compareText } from '../text/lines.ts'

export interface Budgeted {
  /** In the order in which they were given. */
  readonly services: readonly ServiceReport[]
  readonly leftOut: LeftOut | null
}

/**
 * Leaves out what is too much, whole targets and never half of one. The operator's own come first, so that whoever may
 * annotate pushes none of them out; then those that were exposed before, as `services` say; then one of each namespace,
 * and another of each, while there is room: the same ones in every replica that starts.
 */
export function leaveOut(services: readonly ServiceReport[], most: number): Budgeted {
  if (services.length <= most) {
    const isWhole = services.every(({ isExposed }) => isExposed)
    return { services: isWhole ? services : services.map(service => ({ ...service, isExposed: true })), leftOut: null }
  }
  const exposed = new Set(inOrder(services).slice(0, most))
  const [namespace, inNamespace] = largestNamespace(services)
  return {
    services: services.map(service => ({ ...service, isExposed: exposed.has(service) })),
    leftOut: { targets: services.length - most, of: services.length, namespace, inNamespace }
  }
}

function inOrder(services: readonly ServiceReport[]): ServiceReport[] {
  const counts = new Map<string, number>()
  return [...services]
    .sort((a, b) => byPrecedence(a, b) || compareText(a.service, b.service))
    .map(service => {
      const { namespace } = service
      const round = counts.get(namespace) ?? 0
      counts.set(namespace, round + 1)
      return { service, round }
    })
    .sort(
      (a, b) =>
        byPrecedence(a.service, b.service) || a.round - b.round || compareText(a.service.namespace, b.service.namespace)
    )
    .map(({ service }) => service)
}

function byPrecedence(a: ServiceReport, b: ServiceReport): number {
  return Number(b.origin === 'file') - Number(a.origin === 'file') || Number(b.isExposed) - Number(a.isExposed)
}

function largestNamespace(services: readonly ServiceReport[]): [namespace: string, targets: number] {
  const counts = new Map<string, number>()
  for (const { namespace } of services) counts.set(namespace, (counts.get(namespace) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]))[0] ?? ['', 0]
}
