import type { RateLimit } from './rules.ts'

/** Takes a token, if there is one. */
export type TakeToken = (limit: RateLimit | null) => boolean

/** A token bucket, full at first, and again when its limit changes; without a limit there is always a token. */
export function createTokenBucket(monotonic: () => number): TakeToken {
  let current: RateLimit | null = null
  let tokens = 0
  let filledAt = 0
  return limit => {
    if (limit === null) return true
    const now = monotonic()
    const isSame = current?.intervalMs === limit.intervalMs && current.burst === limit.burst
    tokens = isSame ? Math.min(limit.burst, tokens + (now - filledAt) / limit.intervalMs) : limit.burst
    current = limit
    filledAt = now
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}
