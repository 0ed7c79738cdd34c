import { renderAge, renderTime } from '../page/age.ts'
import type { Html } from '../page/html.ts'

/** How long ago a moment is; `at` as JSON has it. */
export function age(at: string, now: number): Html {
  return renderAge(Date.parse(at), now)
}

/** A moment as a person reads it; `at` as JSON has it. */
export function moment(at: string): Html {
  return renderTime(Date.parse(at))
}

/** A duration as a person measures it: `42 ms`, `1.5 s`. */
export function duration(ms: number): string {
  if (ms < 1) return 'less than 1 ms'
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`
}
