import type { LeftOut, ServiceReport } from '../domain/report.ts'
import { targetKey } from '../domain/target.ts'
import { compareText } from '../text/lines.ts'

/** How many series a service has, without and with the gauges that can be done without. */
export interface SeriesCount {
  readonly required: number
  readonly all: number
}

export interface SeriesBudget {
  /** `SERIES_LIMIT`. */
  readonly most: number
  readonly countSeries: (service: ServiceReport) => SeriesCount
}

/**
 * Leaves out what is too much: first the optional gauges, then whole services and never half of one. The operator's own
 * come first, so that whoever may annotate pushes none of them out; then those that were exposed before; then one of each
 * namespace, and another of each, while there is room: the same ones in every replica that starts.
 *
 * `wasExposed` tells of each service whether the report before had it in `/metrics`. `null`: everything fits.
 */
export function leaveOut(
  services: readonly ServiceReport[],
  { most, countSeries }: SeriesBudget,
  wasExposed: (service: ServiceReport) => boolean
): LeftOut | null {
  const counts = services.map(countSeries)
  if (sum(counts.map(({ all }) => all)) <= most) return null
  const left = new Set<string>()
  if (sum(counts.map(({ required }) => required)) > most) {
    const required = new Map(services.map((service, index) => [service, counts[index]?.required ?? 0]))
    let room = most
    for (const service of inOrder(services, wasExposed)) {
      room -= required.get(service) ?? 0
      if (room < 0) left.add(targetKey(service))
    }
  }
  const [namespace, inNamespace] = largestNamespace(services)
  return { services: left, of: services.length, namespace, inNamespace }
}

function inOrder(
  services: readonly ServiceReport[],
  wasExposed: (service: ServiceReport) => boolean
): readonly ServiceReport[] {
  const precedence = (service: ServiceReport) => (service.origin === 'file' ? 0 : wasExposed(service) ? 1 : 2)
  const turns = new Map<string, number>()
  return services
    .map(service => ({ service, precedence: precedence(service) }))
    .sort((a, b) => a.precedence - b.precedence || compareText(a.service.service, b.service.service))
    .map(({ service, precedence }) => {
      const turn = turns.get(service.namespace) ?? 0
      turns.set(service.namespace, turn + 1)
      return { service, precedence, turn }
    })
    .sort(
      (a, b) => a.precedence - b.precedence || a.turn - b.turn || compareText(a.service.namespace, b.service.namespace)
    )
    .map(({ service }) => service)
}

function largestNamespace(services: readonly ServiceReport[]): [namespace: string, targets: number] {
  const counts = new Map<string, number>()
  for (const { namespace } of services) counts.set(namespace, (counts.get(namespace) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]))[0] ?? ['', 0]
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
