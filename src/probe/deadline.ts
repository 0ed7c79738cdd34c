import { LONGEST_TIMER_MS } from '../domain/time.ts'
import { ProbeError } from './probe-error.ts'

/** The one bound of a whole exchange. */
export interface Deadline {
  /** Aborted, with a ProbeError as the reason, when the time is up or the process stops. */
  readonly signal: AbortSignal
  /** Gives timer and listener back. */
  end(): void
}

/** Starts the clock of one exchange; any of the signals stops it early. */
export function startDeadline(timeoutMs: number, signals: readonly AbortSignal[]): Deadline {
  const controller = new AbortController()
  const stop = () => controller.abort(stopped())
  const isUp = () => controller.abort(new ProbeError('timeout', `no answer within ${durationInWords(timeoutMs)}`))
  let lastTurn: NodeJS.Immediate | undefined
  // When this process was held up, an answer may have come in time and wait to be read: timers run before sockets do.
  const timer = setTimeout(
    () => {
      lastTurn = setImmediate(isUp)
    },
    Math.min(timeoutMs, LONGEST_TIMER_MS)
  )
  for (const signal of signals) {
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
  }
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer)
      clearImmediate(lastTurn)
      for (const signal of signals) signal.removeEventListener('abort', stop)
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
