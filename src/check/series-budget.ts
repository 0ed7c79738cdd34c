import type { LeftOut, ServiceReport } from '../domain/report.ts'
import { compareText } from '../domain/text.ts'

export interface Budgeted {
  /** In the order in which they were given. */
  readonly services: readonly ServiceReport[]
  readonly leftOut: LeftOut | null
}

/**
 * Leaves out what is too much, whole targets and never half of one: those that were exposed before stay, and new ones
 * come in by namespace and service while there is room. `services` say whether they were exposed before.
 */
export function leaveOut(services: readonly ServiceReport[], most: number): Budgeted {
  if (services.length <= most) {
    const isWhole = services.every(({ isExposed }) => isExposed)
    return { services: isWhole ? services : services.map(service => ({ ...service, isExposed: true })), leftOut: null }
  }
  const exposed = new Set([...services].sort(earlierFirst).slice(0, most))
  const [namespace, inNamespace] = largestNamespace(services)
  return {
    services: services.map(service => ({ ...service, isExposed: exposed.has(service) })),
    leftOut: { targets: services.length - most, of: services.length, namespace, inNamespace }
  }
}

function earlierFirst(a: ServiceReport, b: ServiceReport): number {
  return (
    Number(b.isExposed) - Number(a.isExposed) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.service, b.service)
  )
}

function largestNamespace(services: readonly ServiceReport[]): [namespace: string, targets: number] {
  const counts = new Map<string, number>()
  for (const { namespace } of services) counts.set(namespace, (counts.get(namespace) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]))[0] ?? ['', 0]
}
