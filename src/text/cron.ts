import { Cron } from 'croner'

/** When a time of a schedule comes next after a moment; both in ms since the epoch. */
export type NextTime = (after: number) => number

const YEAR_MS = 366 * 24 * 3_600_000

/**
 * Reads a cron pattern of six fields, seconds first, in a time zone by its IANA name. `null`: the pattern or the zone is
 * invalid, or it never matches. Source: croner, whose patterns follow OCPS.
 */
export function parseCron(pattern: string, timezone: string): NextTime | null {
  // croner takes the empty one for the machine's own.
  if (!isTimeZone(timezone)) return null
  try {
    const cron = new Cron(pattern, { timezone, mode: '6-part' })
    const next = (after: number): number | null => cron.nextRun(new Date(after))?.getTime() ?? null
    // There always is a next time: only a seventh field could name a year that is over.
    return next(0) === null ? null : after => next(after) ?? after + YEAR_MS
  } catch {
    return null
  }
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
