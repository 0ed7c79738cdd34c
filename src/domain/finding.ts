/** Worst first. */
export const STATUSES = ['ERROR', 'MISMATCH', 'WARNING', 'UNKNOWN', 'OK'] as const

export type Status = (typeof STATUSES)[number]

export type Level = 'info' | 'warning' | 'critical'

/** One guard's judgement of one target. */
export interface Finding {
  readonly status: Status
  readonly message: string
}

const LEVELS: Readonly<Record<Status, Level>> = {
  ERROR: 'critical',
  MISMATCH: 'warning',
  WARNING: 'warning',
  UNKNOWN: 'warning',
  OK: 'info'
}

export function levelOf(status: Status): Level {
  return LEVELS[status]
}
