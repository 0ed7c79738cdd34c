import type { KnownWorkload } from '../domain/ports.ts'
import type { SeriesCount, ServiceReport } from '../domain/report.ts'
import type { Judged } from './judge.ts'

/** A judged service with the number of its series. */
export interface Counted extends Judged {
  readonly series: SeriesCount
}

/**
 * What all services say together, in lists with a place for each: if one of thousands changed, the cost is in looking
 * into the others.
 */
export interface Sums {
  readonly reports: readonly ServiceReport[]
  /** Places of the services' workloads among the known ones; -1: not seen. */
  readonly workloads: Int32Array
  /** When a finding of each may change just because time passes, ms since the epoch. */
  readonly validUntil: Float64Array
  /** Places of the services with something held back. */
  readonly held: ReadonlySet<number>
  readonly series: SeriesCount
}

/** Looks at all services. */
export function sumUp(services: readonly Counted[], known: readonly KnownWorkload[]): Sums {
  const places = new Map(known.map(({ workload }, place) => [workload, place]))
  const held = new Set<number>()
  const series = { required: 0, all: 0 }
  for (const [place, { report, series: own }] of services.entries()) {
    if (isHeld(report)) held.add(place)
    series.required += own.required
    series.all += own.all
  }
  return {
    reports: services.map(({ report }) => report),
    workloads: Int32Array.from(services, ({ facts: { workload } }) =>
      workload.seen ? (places.get(workload.value) ?? -1) : -1
    ),
    validUntil: Float64Array.from(services, ({ validUntil }) => validUntil),
    held,
    series
  }
}

/** The earlier sums, brought up to date for the services at the `changed` places; workloads must keep their places. */
export function sumAgain(
  before: { readonly services: readonly Counted[]; readonly sums: Sums },
  services: readonly Counted[],
  changed: readonly { readonly index: number }[]
): Sums {
  const { sums } = before
  const reports = sums.reports.slice()
  const workloads = sums.workloads.slice()
  const validUntil = sums.validUntil.slice()
  const held = new Set(sums.held)
  const series = { ...sums.series }
  for (const { index: place } of changed) {
    const earlier = before.services[place] as Counted
    const one = services[place] as Counted
    reports[place] = one.report
    if (!one.facts.workload.seen) workloads[place] = -1
    validUntil[place] = one.validUntil
    if (isHeld(one.report)) held.add(place)
    else held.delete(place)
    series.required += one.series.required - earlier.series.required
    series.all += one.series.all - earlier.series.all
  }
  return { reports, workloads, validUntil, held, series }
}

function isHeld({ held }: ServiceReport): boolean {
  return held.image || held.version
}
