import type { ServiceReport } from '../domain/report.ts'
import type { Family } from './family.ts'

/** Families that read one part of a service's report and nothing else: while the part is the same, so is their text. */
export interface Section {
  /** `null`: nothing to show. */
  readonly part: (service: ServiceReport) => unknown
  /** Whether two services have the same part. It is asked after each probe, so it makes no lists. */
  readonly isSame: (one: ServiceReport, other: ServiceReport) => boolean
  readonly families: readonly Family<unknown>[]
}

type Read<Part> = (service: ServiceReport) => Part

/**
 * Families that read one part; they are not asked when it is `null`. A part is a plain value, an object that is kept
 * while nothing of it changes, or a list of these.
 */
export function ofPart<Part>(part: Read<Part | null>, families: readonly Family<Part>[]): Section {
  return { part, isSame: (one, other) => isSamePart(part(one), part(other)), families }
}

/** Families that read several parts together, none of which is a list. */
export function ofParts<const Parts extends readonly unknown[]>(
  reads: { readonly [Place in keyof Parts]: Read<Parts[Place]> },
  families: readonly Family<Parts>[]
): Section {
  return {
    part: service => reads.map(read => read(service)),
    isSame: (one, other) => {
      for (const read of reads) if (read(one) !== read(other)) return false
      return true
    },
    families
  }
}

function isSamePart(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false
  for (let place = 0; place < one.length; place += 1) if (one[place] !== other[place]) return false
  return true
}
