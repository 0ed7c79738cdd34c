import { LONGEST_TIMER_MS } from '../text/durations.ts'
import { ProbeError } from './failure.ts'

/** The one bound of a whole exchange. */
export interface Deadline {
  /** Aborted, with a ProbeError as the reason, when the time is up or `stop` is called. */
  readonly signal: AbortSignal
  stop(): void
  /** Gives the timer back. */
  end(): void
}

/** Starts the clock of one exchange. */
export function startDeadline(timeoutMs: number): Deadline {
  const controller = new AbortController()
  const isUp = () => controller.abort(new ProbeError('timeout', `no answer within ${durationInWords(timeoutMs)}`))
  let lastTurn: NodeJS.Immediate | undefined
  // When this process was held up, an answer may have come in time and wait to be read: timers run before sockets do.
  const timer = setTimeout(
    () => {
      lastTurn = setImmediate(isUp)
    },
    Math.min(timeoutMs, LONGEST_TIMER_MS)
  )
  return {
    signal: controller.signal,
    stop: () => controller.abort(stopped()),
    end: () => {
      clearTimeout(timer)
      clearImmediate(lastTurn)
    }
  }
}

/** What an exchange says that ended because the process stops. */
export function stopped(): ProbeError {
  return new ProbeError('timeout', 'stopped')
}

/** `500 ms`, `1.5 s`, `10 s`. */
export function durationInWords(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`
}
