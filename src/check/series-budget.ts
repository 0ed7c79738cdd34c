import type { LeftOut, SeriesCount, ServiceReport } from '../domain/report.ts'
import { targetKey } from '../domain/target.ts'
import { compareText } from '../text/lines.ts'

export interface SeriesBudget {
  /** `SERIES_LIMIT`. */
  readonly most: number
  /** `before`: the same service when it was last counted. */
  readonly countSeries: (service: ServiceReport, before?: Counted) => SeriesCount
}

interface Counted {
  readonly report: ServiceReport
  readonly series: SeriesCount
}

/**
 * Leaves out what exceeds `most`: first the optional gauges, then whole services, never half of one. The operator's own
 * services stay first, so that nobody who may annotate pushes them out; then those that were exposed before; then one
 * of each namespace, and another of each, while there is room. Every replica that starts chooses the same ones.
 *
 * `all`, `required`: of all services together. `wasExposed` says for each place whether its service was in `/metrics`
 * before. `null`: everything fits.
 */
export function leaveOut(
  services: readonly Counted[],
  { all, required }: SeriesCount,
  { most, wasExposed }: { readonly most: number; readonly wasExposed: (index: number) => boolean }
): LeftOut | null {
  if (all <= most) return null
  const left = new Set<string>()
  if (required > most) {
    let room = most
    for (const { report, series } of inOrder(services, wasExposed)) {
      room -= series.required
      if (room < 0) left.add(targetKey(report))
    }
  }
  const [namespace, inNamespace] = largestNamespace(services)
  return { services: left, of: services.length, namespace, inNamespace }
}

function inOrder(services: readonly Counted[], wasExposed: (index: number) => boolean): readonly Counted[] {
  const turns = new Map<string, number>()
  return services
    .map((service, index) => ({
      service,
      precedence: service.report.origin === 'file' ? 0 : wasExposed(index) ? 1 : 2
    }))
    .sort((a, b) => a.precedence - b.precedence || compareText(a.service.report.service, b.service.report.service))
    .map(({ service, precedence }) => {
      const { namespace } = service.report
      const turn = turns.get(namespace) ?? 0
      turns.set(namespace, turn + 1)
      return { service, namespace, precedence, turn }
    })
    .sort((a, b) => a.precedence - b.precedence || a.turn - b.turn || compareText(a.namespace, b.namespace))
    .map(({ service }) => service)
}

function largestNamespace(services: readonly Counted[]): [namespace: string, targets: number] {
  const counts = new Map<string, number>()
  for (const { report } of services) counts.set(report.namespace, (counts.get(report.namespace) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]))[0] ?? ['', 0]
}
