import type { ServiceReport } from '../domain/report.ts'
import type { Family } from './family.ts'

/** Families that read one part of a service's report and nothing else: while the part is the same, so is their text. */
export interface Section {
  /** A plain value, an object that is kept while nothing of it changes, or a list of these; `null`: nothing to show. */
  readonly part: (service: ServiceReport) => unknown
  readonly families: readonly Family<unknown>[]
}

/** Families as they read a part; they are not asked where it is `null`. */
export function ofPart<Part>(
  part: (service: ServiceReport) => Part | null,
  families: readonly Family<Part>[]
): Section {
  return { part, families }
}

/** Whether both services have the same part. */
export function isSamePart({ part }: Section, one: ServiceReport, other: ServiceReport): boolean {
  return one === other || isSame(part(one), part(other))
}

/** Whether two values are the same; lists, whether they hold the same. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false
  return one.every((item, index) => item === other[index])
}
