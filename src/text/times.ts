/** A moment, ms since the epoch, as JSON has it: ISO 8601 in UTC; `null`: not known. */
export function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

/** Whether a text is a day that exists, as `2026-11-03`. */
export function isDay(text: string): boolean {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00Z`) : Number.NaN
  // Date.parse takes the 30th of February for the 2nd of March.
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

/** A moment, ms since the epoch or as JSON has it, as people write it: `2026-11-03 02:07:55 UTC`. */
export function utcTime(at: number | string): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}
