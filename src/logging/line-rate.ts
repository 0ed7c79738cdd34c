import type { Clock } from '../domain/ports.ts'

export interface LineRate {
  /** Whether a line of this key may be written now; those that may not are counted. */
  admit(key: string): boolean
}

export interface LineRateOptions {
  /** Lines of each key in each window. */
  readonly most: number
  readonly windowMs: number
  /** Never jumps. */
  readonly monotonic: Clock
  /** Called with what was counted, once for each window and key, when the first line after that window is asked for. */
  readonly onUnwritten: (key: string, lines: number) => void
}

/** Limits the lines that one workload or one namespace can cause, so that those of others can be found in the log. */
export function createLineRate({ most, windowMs, monotonic, onUnwritten }: LineRateOptions): LineRate {
  let written = new Map<string, number>()
  let windowStart = monotonic()

  function startWindow(now: number): void {
    for (const [key, lines] of written) if (lines > most) onUnwritten(key, lines - most)
    written = new Map()
    windowStart = now
  }

  return {
    admit: key => {
      const now = monotonic()
      if (now - windowStart >= windowMs) startWindow(now)
      const lines = (written.get(key) ?? 0) + 1
      written.set(key, lines)
      return lines <= most
    }
  }
}
