import { UPDATE_PARTS, type UpdatePart } from '../../domain/image-update.ts'
import type { PreRelease, ShapedTag } from './tag-shape.ts'

/** Orders tags of one shape: by version, then pre-release, then counters. The commit orders nothing. */
export function compareTags(a: ShapedTag, b: ShapedTag): number {
  return (
    compareNumbers(a.version, b.version) ||
    comparePreReleases(a.preRelease, b.preRelease) ||
    compareNumbers(a.counters, b.counters)
  )
}

/** Compares the places that both have, as whole numbers of any size. */
export function compareNumbers(a: readonly string[], b: readonly string[]): number {
  for (const [place, digits] of a.entries()) {
    const order = compareDigits(digits, b[place] ?? digits)
    if (order !== 0) return order
  }
  return 0
}

// Compared as text: a double is exact for 15 digits, and a tag can have 128.
function compareDigits(a: string, b: string): number {
  const [one, other] = [significant(a), significant(b)]
  return one.length - other.length || (one < other ? -1 : Number(one > other))
}

function significant(digits: string): string {
  return digits.replace(/^0+/, '')
}

function comparePreReleases(a: PreRelease | null, b: PreRelease | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return a.stage - b.stage || compareDigits(a.number, b.number)
}

/** The first part of the version that differs between two tags of the same shape. */
export function differingPart(from: ShapedTag, to: ShapedTag): UpdatePart {
  const place = from.version.findIndex((digits, index) => compareDigits(digits, to.version[index] ?? digits) !== 0)
  return (from.isTime ? undefined : UPDATE_PARTS[place]) ?? 'other'
}

/** Whether a number is padded with zeros to another width than its counterpart: 04 never follows 6, but 02 can follow 11. */
export function isPaddedOtherwise(a: readonly string[], b: readonly string[]): boolean {
  return a.some((digits, place) => {
    const other = b[place] ?? digits
    return digits.length !== other.length && (isPadded(digits) || isPadded(other))
  })
}

function isPadded(digits: string): boolean {
  return digits.length > 1 && digits.startsWith('0')
}

// Shorter numbers are not years, dates or build numbers.
const LEAP_LENGTH = 4

/**
 * Whether a number in the version is too long to have been reached by counting: 2021 after 10, when no tag of the shape has
 * three digits in that place. Such a tag belongs to another scheme: a year, a date, a build number.
 */
export function leaps(from: ShapedTag, to: ShapedTag, lengths: readonly ReadonlySet<number>[]): boolean {
  return to.version.some((digits, place) => {
    if (digits.length < LEAP_LENGTH) return false
    for (let length = (from.version[place] ?? digits).length + 1; length < digits.length; length += 1) {
      if (!lengths[place]?.has(length)) return true
    }
    return false
  })
}
