/** A moment, ms since the epoch, as JSON has it: ISO 8601 in UTC; `null`: not known. */
export function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

/** A moment, ms since the epoch or as JSON has it, as people write it: `2026-11-03 02:07:55 UTC`. */
export function utcTime(at: number | string): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}
