const LEAST_MS = 1000
const MOST_MS = 3_600_000
// A number this large is a Unix time, which Docker Hub sends in place of a number of seconds.
const UNIX_TIME = 1_000_000_000
const HTTP_DATE = /^[A-Z][a-z]+,? .*\d{2}:\d{2}:\d{2}/

/**
 * How long a `Retry-After` header asks to wait, in milliseconds, clamped to one second to one hour; `null`: it does not say.
 * The header is a number of seconds, an HTTP date, or a Unix time. Source: RFC 9110 section 10.2.3; docker/hub-feedback#2459.
 */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  const wait = askedMs(header?.trim() ?? '', now)
  return wait === null ? null : Math.min(MOST_MS, Math.max(LEAST_MS, wait))
}

function askedMs(text: string, now: number): number | null {
  if (/^\d+(?:\.\d+)?$/.test(text)) {
    const seconds = Number(text)
    return seconds < UNIX_TIME ? seconds * 1000 : seconds * 1000 - now
  }
  // `Date.parse` alone accepts almost anything: `1.5.2026`, `-5`.
  const time = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? null : time - now
}

/**
 * How many pulls are left, from a `ratelimit-remaining` header such as `76;w=21600`; `null`: it does not say. Docker Hub
 * sometimes leaves the number out (`;w=21600`).
 */
export function pullsLeft(header: string | undefined): number | null {
  const count = /^\s*(\d{1,9})\s*(?:;|$)/.exec(header ?? '')?.[1]
  return count === undefined ? null : Number(count)
}
